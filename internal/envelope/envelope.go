// Package envelope is the binary form in which package cache stores a value:
// a header of fixed size and a payload. Integers have no envelope, so that
// backends can increment them. The package knows nothing of codecs or stores.
//
// The header of version 2, integers big-endian:
//
//	 0  2  magic 0xC4 0x4C: neither a digit nor '-', so no integer begins so
//	 2  1  version, 2
//	 3  1  kind
//	 4  1  codec, for KindEncoded
//	 5  1  compression, 0 for none
//	 6  2  flags: the highest is always set; bit 1 says that the entry has tags,
//	       whose section, see [Tags], is between header and payload; the others
//	       are reserved
//	 8  6  expiry in milliseconds since the Unix epoch when the entry was
//	       written, 0 for never; one before 1970 is written as 1
//	14  6  identity: random bytes, so that no two entries have the same header
//	20  4  fingerprint of the value's type, 0 for none
//	24  4  length of the payload before compression
//	28  4  checksum: CRC-32C of the 28 bytes before and of all bytes after,
//	       or 0 in a store that verifies its values itself
//
// [Header.Append] writes the header without the checksum, and [Seal] writes the
// checksum of a whole entry.
//
// Version 1 is read and never written. Its header has 24 bytes: up to byte 8 the
// same, with zeros for flags, then an expiry of 8 bytes, the fingerprint and the
// length. It has no checksum.
//
// # Extension
//
// Kind 5 is a [Lease]. The kinds above KindInteger and the other flags are reserved for
// later releases of version 2; docs/design/envelope.md says which are planned. An entry
// that has one is [ErrReserved]: it is absent to a reader that does not know it,
// and a load leaves it in place. A later version is [ErrVersion]: it is absent,
// and a load replaces it.
//
// The expiry is what the writer asked for; the store keeps its own, which is the
// one that a Touch moves and that decides.
package envelope

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"
)

// Size is the length of the header in bytes. That of version 1 is shorter.
const Size = 32

// MaxPayload is the length in bytes of the longest payload.
const MaxPayload = 1<<32 - 1

const (
	magic0   = 0xC4
	magic1   = 0x4C
	version  = 2
	version1 = 1

	sizeOfVersion1 = 24
	sumAt          = 28 // the offset of the checksum

	// flagsAlways are the flags of every entry of version 2. Damage to the byte of
	// the version does not make one of version 1 of it, whose flags are zero.
	flagsAlways = 1 << 15

	flagTags = 1 << 1
)

// Kind says what the payload is.
type Kind byte

// The kinds of payload.
const (
	KindNil     Kind = iota + 1 // no payload
	KindBytes                   // the bytes themselves
	KindString                  // the bytes of a string
	KindEncoded                 // the output of the codec
	_                           // a lease
	KindInteger                 // an integer in decimal, which has tags and so an envelope
)

// The reasons for which bytes are not an envelope that can be read.
var (
	ErrForeign   = errors.New("not an entry of larder")
	ErrVersion   = errors.New("entry of a later version")
	ErrReserved  = errors.New("entry of a kind that only a later release knows")
	ErrTruncated = errors.New("truncated entry")
	ErrChecksum  = errors.New("damaged entry: the checksum is another")
)

// Expiry is when an entry expires, in milliseconds since the Unix epoch, or zero
// for never. It is always positive else.
type Expiry int64

// maxExpiry is the latest expiry that can be written, in the year 10889.
const maxExpiry = 1<<48 - 1

// ExpiryAt returns t as an Expiry, and never for the zero Time. Only never
// may be written as never, the epoch included.
func ExpiryAt(t time.Time) Expiry {
	if t.IsZero() {
		return 0
	}
	return Expiry(min(max(1, t.UnixMilli()), maxExpiry))
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
	Identity    uint64 // of 48 bits; 0 in version 1
	Type        uint32
	Length      uint32 // of the payload before compression
	HasTags     bool   // the section of the tags is before the payload
}

// IdentityMask are the bits of a random number that an identity has.
const IdentityMask = 1<<48 - 1

// Append appends the header to dst, with a checksum of 0.
func (h Header) Append(dst []byte) []byte {
	dst = append(dst, magic0, magic1, version, byte(h.Kind), h.Codec, h.Compression)
	dst = binary.BigEndian.AppendUint64(dst, h.flags()<<48|uint64(h.Expires)&maxExpiry)
	dst = binary.BigEndian.AppendUint16(dst, uint16(h.Identity>>32))
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Identity))
	dst = binary.BigEndian.AppendUint32(dst, h.Type)
	dst = binary.BigEndian.AppendUint32(dst, h.Length)
	return append(dst, 0, 0, 0, 0)
}

