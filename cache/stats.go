package cache

import (
	"math/rand/v2"
	"sync/atomic"
)

// Stats are counts of what happened to an alias in this process since its handler was made.
type Stats struct {
	// Loads is how often a loader ran, and Joined how many callers waited for a run that
	// another caller of this process had started, instead.
	Loads, Joined int64

	// LeaseWaits is how many loads waited for another process, and JoinedElsewhere how many of
	// them got its value. The others ran their loader after all.
	LeaseWaits, JoinedElsewhere int64

	// Takeovers is how many leases were taken from processes that had not renewed them for too
	// long: they have died, or were stopped.
	Takeovers int64

	// RefusedStores is how many loaded values were not stored, since the key was changed or
	// deleted while they were loaded, or a tag of them was invalidated.
	RefusedStores int64

	// Invalidations is how often tags were invalidated.
	Invalidations int64
}

// Stats returns the counts of the alias. It is not a snapshot: counts that go on meanwhile may
// be in one and not yet in another.
func (c *BaseCache) Stats() Stats { return c.counts.sum() }

// Stats returns the counts of each alias.
func (h *Handler) Stats() map[string]Stats {
	all := make(map[string]Stats)
	for _, alias := range h.Aliases() {
		if c, err := h.Cache(alias); err == nil {
			all[alias] = c.Stats()
		}
	}
	return all
}

// counter is one of [Stats].
type counter uint8

const (
	countLoads counter = iota
	countJoined
	countLeaseWaits
	countJoinedElsewhere
	countTakeovers
	countRefusedStores
	countInvalidations
	counters
)

// counts are the counts of an alias, in stripes that share no line of the processor's cache, so
// that processors which count at the same time do not wait for each other.
type counts [8]struct {
	of [counters]atomic.Int64
	_  [128 - 8*counters%128]byte
}

func (c *counts) add(which counter) { c[rand.Uint32()%uint32(len(c))].of[which].Add(1) }

func (c *counts) of(which counter) (n int64) {
	for i := range c {
		n += c[i].of[which].Load()
	}
	return n
}

func (c *counts) sum() Stats {
	return Stats{
		Loads: c.of(countLoads), Joined: c.of(countJoined),
		LeaseWaits: c.of(countLeaseWaits), JoinedElsewhere: c.of(countJoinedElsewhere),
		Takeovers: c.of(countTakeovers), RefusedStores: c.of(countRefusedStores), Invalidations: c.of(countInvalidations),
	}
}
