package keys

import (
	"crypto/sha256"
	"encoding/base64"
)

// The names of what is stored of tags, under reserved keys of a namespace. They begin with a
// hash tag of Redis Cluster, so that what belongs to a namespace is in one slot.
const (
	tagHashTag = "{tags}"

	// TagCount is the name of the count of invalidations. It is before those of all records in
	// the order of keys, as the count is locked before them.
	TagCount = tagHashTag + "!count"
)

// TagHash is what stands for a tag in the store.
type TagHash [16]byte

// HashTag returns that of a tag.
func HashTag(tag string) (h TagHash) {
	sum := sha256.Sum256([]byte(tag))
	copy(h[:], sum[:])
	return h
}

// Record is the name of the record of the tag.
func (h TagHash) Record() string { return tagHashTag + base64.RawURLEncoding.EncodeToString(h[:]) }
