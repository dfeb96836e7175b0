package filestore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/larder-go/larder/cache/driver"
)

// An entry's file, all integers big-endian:
//
//	offset  bytes
//	     0      7  magic
//	     7      1  version of the format
//	     8      8  expiry, Unix nanoseconds; the largest means never
//	    16      8  time of writing, Unix nanoseconds
//	    24      4  length of the key
//	    28      8  length of the value
//	    36      4  CRC-32C of the value
//	    40      4  CRC-32C of the head: of the 40 bytes before, of the key and
//	               of the first driver.HeadSize bytes of the value
//	    44         key, value
//
// The head has a checksum of its own so that culling, Clear, Peek and TTL can
// trust it without reading the value. The first byte of the magic occurs in no
// UTF-8 text.
const (
	magic         = "\xffLARDER"
	formatVersion = 1
	headSumOffset = 40
	keyOffset     = 44
)

// never is the expiry of an entry that does not expire.
const never = math.MaxInt64

var (
	// errDamaged reports an entry that is not as it was written: it is of no
	// use to anybody and may be removed.
	errDamaged = fmt.Errorf("%w: empty, cut short or altered", driver.ErrCorrupt)

	// errForeign reports a file that this version did not write and which
	// may be of use to another.
	errForeign = fmt.Errorf("%w: not an entry, or of a newer version", driver.ErrCorrupt)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entry is what a file holds.
type entry struct {
	expiry, written int64 // Unix nanoseconds
	key             []byte
	value           []byte // or only its beginning, of driver.HeadSize bytes or more
	size            int64  // length of the file; zero if there is none
}

func newEntry(key, value []byte, expiry, written int64) entry {
	size := int64(keyOffset) + int64(len(key)) + int64(len(value))
	return entry{expiry: expiry, written: written, key: key, value: value, size: size}
}

// live reports whether e is the entry under key and has not expired. Another
// key has the same file name if its SHA-256 is the same.
func (e entry) live(key []byte, now int64) bool {
	return now < e.expiry && bytes.Equal(e.key, key)
}

// appendHeader appends all of the file that comes before the value.
func (e entry) appendHeader(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = append(dst, formatVersion)
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.expiry))
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.written))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.key)))
	dst = binary.BigEndian.AppendUint64(dst, uint64(len(e.value)))
	dst = binary.BigEndian.AppendUint32(dst, crc32.Checksum(e.value, castagnoli))
	sum := headSum(dst[start:], e.key, e.value[:min(len(e.value), driver.HeadSize)])
	dst = binary.BigEndian.AppendUint32(dst, sum)
	return append(dst, e.key...)
}

func headSum(parts ...[]byte) uint32 {
	var sum uint32
	for _, part := range parts {
		sum = crc32.Update(sum, castagnoli, part)
	}
	return sum
}

// header is the part of a file that has a fixed length.
type header struct {
	expiry, written   int64
	keyLen, valueLen  int64
	valueSum, headSum uint32
}

// parseHeader reads the header of a file of size bytes that begins with b, or
// returns errForeign or errDamaged. The lengths that it returns add up to size.
func parseHeader(b []byte, size int64) (header, error) {
	n := min(len(b), len(magic))
	if string(b[:n]) != magic[:n] || len(b) > n && b[n] > formatVersion {
		return header{}, errForeign
	}
	if len(b) < keyOffset || b[n] != formatVersion {
		return header{}, errDamaged
	}
	h := header{
		expiry:   int64(binary.BigEndian.Uint64(b[8:])),
		written:  int64(binary.BigEndian.Uint64(b[16:])),
		keyLen:   int64(binary.BigEndian.Uint32(b[24:])),
		valueSum: binary.BigEndian.Uint32(b[36:]),
		headSum:  binary.BigEndian.Uint32(b[headSumOffset:]),
	}
	valueLen := binary.BigEndian.Uint64(b[28:])
	h.valueLen = size - keyOffset - h.keyLen
	if h.valueLen < 0 || uint64(h.valueLen) != valueLen {
		return header{}, errDamaged
	}
	return h, nil
}

// headEnd is the offset behind what the checksum of the head covers.
func (h header) headEnd() int64 {
	return h.valueOffset() + min(h.valueLen, driver.HeadSize)
}

func (h header) valueOffset() int64 { return keyOffset + h.keyLen }

// entry checks the file that begins with b, of which there are headEnd bytes
// or more, and returns it. The checksum of the value can be checked only if b
// is the whole file. The entry keeps b.
func (h header) entry(b []byte) (entry, error) {
	if headSum(b[:headSumOffset], b[keyOffset:h.headEnd()]) != h.headSum {
		return entry{}, errDamaged
	}
	offset := h.valueOffset()
	e := entry{
		expiry:  h.expiry,
		written: h.written,
		key:     b[keyOffset:offset:offset],
		value:   b[offset:len(b):len(b)],
		size:    offset + h.valueLen,
	}
	if int64(len(b)) == e.size && crc32.Checksum(e.value, castagnoli) != h.valueSum {
		return entry{}, errDamaged
	}
	return e, nil
}
