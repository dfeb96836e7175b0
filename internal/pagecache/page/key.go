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
		known = &knownKey{string(canonical), hashedKey(canonical)}
		slot.Store(known)
	}
	return known.key
}

func hashedKey(canonical []byte) string {
	const prefix = "page:"
	var key [len(prefix) + keys.HashSize]byte
	return string(keys.AppendHash(append(key[:0], prefix...), canonical))
}

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
