package driver

import (
	"math"
	"strconv"
)

// AppendInteger appends n as integers are stored: in decimal, without leading
// zeros, spaces or plus sign.
func AppendInteger(dst []byte, n int64) []byte {
	return strconv.AppendInt(dst, n, 10)
}

// ParseInteger reads what [AppendInteger] wrote. It reports false for anything
// else, "-0", "+1", "01" and integers outside of int64 included.
func ParseInteger(b []byte) (int64, bool) {
	digits := b
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	if digits[0] == '0' && (negative || len(digits) > 1) {
		return 0, false
	}
	var u uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	switch {
	case negative && u <= 1<<63:
		return -int64(u), true
	case !negative && u <= math.MaxInt64:
		return int64(u), true
	}
	return 0, false
}

// AddIntegers returns a+b and false, or true if the sum is outside of int64.
func AddIntegers(a, b int64) (sum int64, overflow bool) {
	sum = a + b
	return sum, (sum > a) != (b > 0) && b != 0
}
