package cache

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// entry is what a store returned for a key: bytes in one of the forms that
// encode writes, or a native value.
type entry struct {
	raw      []byte // of a native entry, not nil if the value is a []byte: this one
	native   any
	isNative bool
	shared   bool         // raw is not the reader's own: the store or others have it too
	verified bool         // raw is known to be as it was stored: no checksum need be looked at
	tagged   *taggedValue // what the store has, if this is the value of one
}

// isPlain reports whether e is a native []byte, which is in raw.
func (e *entry) isPlain() bool { return e.isNative && e.raw != nil }

// check returns an error that matches ErrCorrupt unless e can be read, as far as can be
// seen without decoding it. It notes what it has verified.
func (a *alias) check(e *entry, c codec.Codec) error {
	if e.isNative {
		return nil
	}
	if _, ok := driver.ParseInteger(e.raw); ok {
		return nil
	}
	var h envelope.Header
	if err := a.parse(e, c, &h); err != nil {
		return err
	}
	if !e.verified { // others may be reading one that is
		e.verified = true
	}
	return nil
}

// checkHead is check for an entry of which there is only the head.
func (a *alias) checkHead(head []byte, c codec.Codec) error {
	if len(head) < driver.HeadSize {
		return a.check(&entry{raw: head}, c) // it is the whole, and too short for a checksum
	}
	var h envelope.Header
	if err := h.ParseHead(head); err != nil {
		return unreadable(err)
	}
	return a.checkHeader(&h, c)
}

// errLease is the error for a lease: to all but loads, nothing is there.
var errLease = fmt.Errorf("%w: %w", ErrNotFound, envelope.ErrLease)

