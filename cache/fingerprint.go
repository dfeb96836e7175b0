package cache

import (
	"hash/crc32"
	"reflect"
	"strings"
	"sync"
)

// fingerprints caches the fingerprint of each type.
var fingerprints sync.Map // reflect.Type to uint32

// fingerprint identifies the named struct that t is or is made of, through
// pointers, slices, arrays and map values, and how many maps are around it; it
// is 0 for other types. It tells a User from an Order and from a map of Users,
// which a codec that ignores unknown fields cannot, and leaves it to the codec
// to tell a User from a slice of them. It is a hash of the type's name and
// package name, so the same in every process, and survives changes of the
// struct's fields.
func fingerprint(t reflect.Type) uint32 {
	if t == nil {
		return 0
	}
	if known, ok := fingerprints.Load(t); ok {
		return known.(uint32)
	}
	base, maps := t, 0
	for n := 0; n < maxParts && hasElem(base.Kind()); n++ {
		if base.Kind() == reflect.Map {
			maps++
		}
		base = base.Elem()
	}
	var sum uint32
	if base.Kind() == reflect.Struct && base.Name() != "" {
		sum = crc32.ChecksumIEEE([]byte(strings.Repeat("map ", maps) + base.String()))
	}
	fingerprints.Store(t, sum)
	return sum
}

// maxParts bounds how deep fingerprint looks: type P *P is made of nothing else.
const maxParts = 1000

func hasElem(k reflect.Kind) bool {
	return k == reflect.Pointer || k == reflect.Slice || k == reflect.Array || k == reflect.Map
}