func (h Header) flags() uint64 {
	if h.HasTags {
		return flagsAlways | flagTags
	}
	return flagsAlways
}

// Seal writes the checksum of a whole entry, which begins with what Append has
// written, into its header.
func Seal(entry []byte) { binary.BigEndian.PutUint32(entry[sumAt:], checksum(entry)) }

// Verify returns ErrChecksum if a whole entry, whose header Parse has read, is
// not as Seal left it. Of version 1 nothing can be told.
func Verify(entry []byte) error {
	if entry[2] == version && binary.BigEndian.Uint32(entry[sumAt:]) != checksum(entry) {
		return ErrChecksum
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(entry []byte) uint32 {
	return crc32.Update(crc32.Checksum(entry[:sumAt], castagnoli), castagnoli, entry[Size:])
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
	case len(b) < sizeOfVersion1 || b[2] == version && len(b) < Size:
		return ErrTruncated
	case b[2] == version:
		return h.parseVersion2(b)
	case b[2] == version1:
		return h.parseVersion1(b)
	}
	return ErrForeign
}

func (h *Header) parseVersion2(b []byte) error {
	kind, flags := Kind(b[3]), binary.BigEndian.Uint16(b[6:])
	expires := binary.BigEndian.Uint64(b[6:]) & maxExpiry
	if kind < KindNil || flags < flagsAlways {
		return ErrForeign
	}
	switch {
	case kind == kindLease && isLeaseState(b[leaseStateAt]) && flags == flagsAlways && expires == 0:
		return ErrLease
	case kind == kindLease, kind > KindInteger, flags&^(flagsAlways|flagTags) != 0:
		return ErrReserved
	}
	h.Kind, h.Codec, h.Compression = kind, b[4], b[5]
	h.HasTags = flags&flagTags != 0
	h.Expires = Expiry(expires)
	h.Identity = identityOf(b)
	h.Type = binary.BigEndian.Uint32(b[20:])
	h.Length = binary.BigEndian.Uint32(b[24:])
	return nil
}

func (h *Header) parseVersion1(b []byte) error {
	kind, expires := Kind(b[3]), binary.BigEndian.Uint64(b[8:])
	if kind < KindNil || kind > KindEncoded || b[6]|b[7] != 0 || expires > math.MaxInt64 {
		return ErrForeign
	}
	h.Kind, h.Codec, h.Compression = kind, b[4], b[5]
	h.Expires = Expiry(expires)
	h.Type = binary.BigEndian.Uint32(b[16:])
	h.Length = binary.BigEndian.Uint32(b[20:])
	return nil
}

// UniqueHead returns the header of a whole entry if no other entry has the same:
// whoever finds it in a store has found this very entry. The entry may be damaged.
func UniqueHead(entry []byte) (head []byte, unique bool) {
	var h Header
	err := h.ParseHead(entry)
	if err == ErrLease || err == nil && h.Identity != 0 {
		return entry[:Size], true
	}
	return nil, false
}

// Identity returns what tells a stored value or lease from all others, from its head. It is
// 0 if there is nothing that does, as in an integer.
func Identity(head []byte) uint64 {
	if unique, ok := UniqueHead(head); ok {
		return identityOf(unique)
	}
	return 0
}

// Parse reads the header of a whole entry, whose payload is [Payload]. With an
// error the header is zero. It does not look at the checksum, which is for
// [Verify].
func (h *Header) Parse(b []byte) error {
	err := h.ParseHead(b)
	if err == ErrLease && len(b) != Size {
		return ErrReserved
	}
	switch {
	case err != nil:
	case h.HasTags && sizeOfTags(b) < 0, h.Compression == 0 && uint64(len(Payload(b))) != uint64(h.Length):
		*h, err = Header{}, ErrTruncated
	}
	return err
}

// Payload is the part of an entry after its header and sections, which Parse has read.
func Payload(b []byte) []byte {
	start := Size
	switch {
	case b[2] == version1:
		start = sizeOfVersion1
	case b[7]&flagTags != 0:
		start += max(0, sizeOfTags(b))
	}
	return b[start:len(b):len(b)]
}
