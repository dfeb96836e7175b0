package rfc9111

import (
	"strconv"
	"strings"
)

// ContentRange says which part of a representation a 206 has.
type ContentRange struct {
	Range
	Size int64 // of the whole representation, -1 if it is unknown
}

// ParseContentRange reads the lines of a Content-Range field in bytes (RFC 9110,
// section 14.4). It is false for what no 206 must have: a malformed field, that
// of a 416, another unit, or a range that is not in the representation.
func ParseContentRange(lines []string) (ContentRange, bool) {
	if len(lines) != 1 {
		return ContentRange{}, false
	}
	unit, rest, _ := strings.Cut(lines[0], " ")
	span, whole, _ := strings.Cut(rest, "/")
	from, to, _ := strings.Cut(span, "-")
	first, hasFirst := parsePosition(from)
	last, hasLast := parsePosition(to)
	size, hasSize := parsePosition(whole)
	if whole == "*" {
		size, hasSize = -1, true
	}
	if !strings.EqualFold(unit, "bytes") || !hasFirst || !hasLast || !hasSize || last < first || last >= maxPosition ||
		size >= 0 && last >= size {
		return ContentRange{}, false
	}
	return ContentRange{Range{first, last - first + 1}, size}, true
}

// AppendContentRange appends the Content-Range value of a part.
func AppendContentRange(dst []byte, c ContentRange) []byte {
	dst = append(dst, "bytes "...)
	dst = strconv.AppendInt(dst, c.Start, 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, c.Start+c.Length-1, 10)
	dst = append(dst, '/')
	if c.Size < 0 {
		return append(dst, '*')
	}
	return strconv.AppendInt(dst, c.Size, 10)
}

// AppendUnsatisfied appends the Content-Range value of a 416 for a representation
// of size bytes.
func AppendUnsatisfied(dst []byte, size int64) []byte {
	return strconv.AppendInt(append(dst, "bytes */"...), size, 10)
}

// MayCombine reports whether two partial responses, or a partial and a whole
// one, are of one representation, so that their bytes may be put together
// (section 3.4): they have the same strong validator.
func MayCombine(a, b *Validators) bool {
	if a.ETag != "" || b.ETag != "" {
		return a.ETag.StrongEqual(b.ETag)
	}
	return a.hasStrongDate() && b.hasStrongDate() && a.LastModified.Equal(b.LastModified)
}
