package rfc9111

import (
	"strconv"
)

// ContentRange says which part of a representation a 206 has.
type ContentRange struct {
	Range
	Size int64 // of the whole representation, -1 if it is unknown
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
