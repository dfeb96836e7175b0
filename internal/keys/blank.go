package keys

import (
	"encoding/binary"
	"slices"
)

// HasControlOrBlank reports whether a byte of key is at most ' ' or DEL, which
// Memcached refuses. It looks at eight bytes at once, the last of which it may
// have seen before.
func HasControlOrBlank(key []byte) bool {
	const word = 8
	if len(key) < word {
		return slices.ContainsFunc(key, IsControlOrBlank)
	}
	for i := 0; i < len(key)-word; i += word {
		if anyControlOrBlank(binary.LittleEndian.Uint64(key[i:])) {
			return true
		}
	}
	return anyControlOrBlank(binary.LittleEndian.Uint64(key[len(key)-word:]))
}

// IsControlOrBlank reports whether c is at most ' ' or DEL.
func IsControlOrBlank(c byte) bool { return c <= ' ' || c == 0x7f }

// anyControlOrBlank is IsControlOrBlank for the bytes of x, by the tests for
// "less than n" and for zero of S. E. Anderson's Bit Twiddling Hacks.
func anyControlOrBlank(x uint64) bool {
	const (
		each = 0x0101010101010101 // times a byte: that byte eight times
		high = 0x80 * each
	)
	del := x ^ 0x7f*each // zero where x has DEL
	return ((x-(' '+1)*each)&^x|(del-each)&^del)&high != 0
}