// unreadable turns the error of the envelope into the core's.
func unreadable(err error) error {
	if errors.Is(err, envelope.ErrLease) {
		return errLease
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// parse reads the header of a whole entry, and verifies the entry.
func (a *alias) parse(e *entry, c codec.Codec, h *envelope.Header) error {
	err := h.Parse(e.raw)
	if !e.verified && (err == nil || errors.Is(err, envelope.ErrReserved) || errors.Is(err, envelope.ErrLease)) {
		// Only what is sound is a lease, or what a later release has written.
		if damage := envelope.Verify(e.raw); damage != nil {
			err = damage
		}
	}
	if err != nil {
		return unreadable(err)
	}
	return a.checkHeader(h, c)
}

// checkHeader returns an error that matches ErrCorrupt if entries with the
// header h are foreign to this alias.
func (a *alias) checkHeader(h *envelope.Header, c codec.Codec) error {
	switch {
	case h.Kind == envelope.KindEncoded && h.Codec != c.ID():
		return fmt.Errorf("%w: written by codec %d, and the %s codec is %d", ErrCorrupt, h.Codec, c.Name(), c.ID())
	case h.Compression == 0:
		return nil
	case a.compressionByID(h.Compression) == nil:
		return fmt.Errorf("%w: unknown compression %d", ErrCorrupt, h.Compression)
	case uint64(h.Length) > uint64(a.maxDecompressed):
		return fmt.Errorf("%w: %w: it says %d bytes, and at most %d are allowed", ErrCorrupt, codec.ErrTooLarge, h.Length, a.maxDecompressed)
	}
	return nil
}

// decode stores the value of e in what dst points to. An error that matches
// ErrCorrupt means that there is no readable entry; ErrWrongType and
// ErrNilValue alone, that there is one and dst is not for it.
func (a *alias) decode(e *entry, dst any, o *options) error {
	err := a.decodeInto(e, dst, o)
	if err != nil && a.missOnWrongType {
		return wrongTypeAsMiss(err, dst)
	}
	return err
}

// decodeForLoad is decode for callers with a loader: an entry that makes the decoder
// panic can be replaced, and where errors are misses one of another type, too.
func (a *alias) decodeForLoad(e *entry, dst any, o *options) error {
	err := a.decode(e, dst, o)
	switch {
	case err == nil:
		return nil
	case isPanic(err):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case a.missOnError:
		return wrongTypeAsMiss(err, dst)
	}
	return err
}

func (a *alias) decodeInto(e *entry, dst any, o *options) error {
	if e.isPlain() {
		return assignBytes(dst, clone(e.raw))
	}
	if e.isNative {
		return assignNative(dst, e.native, o)
	}
	if n, ok := driver.ParseInteger(e.raw); ok {
		return assignInteger(dst, n)
	}
	var h envelope.Header
	payload, err := a.unseal(e, o.codec, &h)
	if err != nil {
		return err
	}
	switch h.Kind {
	case envelope.KindInteger:
		n, ok := driver.ParseInteger(payload)
		if !ok {
			return fmt.Errorf("%w: %q is no integer", ErrCorrupt, payload)
		}
		return assignInteger(dst, n)
	case envelope.KindNil:
		return assignNil(dst)
	case envelope.KindBytes:
		return assignBytes(dst, own(e, &h, payload))
	case envelope.KindString:
		return assignString(dst, string(payload))
	}
	return decodeWithCodec(&h, payload, dst, o)
}

func decodeWithCodec(h *envelope.Header, payload []byte, dst any, o *options) error {
	rv, err := pointee(dst)
	if err != nil {
		return err
	}
	if want := fingerprint(rv.Type()); h.Type != 0 && want != 0 && h.Type != want {
		return fmt.Errorf("%w than %v", ErrWrongType, rv.Type())
	}
	if leadsNowhere(rv.Type()) { // codecs would follow it without end
		return errLeadsNowhere(rv.Type())
	}
	// Codecs add to what is there: fields that the entry does not have would
	// keep what dst had before, and what a pointer in it points to may be in
	// use elsewhere.
	rv.SetZero()
	err = decodePayload(o.codec, payload, dst)
	if err == nil && rv.Kind() == reflect.Pointer && rv.IsNil() {
		// A nil pointer has an entry of another kind. This was a pointer to what the
		// codec writes as nil, such as the *[]T of a query without rows.
		err = decodePointee(payload, dst, o)
	}
	if err != nil {
		rv.SetZero() // of what was decoded until then
		return corruptUnlessWrongType(err)
	}
	return nil
}

// decodePointee decodes payload into what dst points to through all its pointers, which
// it allocates.
func decodePointee(payload []byte, dst any, o *options) error {
	rv, err := target(dst)
	if err != nil {
		return err
	}
	return decodePayload(o.codec, payload, rv.Addr().Interface())
}

// decodeBytes returns the byte slice of e, as GetBytes does.
func (a *alias) decodeBytes(e *entry, o *options) ([]byte, error) {
	if e.isPlain() {
		if o.flags.has(flagShared) {
			return e.raw, nil
		}
		return clone(e.raw), nil
	}
	b, err := a.unsealBytes(e, o)
	if err != nil && a.missOnWrongType {
		return nil, wrongTypeAsMiss(err, new([]byte))
	}
	return b, err
}

// unsealBytes is decodeBytes for an entry that is not plain.
func (a *alias) unsealBytes(e *entry, o *options) ([]byte, error) {
	if e.isNative {
		return nil, wrongType(e.native, "bytes")
	}
	if n, ok := driver.ParseInteger(e.raw); ok {
		return nil, wrongType(n, "bytes")
	}
	var h envelope.Header
	payload, err := a.unseal(e, o.codec, &h)
	if err != nil {
		return nil, err
	}
	switch {
	case h.Kind == envelope.KindNil:
		return nil, nil
	case h.Kind != envelope.KindBytes:
		return nil, fmt.Errorf("%w than bytes", ErrWrongType)
	case o.flags.has(flagShared):
		return payload, nil
	}
	return own(e, &h, payload), nil
}

// own returns the payload of e as memory of the reader's own.
func own(e *entry, h *envelope.Header, payload []byte) []byte {
	if e.shared && h.Compression == 0 {
		return clone(payload)
	}
	return payload
}

// clone returns a copy of b that is never nil and has no room to spare.
func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// unseal takes an entry out of its envelope, and reads the header. The payload
// shares memory with e unless it was compressed.
func (a *alias) unseal(e *entry, c codec.Codec, h *envelope.Header) (payload []byte, err error) {
	if err := a.parse(e, c, h); err != nil {
		return nil, err
	}
	payload = envelope.Payload(e.raw)
	if h.Compression == 0 {
		return payload, nil
	}
	if payload, err = decompress(a.compressionByID(h.Compression), payload, int(h.Length)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return payload, nil
}

// compressionByID finds the compression of an entry: the alias's, or one of
// package codec, so that the setting can change while entries live on.
func (a *alias) compressionByID(id byte) codec.Compression {
	all := []codec.Compression{a.compression, codec.Zstd, codec.S2}
	i := slices.IndexFunc(all, func(c codec.Compression) bool { return c != nil && c.ID() == id })
	if i < 0 {
		return nil
	}
	return all[i]
}
