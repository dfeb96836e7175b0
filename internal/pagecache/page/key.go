package page

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/larder-go/larder/internal/keys"
)

// Key is the key of a page in the cache, made of its canonical key.
func Key(canonical []byte) string {
	if len(canonical) > MaxKnownKey {
		return hashedKey(canonical)
	}
	slot := &knownKeys[maphash.Bytes(KeySeed, canonical)%uint64(len(knownKeys))]
	known := slot.Load()
	if known == nil || known.canonical != string(canonical) {
		known = newKnownKey(canonical)
		slot.Store(known)
	}
	return known.key
}

// newKnownKey makes both keys in one piece of memory.
func newKnownKey(canonical []byte) *knownKey {
	var room [MaxKnownKey + len(keyPrefix) + keys.HashSize]byte
	both := string(appendHashedKey(append(room[:0], canonical...), canonical))
	return &knownKey{both[:len(canonical)], both[len(canonical):]}
}

func hashedKey(canonical []byte) string {
	var key [len(keyPrefix) + keys.HashSize]byte
	return string(appendHashedKey(key[:0], canonical))
}

func appendHashedKey(dst, canonical []byte) []byte {
	return keys.AppendHash(append(dst, keyPrefix...), canonical)
}

const keyPrefix = "page:"

// knownKeys remembers the keys of pages that were asked for last: to hash a
// canonical key takes longer than all the rest of looking a page up. It is a table
// of fixed size, at most 1.2 MB with the longest keys in it, so clients cannot
// fill it; a page pushes another out of its slot.
var knownKeys [2048]atomic.Pointer[knownKey]

type knownKey struct{ canonical, key string }

// MaxKnownKey is the length of the longest canonical key that is remembered.
const MaxKnownKey = 512

// KeySeed is the seed of the hashes by which keys and heads have their slots.
var KeySeed = maphash.MakeSeed()
