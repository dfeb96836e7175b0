package driver

import (
	"bytes"
	"math"
	"strconv"
)

// ReservedVersion is the version of the keys of larder's own records. Package cache
// refuses it to its callers.
const ReservedVersion = math.MaxInt64

// ReservedKey appends to dst the key of larder's own record name in n:
// prefix:9223372036854775807:name. It is a key of n, so Clear removes the record.
func (n Namespace) ReservedKey(dst []byte, name string) []byte {
	dst = append(dst, n.Prefix...)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, ReservedVersion, 10)
	dst = append(dst, ':')
	return append(dst, name...)
}

// IsReservedKey reports whether key is that of a record of larder's own, in whatever
// namespace. The first part between two colons that is written as a version (a
// number of at most 19 digits without needless zeros) has to be [ReservedVersion]. So
// a key that begins with prefix and version is never taken for one, whatever a
// caller makes it end in: that of "shop:1:a:9223372036854775807:b" is 1. Where a prefix
// has such a part itself, as "shop:1" has, its records are not told from other entries.
//
// A store with bounds evicts records and leases (see [IsLease]) only when nothing
// else is left: entries that depend on a lost record are misses.
func IsReservedKey(key []byte) bool {
	_, rest, _ := bytes.Cut(key, []byte{':'})
	for {
		part, after, more := bytes.Cut(rest, []byte{':'})
		switch {
		case !more:
			return false
		case isWrittenAsVersion(part):
			return string(part) == reservedPart
		}
		rest = after
	}
}

// reservedPart is ReservedVersion as it is written.
const reservedPart = "9223372036854775807"

// isWrittenAsVersion reports whether part has the form of a version. It does not
// compare 19 digits with the largest version, so that a pattern of a database can say
// the same.
func isWrittenAsVersion(part []byte) bool {
	if len(part) == 0 || len(part) > len(reservedPart) || part[0] == '0' && len(part) > 1 {
		return false
	}
	for _, c := range part {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// LeaseStart is how the value of a lease begins: an envelope of version 2 and kind 5.
const LeaseStart = "\xc4\x4c\x02\x05"

// IsLease reports whether head is that of a lease: the entry that larder keeps under a
// key while its value is loaded. A lease is [HeadSize] bytes long and lives for seconds.
// When it is evicted, the load stores nothing.
func IsLease(head []byte) bool {
	return len(head) >= HeadSize && string(head[:len(LeaseStart)]) == LeaseStart
}
