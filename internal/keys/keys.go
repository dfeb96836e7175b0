// Package keys makes the keys that the toolkit itself uses, for pages and
// fragments. A key is a list of parts of any bytes; two different lists never
// give the same key, unlike parts that are joined with a separator. It also tells
// which bytes not every backend takes in a key.
package keys

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// AppendPart appends one part to a canonical key: its length in bytes as a
// uvarint, then its bytes.
func AppendPart[T []byte | string](dst []byte, part T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(part)))
	return append(dst, part...)
}

// HashSize is the length of what AppendHash appends, in bytes.
const HashSize = 43

// AppendHash appends the SHA-256 of a canonical key in unpadded URL-safe
// base64, which every backend takes as a key. Whoever stores under it stores
// the canonical key too and compares on a hit.
func AppendHash(dst, canonical []byte) []byte {
	sum := sha256.Sum256(canonical)
	return base64.RawURLEncoding.AppendEncode(dst, sum[:])
}
