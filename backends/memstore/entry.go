package memstore

import (
	"time"
	"unsafe"

	"github.com/maypok86/otter/v2"
)

// entry is what the cache holds under a key: bytes, or a native value.
//
// It is four words long because Go moves structs of up to four words in
// registers and larger ones through memory: with a fifth, otter's own lookup
// takes 11 to 28 % longer. Hence the bytes as a string, which has no capacity,
// and the pointer to what only native entries need.
type entry struct {
	data   string
	native *nativeValue // nil for an entry of bytes

	// ttl carries the caller's ttl to the cache's expiry calculator, and means
	// nothing once the entry is stored.
	ttl time.Duration
}

type nativeValue struct {
	value any
	size  int64
}

// keepExpiry as the ttl of an entry leaves the expiry of the one it replaces.
const keepExpiry = time.Duration(0)

func bytesEntry(value []byte, ttl time.Duration) entry {
	return entry{data: string(value), ttl: ttl}
}

func nativeEntry(value any, size int64, ttl time.Duration) entry {
	return entry{native: &nativeValue{value, size}, ttl: ttl}
}

// bytes returns the value of e without copying, or nil if e is native. The
// store shares it with its readers, all of whom leave it as it is.
func (e entry) bytes() []byte {
	return unsafe.Slice(unsafe.StringData(e.data), len(e.data))
}

// size is the length of the value, or what the caller said that a native value
// accounts for.
func (e entry) size() int64 {
	if e.native != nil {
		return e.native.size
	}
	return int64(len(e.data))
}

// holds reports whether e is an entry of exactly these bytes.
func (e entry) holds(value []byte) bool {
	return e.native == nil && e.data == string(value)
}

// expiry gives each entry the ttl that it carries.
var expiry = otter.ExpiryWritingFunc(func(written otter.Entry[string, entry]) time.Duration {
	if written.Value.ttl == keepExpiry {
		return written.ExpiresAfter()
	}
	return written.Value.ttl
})

// borrow returns key as a string that shares its memory, which spares an
// allocation on each lookup. It is for the otter calls that keep no key:
// GetIfPresent and GetEntryQuietly hash it, compare it and then know only the
// node they found, which has the key it was stored under; Invalidate creates
// no node, and looks for the key among pending loads, of which this store
// has none. A call that may write needs a copy of its own.
func borrow(key []byte) string {
	return unsafe.String(unsafe.SliceData(key), len(key))
}
