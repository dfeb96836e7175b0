package memcachestore

import (
	"cmp"
	"slices"
	"strconv"
)

// pointsPerServer is how many places on the ring a server has. With 160, as in
// ketama, the share of a server is within about 8 % (one standard deviation) of
// an equal one.
const pointsPerServer = 160

// ring chooses the server of a key by consistent hashing: a key belongs to the
// server of the next point on the circle of hashes. Without one server of n
// only its keys move, and to all the others. It never changes.
type ring struct{ points []point }

type point struct {
	hash   uint64
	server int
}

// newRing places each name on the ring. The order of names does not matter for
// where keys go.
func newRing(names []string) ring {
	var r ring
	for server, name := range names {
		for i := range pointsPerServer {
			r.points = append(r.points, point{hash(name + "#" + strconv.Itoa(i)), server})
		}
	}
	slices.SortFunc(r.points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(names[a.server], names[b.server]))
	})
	return r
}

// pick returns the index of the name that has the key.
func (r ring) pick(key string) int {
	h := hash(key)
	i, _ := slices.BinarySearchFunc(r.points, h, func(p point, h uint64) int { return cmp.Compare(p.hash, h) })
	return r.points[i%len(r.points)].server
}

// hash is FNV-1a followed by the finalizer of MurmurHash3, without which names
// that differ in their last characters would be neighbours on the ring. It must
// never change: all programs on the servers have to agree.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
