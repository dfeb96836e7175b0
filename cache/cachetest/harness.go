package cachetest

import (
	"context"
	"testing"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// Harness tells the suite how to open a store and what the store can do. New
// is required; what the other fields leave out, the store does not have.
type Harness struct {
	// New returns a fresh and empty store, with room for 2000 entries and
	// 8 MiB. It is called for each case. The suite shuts the store down; what
	// else was made for it, New undoes with tb.Cleanup.
	//
	// clock is nil unless FakeClock is set, and always nil in benchmarks: the
	// store then has the clock that it has in a program.
	New func(tb testing.TB, clock driver.Clock) driver.Store

	// Abilities are the optional interfaces that the store implements. One
	// that is declared and missing fails the suite, and so does one that is
	// there and not declared.
	Abilities Ability

	// FakeClock says that the store takes its time from the clock given to
	// New. Only then does the suite check expiry to the tick.
	FakeClock bool

	// Granularity is the tick of the store's expiry times, at most a second: a
	// ttl that is a multiple of it is kept exactly by a store with a fake
	// clock, and to within one tick by another. Zero means a nanosecond with a
	// fake clock and a millisecond without.
	Granularity time.Duration

	// Advance makes d pass for a store whose clock cannot be replaced, for
	// instance by moving all expiry times back. Without it, and without a
	// FakeClock, the suite waits.
	Advance func(tb testing.TB, store driver.Store, d time.Duration)

	// Reopen opens another store over the data of store, with the same clock,
	// as a second process would. store may be open still, or shut down. It is
	// nil for a store whose entries end with it.
	Reopen func(tb testing.TB, store driver.Store, clock driver.Clock) driver.Store

	// Damage spoils what is stored under key in a way that the store can
	// notice. It is nil for a store that cannot find an entry damaged.
	Damage func(tb testing.TB, store driver.Store, key []byte)

	// PartDown makes a part of the servers of the store fail until the end of the
	// test, and returns whether the server of a key is among them. About as many
	// keys should be theirs as not. It is nil for a store of one server.
	PartDown func(tb testing.TB, store driver.Store) (isDown func(key []byte) bool)

	// MaxValueSize is the size in bytes above which every value is refused
	// with driver.ErrTooLarge. Zero means that there is no such limit. The
	// suite expects values of half that size to be stored.
	MaxValueSize int

	// StoreHooks says that the store, which is Native, calls [driver.StoreHook]. A
	// store that calls it without having declared it fails the suite.
	StoreHooks bool

	// UnsignedCounter says that the store counts as Memcached does: from 0 to
	// math.MaxInt64 only, with an overflow reported after the fact and a
	// lenient eye for the form of an integer.
	UnsignedCounter bool

	// Discards says that the store keeps nothing, on purpose.
	Discards bool

	// Parallel says that the stores that New returns do not disturb each
	// other, so that cases may run at the same time. It is worth setting where
	// the suite has to wait.
	Parallel bool
}

const (
	// shutdownLimit bounds the wait for a store to shut down.
	shutdownLimit = 10 * time.Second

	// waitSlack is added to a real wait: expiry is checked after it, on
	// machines so busy that a store's coarse clock may be late.
	waitSlack = 100 * time.Millisecond
)

// hasLeases reports whether loads over the store take leases: it is shared by processes, and
// can compare and replace.
func (h Harness) hasLeases() bool {
	return h.Abilities&Replacer != 0 && h.Abilities&Native == 0
}

// hasTags reports whether entries of the store can have tags.
func (h Harness) hasTags() bool {
	const counts = Counter | Replacer
	return h.Abilities&(Native|Invalidator) != 0 || h.Abilities&counts == counts
}

// open returns a fresh store that is shut down when the test ends.
func (h Harness) open(tb testing.TB, clock driver.Clock) driver.Store {
	tb.Helper()
	store := h.New(tb, clock)
	if store == nil {
		tb.Fatal("Harness.New returned no store")
	}
	shutdownAtEnd(tb, store)
	return store
}

func shutdownAtEnd(tb testing.TB, store driver.Store) {
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
		defer cancel()
		if err := store.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown at the end of the case: %v", err)
		}
	})
}

// tick is the smallest time difference that the store distinguishes.
func (h Harness) tick() time.Duration {
	switch {
	case h.Granularity > 0:
		return h.Granularity
	case h.FakeClock:
		return time.Nanosecond
	}
	return time.Millisecond
}

// short is a ttl whose end a case can await, and long enough for the few calls
// that a case makes before.
func (h Harness) short() time.Duration {
	switch {
	case h.FakeClock:
		return max(time.Second, 10*h.tick())
	case h.Advance != nil:
		return time.Minute
	}
	return max(500*time.Millisecond, 2*h.tick())
}
