package pgstore

import (
	"crypto/sha256"

	"github.com/larder-go/larder/cache/driver"
)

// MaxPlainKey is the length in bytes up to which a key is stored as it is. A
// row of a B-tree index must fit in a third of a page, 2.7 kB.
const MaxPlainKey = 1024

// maxPrefix leaves room behind the prefix for a version and its colons in the
// part of a long key that is stored as it is.
const maxPrefix = MaxPlainKey - 24

// columnKey returns what stands for key in the column of that name. That of a
// long key is longer than any key that is stored as it is, so no two meet.
func columnKey(key []byte) []byte {
	if len(key) <= MaxPlainKey {
		return key
	}
	sum := sha256.Sum256(key)
	return append(key[:MaxPlainKey:MaxPlainKey], sum[:]...)
}

func columnKeys(keys [][]byte) [][]byte {
	columns := make([][]byte, len(keys))
	for i, key := range keys {
		columns[i] = columnKey(key)
	}
	return columns
}

// columnValue returns value for the column of that name, in which a nil slice
// would be a null.
func columnValue(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// keyRange returns the bounds of the keys that begin with the prefix of ns, a
// colon and a digit: low <= key < high. The character after '9' is ':'.
func keyRange(ns driver.Namespace) (low, high []byte) {
	return []byte(ns.Prefix + ":0"), []byte(ns.Prefix + "::")
}
