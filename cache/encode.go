package cache

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// stored is a value in the form in which a store gets it: bytes, or the Go
// value itself.
type stored struct {
	bytes    []byte // of a native value, not nil if it is a []byte: this one
	native   any
	isNative bool
	size     int64 // of a native value, where the store asks for it

	tags *envelope.Tags // to be put into the envelope, or nil
}

// keepTags makes the store of this process keep the marks of tags beside the value, if there
// are any. What other callers get is s.entry of before.
func (s *stored) keepTags(st *opened, m *tagMarks) {
	if m == nil || len(m.hashes) == 0 || st.native == nil {
		return
	}
	v := &taggedValue{entry: s.entry(), hashes: m.hashes}
	v.validAt.Store(m.local)
	size := overheadOfTags + 8*int64(len(m.hashes)) + s.size
	if !s.isNative {
		size += int64(len(s.bytes))
		v.raw = bytes.Clone(s.bytes) // which is in a buffer
	}
	v.size = size
	*s = stored{native: v, isNative: true, size: size}
}

// setPlain makes s b as a native value: a reader need not look at its memory to
// tell what it is, nor take it out of an envelope.
func (s *stored) setPlain(b []byte) {
	s.bytes, s.native, s.isNative, s.size = b, b, true, int64(len(b))
}

// entry is what a reader of s finds.
func (s *stored) entry() entry {
	return entry{raw: s.bytes, shared: true, verified: true, native: s.native, isNative: s.isNative}
}

// valueBuffer is a buffer for an encoded value. Stores copy what they keep, so
// buffers are reused.
type valueBuffer struct{ b []byte }

// maxPooledValue bounds the memory that a few large values leave behind.
const maxPooledValue = 64 << 10

var valueBuffers = sync.Pool{New: func() any { return new(valueBuffer) }}

func getValueBuffer() *valueBuffer { return valueBuffers.Get().(*valueBuffer) }

func (v *valueBuffer) release() {
	if cap(v.b) <= maxPooledValue {
		valueBuffers.Put(v)
	}
}

// encode turns v into what the store keeps: s, which is empty. Bytes are in buf.
func (a *alias) encode(st *opened, buf *valueBuffer, v any, o *options, s *stored) error {
	if o.assigner != nil {
		if !o.assigner.canRead() && !fillsInterfaces(o.codec) {
			return a.encodeOfInterface(st, buf, v, o, s)
		}
	}
	if n, ok := integerOf(v); ok {
		return a.encodeInteger(st, buf, n, o, s)
	}
	if b, ok := v.([]byte); ok && b != nil {
		return a.encodeBytes(st, buf, b, o, s)
	}
	if isNil(v) {
		return a.seal(st, buf, &envelope.Header{Kind: envelope.KindNil, Expires: a.expiry(o)}, nil, s)
	}
	if st.keepsNative(o) {
		return encodeNative(st, v, s)
	}
	if text, ok := v.(string); ok {
		return a.encodeString(st, buf, text, o, s)
	}
	return a.encodeWithCodec(st, buf, v, o, s)
}

// interfaceFiller is a codec whose data say of what type they are, so that it can fill an
// interface with methods. Its entries have no fingerprint of a type.
type interfaceFiller interface{ FillsInterfaces() }

func fillsInterfaces(c codec.Codec) bool {
	_, fills := c.(interfaceFiller)
	return fills
}

// encodeOfInterface is encode for a view of an interface with methods, into which
// only nil and native values can be read.
func (a *alias) encodeOfInterface(st *opened, buf *valueBuffer, v any, o *options, s *stored) error {
	_, isInteger := integerOf(v)
	switch {
	case v == nil:
		return a.seal(st, buf, &envelope.Header{Kind: envelope.KindNil, Expires: a.expiry(o)}, nil, s)
	case st.keepsNative(o) && !isInteger && !isNil(v):
		return encodeNative(st, v, s)
	}
	return fmt.Errorf("%w: a %T in an interface with methods could not be read back: use a view of a concrete type", ErrUnencodable, v)
}

// keepsNative reports whether values are kept as they are.
func (st *opened) keepsNative(o *options) bool {
	return st.native != nil && (o.flags.has(flagNative) || st.nativeByDefault)
}

func (a *alias) expiry(o *options) envelope.Expiry {
	return envelope.ExpiryAt(o.timeout.expiry(a.clock.Now()))
}

func encodeNative(st *opened, v any, s *stored) error {
	s.native, s.isNative = v, true
	if !st.sizedNatives {
		return nil
	}
	switch v := v.(type) {
	case interface{ CacheSize() int }:
		size, err := cacheSize(v)
		if err != nil {
			return err
		}
		s.size = size
	case string:
		s.size = int64(len(v))
	default:
		return fmt.Errorf("%w: a store bounded by bytes can keep a native %T only if it has a method CacheSize() int: add one, or bound the store by entries", ErrUnencodable, v)
	}
	return nil
}

