package redisstore

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// writeBuckets is how many groups of keys the store distinguishes when it
// remembers what it wrote. A key that shares its group with another is read
// from the primary more often than need be, and never less.
const writeBuckets = 4096

// replicas are the servers that reads may go to.
type replicas struct {
	nodes  []*node
	window time.Duration // how long a write is remembered; zero is not at all
	began  time.Time
	seed   maphash.Seed

	// until has for each bucket the time, since began, when a read may go to a
	// replica again; untilAll is that for all keys, after a Clear.
	until    [writeBuckets]atomic.Int64
	untilAll atomic.Int64
}

func newReplicas(nodes []*node, window time.Duration) *replicas {
	return &replicas{nodes: nodes, window: window, began: time.Now(), seed: maphash.MakeSeed()}
}

// pick returns a replica at random, or nil if the keys were written too
// recently.
func (r *replicas) pick(keys ...[]byte) *node {
	if r.window > 0 {
		now := int64(time.Since(r.began))
		if now < r.untilAll.Load() {
			return nil
		}
		for _, key := range keys {
			if now < r.bucket(key).Load() {
				return nil
			}
		}
	}
	return r.nodes[rand.IntN(len(r.nodes))]
}

// wrote notes that a write of key has ended, well or not.
func (r *replicas) wrote(key []byte) {
	if r.window > 0 {
		r.bucket(key).Store(int64(time.Since(r.began) + r.window))
	}
}

func (r *replicas) wroteAll() {
	if r.window > 0 {
		r.untilAll.Store(int64(time.Since(r.began) + r.window))
	}
}

func (r *replicas) bucket(key []byte) *atomic.Int64 {
	return &r.until[maphash.Bytes(r.seed, key)%writeBuckets]
}

// Primary implements [driver.Replicated]. A client of the application that sends reads to
// replicas has none.
func (s *Store) Primary() (driver.Store, error) {
	if c, ok := s.primary.client.(*redis.ClusterClient); ok && c.Options().ReadOnly {
		return nil, fmt.Errorf("%w: the client of the application reads from replicas (ReadOnly, RouteByLatency or RouteRandomly)", driver.ErrUnsupported)
	}
	if s.replicas == nil || s.atPrimary {
		return s, nil
	}
	return &Store{servers: s.servers, atPrimary: true}, nil
}

// nodeFor returns the node that op is sent to first.
func (s *Store) nodeFor(op *operation) *node {
	if s.replicas != nil && !s.atPrimary && op.reads() {
		if n := s.replicas.pick(op.Key); n != nil {
			return n
		}
	}
	return s.primary
}

// wrote notes that op has ended.
func (s *Store) wrote(op *operation) {
	if s.replicas != nil && !op.reads() {
		s.replicas.wrote(op.Key)
	}
}
