package page

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/larder-go/larder/internal/keys"
)

// Key is the key of a page in the cache, made of its canonical key. It is remembered.
func Key(canonical []byte) string {
	key, known := LookUpKey(canonical)
	if !known {
		RememberKey(canonical, key)
	}
	return key
}

// LookUpKey is Key without remembering: known reports that the key is remembered. Most pages
// that a crawler asks for are asked for once.
func LookUpKey(canonical []byte) (key string, known bool) {
	if len(canonical) <= MaxKnownKey {
		if k := keySlot(canonical).Load(); k != nil && k.canonical == string(canonical) {
			return k.key, true
		}
	}
	const prefix = "page:"
	var room [len(prefix) + keys.HashSize]byte
	return string(keys.AppendHash(append(room[:0], prefix...), canonical)), false
}

// RememberKey remembers that LookUpKey has returned key.
func RememberKey(canonical []byte, key string) {
	if len(canonical) <= MaxKnownKey {
		keySlot(canonical).Store(&knownKey{string(canonical), key})
	}
}

func keySlot(canonical []byte) *atomic.Pointer[knownKey] {
	return &knownKeys[maphash.Bytes(KeySeed, canonical)%uint64(len(knownKeys))]
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
