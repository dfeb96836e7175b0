package memstore

import (
	"bytes"
	"time"
	"unsafe"

	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/cache/driver"
)

// entry is what the cache holds under a key: bytes, or a native value.
//
// It is four words long because Go moves structs of up to four words in
// registers and larger ones through memory: with a fifth, otter's own lookup
// takes 11 to 28 % longer. So what the value is tells its type: bytes are a
// pointer to the first of size, which an interface holds without a box of its
// own, as it does any other pointer.
type entry struct {
	value any   // *encoded, *plain, or a native value
	size  int64 // of the bytes, or what a native value accounts for

	// ttl carries the caller's ttl to the cache's expiry calculator. Once the
	// entry is stored, it tells only whether the entry expires.
	ttl time.Duration
}

type (
	encoded byte // the first byte of what the methods for bytes store
	plain   byte // the first byte of a native []byte
)

// keepExpiry as the ttl of an entry leaves the expiry of the one it replaces,
// which expires: see [entry.kept].
const keepExpiry = time.Duration(0)

// kept is the ttl of an entry that replaces e and expires when e does.
func (e entry) kept() time.Duration {
	if e.expires() {
		return keepExpiry
	}
	return driver.Never
}

// expires reports whether e is dropped at some time.
func (e entry) expires() bool { return e.ttl != driver.Never }

// bytesEntry copies value.
func bytesEntry(value []byte, ttl time.Duration) entry {
	own := append(make([]byte, 0, len(value)), value...)
	return entry{value: (*encoded)(unsafe.SliceData(own)), size: int64(len(own)), ttl: ttl}
}

// nativeEntry takes over the memory of native. The size of a []byte is its
// length, whatever the caller says.
func nativeEntry(native any, size int64, ttl time.Duration) entry {
	if b, ok := native.([]byte); ok && b != nil {
		return entry{value: (*plain)(unsafe.SliceData(b)), size: int64(len(b)), ttl: ttl}
	}
	return entry{value: native, size: max(0, size), ttl: ttl}
}

// bytes returns the value of e without copying, or nil if e is native. The
// store shares it with its readers, all of whom leave it as it is.
func (e entry) bytes() []byte {
	if first, ok := e.value.(*encoded); ok {
		return unsafe.Slice((*byte)(first), e.size)
	}
	return nil
}

// either returns the value of e as GetNative does.
func (e entry) either() (value []byte, native any, isNative bool) {
	switch v := e.value.(type) {
	case *encoded:
		return unsafe.Slice((*byte)(v), e.size), nil, false
	case *plain:
		return unsafe.Slice((*byte)(v), e.size), nil, true
	}
	return nil, e.value, true
}

// holds reports whether e is an entry of exactly these bytes.
func (e entry) holds(value []byte) bool {
	_, ok := e.value.(*encoded)
	return ok && bytes.Equal(e.bytes(), value)
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
