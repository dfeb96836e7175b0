// Package keys makes the keys that the toolkit itself uses, for pages and
// fragments. A key is a list of parts of any bytes; two different lists never
// give the same key, unlike parts that are joined with a separator. It also tells
// which bytes not every backend takes in a key.
package keys

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// AppendPart appends one part to a canonical key: its length in bytes as a
// uvarint, then its bytes.
func AppendPart[T []byte | string](dst []byte, part T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(part)))
	return append(dst, part...)
}

// ErrMalformed reports bytes that are not a list of parts.
var ErrMalformed = errors.New("malformed key parts")

// Split returns the parts of a canonical key. They share its memory. Bytes that
// AppendPart would not have written are ErrMalformed.
func Split(canonical []byte) ([][]byte, error) {
	var parts [][]byte
	for rest := canonical; len(rest) > 0; {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return nil, ErrMalformed
		}
		if size > 1 && rest[size-1] == 0 {
			return nil, ErrMalformed // a longer form of the same number
		}
		end := size + int(n)
		parts = append(parts, rest[size:end:end])
		rest = rest[end:]
	}
	return parts, nil
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