// encodeBytes copies b.
func (a *alias) encodeBytes(st *opened, buf *valueBuffer, b []byte, o *options, s *stored) error {
	if st.native != nil && !a.compresses(b) {
		s.setPlain(clone(b))
		return nil
	}
	return a.sealBytes(st, buf, b, o, s)
}

// encodeInteger stores n as backends can increment it, unless it has tags.
func (a *alias) encodeInteger(st *opened, buf *valueBuffer, n int64, o *options, s *stored) error {
	if s.tags == nil {
		buf.b = driver.AppendInteger(buf.b[:0], n)
		s.bytes = buf.b
		return nil
	}
	var text [20]byte
	return a.seal(st, buf, &envelope.Header{Kind: envelope.KindInteger, Expires: a.expiry(o)}, driver.AppendInteger(text[:0], n), s)
}

func (a *alias) sealBytes(st *opened, buf *valueBuffer, b []byte, o *options, s *stored) error {
	return a.seal(st, buf, &envelope.Header{Kind: envelope.KindBytes, Expires: a.expiry(o)}, b, s)
}

func (a *alias) encodeString(st *opened, buf *valueBuffer, text string, o *options, s *stored) error {
	scratch := getValueBuffer()
	defer scratch.release()
	scratch.b = append(scratch.b[:0], text...)
	return a.seal(st, buf, &envelope.Header{Kind: envelope.KindString, Expires: a.expiry(o)}, scratch.b, s)
}

func (a *alias) encodeWithCodec(st *opened, buf *valueBuffer, v any, o *options, s *stored) error {
	scratch := getValueBuffer()
	defer scratch.release()
	asRead, typed := v, o.assigner == nil || o.assigner.canRead()
	if typed && o.assigner != nil {
		asRead = o.assigner.asRead(v) // of what is read into an any, not all comes back
	} // otherwise it is read by a codec that fills interfaces
	payload, err := appendEncoded(o.codec, scratch.b[:0], asRead)
	if err != nil {
		return err
	}
	scratch.b = payload
	h := &envelope.Header{
		Kind:    envelope.KindEncoded,
		Codec:   o.codec.ID(),
		Expires: a.expiry(o),
	}
	if typed {
		h.Type = fingerprint(reflect.TypeOf(v))
	}
	return a.seal(st, buf, h, payload, s)
}

// seal makes the entry of header and payload, compressed where that is asked
// for and gains anything, and gives it an identity and, unless the store verifies
// its values itself, a checksum.
func (a *alias) seal(st *opened, buf *valueBuffer, h *envelope.Header, payload []byte, s *stored) error {
	if uint64(len(payload)) > envelope.MaxPayload {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(payload))
	}
	h.Length, h.Identity, h.HasTags = uint32(len(payload)), rand.Uint64()&envelope.IdentityMask, s.tags != nil
	if err := a.appendEntry(buf, h, s.tags, payload); err != nil {
		return err
	}
	if !st.verifies {
		envelope.Seal(buf.b)
	}
	s.bytes = buf.b
	return nil
}

// appendEntry writes header, tags and payload to buf.
func (a *alias) appendEntry(buf *valueBuffer, h *envelope.Header, tags *envelope.Tags, payload []byte) error {
	if a.compresses(payload) {
		if len(payload) > a.maxDecompressed {
			return fmt.Errorf("%w: %d bytes, and compressed entries may have %d", ErrTooLarge, len(payload), a.maxDecompressed)
		}
		h.Compression = a.compression.ID()
		start := appendHeader(buf.b[:0], h, tags)
		packed, err := compress(a.compression, start, payload)
		if err != nil {
			return err
		}
		buf.b = packed
		if len(buf.b)-len(start) < len(payload) {
			return nil
		}
		h.Compression = 0
	}
	buf.b = slices.Grow(buf.b[:0], envelope.Size+len(payload))
	buf.b = append(appendHeader(buf.b, h, tags), payload...)
	return nil
}

func appendHeader(dst []byte, h *envelope.Header, tags *envelope.Tags) []byte {
	dst = h.Append(dst)
	if tags != nil {
		dst = tags.Append(dst)
	}
	return dst
}

// compresses reports whether payload is to be compressed, if that gains
// anything.
func (a *alias) compresses(payload []byte) bool {
	return a.compression != nil && len(payload) >= a.compressMin
}

// integerOf returns v as an int64 if it is of an integer type and in range.
func integerOf(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case nil, string, []byte:
		return 0, false
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		return rv.Int(), true
	case rv.CanUint():
		n := int64(rv.Uint())
		return n, n >= 0
	}
	return 0, false
}

// isNil reports whether v is nil or a nil of a type that has one.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch rv := reflect.ValueOf(v); rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return rv.IsNil()
	}
	return false
}
