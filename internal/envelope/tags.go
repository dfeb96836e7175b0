package envelope

import "encoding/binary"

// Tags is the section of an entry that has tags: the text of the count of invalidations as of
// which they were valid, and what the record of each tag had then. In the entry the section
// is:
//
//	0  2  length of what follows, big-endian
//	2  1  length of the count
//	3     the count, and then 48 bytes for each tag
//
// A section does not say which tags these are, only under which hashes their records are.
type Tags struct {
	Count string
	Tags  []Tag
}

// Tag is what an entry has of one tag.
type Tag struct {
	Hash     [TagHashSize]byte
	Versions [TagVersionsSize]byte // as the record of the tag begins
}

// The sizes of the parts of a Tag, in bytes.
const (
	TagHashSize     = 16
	TagVersionsSize = 32

	sizeOfTag = TagHashSize + TagVersionsSize
)

// Append appends the section to dst. The count may have 255 bytes, and there may be 1300 tags.
func (t *Tags) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(1+len(t.Count)+len(t.Tags)*sizeOfTag))
	dst = append(append(dst, byte(len(t.Count))), t.Count...)
	for i := range t.Tags {
		dst = append(append(dst, t.Tags[i].Hash[:]...), t.Tags[i].Versions[:]...)
	}
	return dst
}

// sizeOfTags is the length of the section of an entry that has one, or negative if the entry
// is too short for it.
func sizeOfTags(entry []byte) int {
	if len(entry) < Size+3 {
		return -1
	}
	size := 2 + int(binary.BigEndian.Uint16(entry[Size:]))
	tags := size - 3 - int(entry[Size+2])
	if tags < 0 || tags%sizeOfTag != 0 || Size+size > len(entry) {
		return -1
	}
	return size
}

// HasTags reports whether an entry, of which b is at least the head, has tags.
func HasTags(b []byte) bool {
	return len(b) >= Size && b[7]&flagTags != 0 && b[2] == version && b[0] == magic0 && b[1] == magic1 && b[3] != kindLease
}

// ParseTags reads the section of a whole entry whose header Parse has read, and that has tags.
func ParseTags(entry []byte) Tags {
	section := entry[Size+2 : Size+sizeOfTags(entry)]
	count, rest := section[1:1+int(section[0])], section[1+int(section[0]):]
	t := Tags{Count: string(count), Tags: make([]Tag, len(rest)/sizeOfTag)}
	for i := range t.Tags {
		copy(t.Tags[i].Hash[:], rest[i*sizeOfTag:])
		copy(t.Tags[i].Versions[:], rest[i*sizeOfTag+TagHashSize:])
	}
	return t
}
