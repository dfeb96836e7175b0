package cachetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

const everyAbility = cachetest.Many | cachetest.Counter | cachetest.Replacer | cachetest.Peeker | cachetest.Expirer |
	cachetest.Sharer | cachetest.KeyChecker | cachetest.Native | cachetest.Sessions | cachetest.Async |
	cachetest.Verifier | cachetest.HeadReplacer | cachetest.Replicated | cachetest.Invalidator

// referenceHarness is that of the reference store, with everything declared.
func referenceHarness() cachetest.Harness {
	return cachetest.Harness{
		New:       func(_ testing.TB, clock driver.Clock) driver.Store { return newMemory(clock) },
		Abilities: everyAbility,
		FakeClock: true,
		Reopen: func(_ testing.TB, s driver.Store, _ driver.Clock) driver.Store {
			return &memory{data: s.(*memory).data}
		},
		Damage:       func(_ testing.TB, s driver.Store, key []byte) { s.(*memory).damage(key) },
		PartDown:     func(_ testing.TB, s driver.Store) func([]byte) bool { return s.(*memory).partDown() },
		MaxValueSize: largestValue,
		StoreHooks:   true,
	}
}

func (d *data) damage(key []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[string(key)]
	e.damaged = true
	d.entries[string(key)] = e
}

// The reference store passes the conformance suite.
func TestReference(t *testing.T) {
	cachetest.RunStore(t, referenceHarness())
}

// newPlain returns a store that has no more abilities than a correct one over
// memory must: some keys are too long for it.
func newPlain(clock driver.Clock) driver.Store {
	m := newMemory(clock)
	return struct {
		driver.Store
		driver.KeyChecker
	}{m, m}
}

// A store without optional abilities passes the conformance suite.
func TestReferenceWithoutAbilities(t *testing.T) {
	cachetest.RunStore(t, cachetest.Harness{
		New:         func(_ testing.TB, clock driver.Clock) driver.Store { return newPlain(clock) },
		Abilities:   cachetest.KeyChecker,
		FakeClock:   true,
		Granularity: time.Second,
		Parallel:    true,
	})
}

// The suite waits for a store that has a clock of its own. The waiting is that of a bubble, where
// it takes no time.
func TestReferenceWithItsOwnClock(t *testing.T) {
	h := referenceHarness()
	h.FakeClock = false
	runInBubbles(t, h)
}

// A harness can move the clock of its store itself.
func TestReferenceAdvancedByItsHarness(t *testing.T) {
	h := referenceHarness()
	h.FakeClock = false
	h.Advance = func(_ testing.TB, s driver.Store, d time.Duration) {
		m := s.(*memory)
		m.mu.Lock()
		defer m.mu.Unlock()
		for key, e := range m.entries {
			if !e.expiry.IsZero() {
				e.expiry = e.expiry.Add(-d)
				m.entries[key] = e
			}
		}
	}
	runInBubbles(t, h)
}

// runInBubbles is RunStore with a bubble around each case; a subtest cannot be
// started inside of one.
func runInBubbles(t *testing.T, h cachetest.Harness) {
	for _, name := range cachetest.CaseNames() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { cachetest.CheckCase(t, name, h) })
		})
	}
}

// sharing returns the very memory that it keeps, and says so.
type sharing struct{ *memory }

func (s sharing) SharesMemory() bool { return true }

func (s sharing) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.begin(ctx, key); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	e, err := s.live(key)
	return e.value, err
}

// A store that shares its memory and says so passes the conformance suite.
func TestReferenceThatSharesMemory(t *testing.T) {
	h := referenceHarness()
	h.New = func(_ testing.TB, clock driver.Clock) driver.Store { return sharing{newMemory(clock)} }
	h.Reopen, h.Damage, h.PartDown = nil, nil, nil
	cachetest.RunStore(t, h)
}

// unsigned counts as Memcached does.
type unsigned struct{ *memory }

func (u unsigned) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	n, err := u.memory.Incr(ctx, key, delta)
	if errors.Is(err, driver.ErrOverflow) {
		_, _ = u.Replace(ctx, key, []byte("9223372036854775807"), []byte("9223372036854775808"), driver.Never)
	}
	return n, err
}

// A store that counts from zero and declares it passes the conformance suite.
func TestReferenceWithUnsignedCounter(t *testing.T) {
	h := referenceHarness()
	h.New = func(_ testing.TB, clock driver.Clock) driver.Store { return unsigned{newMemory(clock)} }
	h.Reopen, h.Damage, h.PartDown = nil, nil, nil
	h.UnsignedCounter = true
	cachetest.RunStore(t, h)
}

// inSteps invalidates as a store without a transaction does: count, records, count.
type inSteps struct{ *memory }

func (s inSteps) InvalidatesAtOnce() bool { return false }

func (s inSteps) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	if err := s.begin(ctx, append([][]byte{inv.Count}, inv.Records...)...); err != nil {
		return err
	}
	defer s.mu.Unlock()
	count, err := s.addToCount(inv.Count)
	for _, key := range inv.Records {
		s.step()
		if err == nil {
			s.changeRecord(key, &inv, count)
		}
	}
	if err == nil {
		s.step()
		_, err = s.addToCount(inv.Count)
	}
	return err
}

// step lets others come in between two steps. The lock is held, before and after.
func (d *data) step() {
	d.mu.Unlock()
	dawdle()
	d.mu.Lock()
}

// A store that invalidates in several steps and declares it passes the conformance suite.
func TestReferenceThatInvalidatesInSteps(t *testing.T) {
	h := referenceHarness()
	h.New = func(_ testing.TB, clock driver.Clock) driver.Store { return inSteps{newMemory(clock)} }
	h.Reopen, h.Damage, h.PartDown = nil, nil, nil
	runInBubbles(t, h)
}

// discarding keeps nothing: every write is forgotten at once.
type discarding struct{ *memory }

func (d discarding) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range d.entries {
		d.drop(key)
	}
}

func (d discarding) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	defer d.forget()
	return d.memory.Set(ctx, key, value, ttl)
}

func (d discarding) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	defer d.forget()
	return d.memory.Add(ctx, key, value, ttl)
}

func (d discarding) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	defer d.forget()
	return d.memory.SetMany(ctx, items, ttl)
}

func (d discarding) SetNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error {
	defer d.forget()
	return d.memory.SetNative(ctx, key, native, size, ttl)
}

func (d discarding) AddNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error) {
	defer d.forget()
	return d.memory.AddNative(ctx, key, native, size, ttl)
}

func discardingHarness() cachetest.Harness {
	h := referenceHarness()
	h.New = func(_ testing.TB, clock driver.Clock) driver.Store { return discarding{newMemory(clock)} }
	h.Reopen, h.Damage, h.MaxValueSize = nil, nil, 0
	h.Discards = true
	return h
}

// A store that keeps nothing and declares it passes the conformance suite.
func TestReferenceThatDiscards(t *testing.T) {
	cachetest.RunStore(t, discardingHarness())
}

// The reference store behaves as the model.
func TestReferenceAgainstModel(t *testing.T) {
	cachetest.ModelStore(t, referenceHarness())
}

// A store without optional abilities behaves as the model.
func TestReferenceAgainstModelWithoutAbilities(t *testing.T) {
	cachetest.ModelStore(t, cachetest.Harness{
		New:       func(_ testing.TB, clock driver.Clock) driver.Store { return newPlain(clock) },
		Abilities: cachetest.KeyChecker,
	})
}

func BenchmarkReference(b *testing.B) {
	cachetest.BenchmarkStore(b, referenceHarness())
}
