// Package version1 is internal/envelope as it was at commit 8f7f83f, the last that
// wrote version 1, letter for letter except for its name. It is for tests of what
// programs of both releases do with one store, and never changes.
package version1

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// Size is the length of the header in bytes.
const Size = 24

// MaxPayload is the length in bytes of the longest payload.
const MaxPayload = 1<<32 - 1

const (
	magic0  = 0xC4
	magic1  = 0x4C
	version = 1
)

// Kind says what the payload is.
type Kind byte

// The kinds of payload.
const (
	KindNil     Kind = iota + 1 // no payload
	KindBytes                   // the bytes themselves
	KindString                  // the bytes of a string
	KindEncoded                 // the output of the codec
)

// The reasons for which bytes are not an envelope that can be read.
var (
	ErrForeign   = errors.New("not an entry of larder")
	ErrVersion   = errors.New("entry of a later version")
	ErrTruncated = errors.New("truncated entry")
)

// Expiry is when an entry expires, in milliseconds since the Unix epoch, or zero
// for never. It is always positive else.
type Expiry int64

// ExpiryAt returns t as an Expiry, and never for the zero Time. Only never
// may be written as never, the epoch included.
func ExpiryAt(t time.Time) Expiry {
	if t.IsZero() {
		return 0
	}
	return Expiry(max(1, t.UnixMilli()))
}

// Time returns e as a Time, and the zero Time for never.
func (e Expiry) Time() time.Time {
	if e == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(e))
}

// Header is what is known of an entry without its payload.
type Header struct {
	Kind        Kind
	Codec       byte
	Compression byte
	Expires     Expiry
	Type        uint32
	Length      uint32 // of the payload before compression
}

// Append appends the header to dst.
func (h Header) Append(dst []byte) []byte {
	dst = append(dst, magic0, magic1, version, byte(h.Kind), h.Codec, h.Compression, 0, 0)
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.Expires))
	dst = binary.BigEndian.AppendUint32(dst, h.Type)
	return binary.BigEndian.AppendUint32(dst, h.Length)
}

// ParseHead reads the header at the start of b, which may be the head of an
// entry only. With an error the header is zero.
func (h *Header) ParseHead(b []byte) error {
	*h = Header{}
	switch {
	case len(b) == 0 || b[0] != magic0 || len(b) > 1 && b[1] != magic1:
		return ErrForeign
	case len(b) > 2 && b[2] > version:
		return ErrVersion
	case len(b) < Size:
		return ErrTruncated
	}
	kind, expires := Kind(b[3]), binary.BigEndian.Uint64(b[8:])
	if b[2] != version || kind < KindNil || kind > KindEncoded || b[6]|b[7] != 0 || expires > math.MaxInt64 {
		return ErrForeign
	}
	h.Kind, h.Codec, h.Compression = kind, b[4], b[5]
	h.Expires = Expiry(expires)
	h.Type = binary.BigEndian.Uint32(b[16:])
	h.Length = binary.BigEndian.Uint32(b[20:])
	return nil
}

// Parse reads the header of a whole entry, whose payload is [Payload]. With an
// error the header is zero.
func (h *Header) Parse(b []byte) error {
	err := h.ParseHead(b)
	if err == nil && h.Compression == 0 && uint64(len(b)-Size) != uint64(h.Length) {
		*h, err = Header{}, ErrTruncated
	}
	return err
}

// Payload is the part of an entry after its header, which Parse has read.
func Payload(b []byte) []byte { return b[Size:len(b):len(b)] }
