package rfc9111

import (
	"strconv"
	"strings"
)

// Range is a part of a representation, in bytes.
type Range struct {
	Start  int64
	Length int64 // at least 1
}

// RangeOutcome is what a Range field asks for.
type RangeOutcome uint8

// The outcomes.
const (
	RangeIgnored       RangeOutcome = iota // the whole representation: 200
	RangeSatisfiable                       // the parts that are returned: 206
	RangeUnsatisfiable                     // none that exists: 416
)

// maxRanges is how many ranges one request may ask for. Real clients ask for a
// few; thousands are an attack (RFC 9110, section 17.15).
const maxRanges = 16

// ParseRange reads the lines of Range for a representation of size bytes (RFC
// 9110, section 14.2), in the order in which they were asked for. A field that
// is malformed, of another unit, or that asks for too many ranges or for more
// bytes than there are, is ignored, as the RFC allows for any; so is one for an
// empty representation, of which there is no part to send.
func ParseRange(lines []string, size int64) ([]Range, RangeOutcome) {
	if len(lines) != 1 {
		return nil, RangeIgnored
	}
	unit, set, ok := strings.Cut(lines[0], "=")
	if !ok || !strings.EqualFold(unit, "bytes") || size == 0 {
		return nil, RangeIgnored
	}
	var ranges []Range
	asked, total := 0, int64(0)
	for element := range strings.SplitSeq(set, ",") {
		if element = strings.Trim(element, " \t"); element == "" {
			continue
		}
		r, ok := parseRangeSpec(element, size)
		asked++
		if !ok || asked > maxRanges || r.Length > size-total {
			return nil, RangeIgnored
		}
		total += r.Length
		if r.Length > 0 {
			ranges = append(ranges, r)
		}
	}
	switch {
	case asked == 0:
		return nil, RangeIgnored
	case len(ranges) == 0:
		return nil, RangeUnsatisfiable
	}
	return ranges, RangeSatisfiable
}

// AppendRanges appends a line of Range for these parts of a representation of size bytes,
// or if there are none for one that is not satisfiable.
func AppendRanges(dst []byte, ranges []Range, size int64) []byte {
	dst = append(dst, "bytes="...)
	if len(ranges) == 0 {
		return append(strconv.AppendInt(dst, size, 10), '-')
	}
	for i, r := range ranges {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(strconv.AppendInt(dst, r.Start, 10), '-')
		dst = strconv.AppendInt(dst, r.Start+r.Length-1, 10)
	}
	return dst
}

// parseRangeSpec reads "first-last", "first-" or "-suffix" (RFC 9110, section
// 14.1.2). One that is beyond the representation is valid, and has no length.
func parseRangeSpec(s string, size int64) (Range, bool) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return Range{}, false
	}
	first, hasFirst := parsePosition(from)
	last, hasLast := parsePosition(to)
	switch {
	case from == "" && hasLast:
		length := min(last, size)
		return Range{size - length, length}, true
	case !hasFirst, to != "" && !hasLast, hasLast && last < first:
		return Range{}, false
	case first >= size:
		return Range{}, true
	case !hasLast:
		return Range{first, size - first}, true
	}
	return Range{first, min(last, size-1) - first + 1}, true
}

// maxPosition is beyond what any representation has. Numbers stop there, where
// another digit does not overflow yet.
const maxPosition = 1 << 59

func parsePosition(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		if n = n*10 + int64(s[i]-'0'); n > maxPosition {
			n = maxPosition
		}
	}
	return n, true
}
