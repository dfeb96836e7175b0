package cachetest

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache/driver"
)

// ModelStore holds the store of h against a model: random sequences of all
// operations that it has, over few keys, each result compared, and after each
// step all entries. With a fake clock, time passes between the operations, in
// steps that often end just when an entry expires; without one nothing
// expires. Each sequence has a fresh store from h.New: the flags -rapid.checks
// and -rapid.steps govern how many there are.
func ModelStore(t *testing.T, h Harness) {
	t.Helper()
	modelStore(t, t, h)
}

// modelStore is ModelStore with two testing values: New gets tb, which lives as long as the
// test, and differences are reported to t.
func modelStore(t rapid.TB, tb testing.TB, h Harness) {
	t.Helper()
	if h.Discards {
		t.Log("not applicable: needs", keeping)
		return
	}
	rapid.Check(t, func(rt *rapid.T) { newModelRun(rt, tb, h).run() })
}

// modelRun is one sequence of operations on a store and its model.
type modelRun struct {
	*rapid.T
	ctx   context.Context
	h     Harness
	store driver.Store
	clock *Clock
	model model
	keys  []string
}

func newModelRun(rt *rapid.T, tb testing.TB, h Harness) *modelRun {
	r := &modelRun{T: rt, ctx: context.Background(), h: h, clock: NewClock()}
	r.model = model{clock: r.clock, entries: make(map[string]modelEntry)}
	var clock driver.Clock
	if h.FakeClock {
		clock = r.clock
	}
	r.store = h.New(tb, clock)
	rt.Cleanup(func() {
		if err := r.store.Shutdown(r.ctx); err != nil {
			rt.Errorf("Shutdown: %v", err)
		}
	})
	checker, _ := r.store.(driver.KeyChecker)
	for _, key := range modelKeys {
		if checker == nil || checker.CheckKey([]byte(key)) == nil {
			r.keys = append(r.keys, key)
		}
	}
	return r
}

// What the sequences are made of: keys of which one begins another or differs
// from it in case only, of neighbouring namespaces, and values that are integers
// at the ends of their range, nearly integers, or equal as far as their heads.
var (
	modelKeys       = []string{"shop:1:a", "shop:1:ab", "shop:1:A", "shop:eu:1:a", "shop*:1:a", ":1:a", "shop:01:a", "plain"}
	modelNamespaces = []string{"shop", "shop:eu", "shop*", ""}
	modelValues     = append([]string{"", "a", "01", "a\x00b", longValue + "1", longValue + "2"}, modelIntegers...)
	modelIntegers   = []string{"0", "41", "-7", "9223372036854775807", "-9223372036854775808"}
	modelDeltas     = []int64{0, 1, -1, 7, math.MaxInt64, math.MinInt64}
)

const longValue = "a value that is longer than its head is "

// run performs the sequence. What a store lacks is not among its actions.
func (r *modelRun) run() {
	actions := map[string]func(*rapid.T){
		"":       func(*rapid.T) { r.compareAll() },
		"Get":    func(*rapid.T) { r.compare(r.key()) },
		"Set":    func(*rapid.T) { r.set() },
		"Add":    func(*rapid.T) { r.add() },
		"Touch":  func(*rapid.T) { r.touch() },
		"Delete": func(*rapid.T) { r.delete() },
		"Clear":  func(*rapid.T) { r.clear() },
	}
	for _, optional := range []struct {
		needs   Ability
		actions map[string]func(*rapid.T)
	}{
		{fakeClock, map[string]func(*rapid.T){"Advance": func(*rapid.T) { r.clock.Advance(r.ticks()) }}},
		{Many, map[string]func(*rapid.T){
			"GetMany":    func(*rapid.T) { r.getMany() },
			"SetMany":    func(*rapid.T) { r.setMany() },
			"DeleteMany": func(*rapid.T) { r.deleteMany() },
		}},
		{Counter | signedCounter, map[string]func(*rapid.T){"Incr": func(*rapid.T) { r.incr() }}},
		{Replacer, map[string]func(*rapid.T){"Replace": func(*rapid.T) { r.replace() }}},
		{Peeker, map[string]func(*rapid.T){"Peek": func(*rapid.T) { r.peek() }}},
		{Expirer | fakeClock, map[string]func(*rapid.T){"TTL": func(*rapid.T) { r.ttl() }}},
		{Native, map[string]func(*rapid.T){
			"SetNative": func(*rapid.T) { r.setNative() },
			"AddNative": func(*rapid.T) { r.addNative() },
		}},
	} {
		if optional.needs&^r.h.traits() == 0 {
			maps.Copy(actions, optional.actions)
		}
	}
	r.Repeat(actions)
}

func (r *modelRun) key() string   { return rapid.SampledFrom(r.keys).Draw(r.T, "key") }
func (r *modelRun) value() string { return rapid.SampledFrom(modelValues).Draw(r.T, "value") }

// drawKeys returns some keys, of which some may repeat.
func (r *modelRun) drawKeys() []string {
	return rapid.SliceOfN(rapid.SampledFrom(r.keys), 1, 2*len(r.keys)).Draw(r.T, "keys")
}

// ticks returns a few whole ticks, so that a coarse store rounds nothing.
func (r *modelRun) ticks() time.Duration {
	return r.h.tick() * time.Duration(rapid.IntRange(1, 5).Draw(r.T, "ticks"))
}

// drawTTL returns a ttl that ends during the sequence, if time can pass in it.
func (r *modelRun) drawTTL() time.Duration {
	if rapid.Bool().Draw(r.T, "never") {
		return driver.Never
	}
	if r.h.FakeClock {
		return r.ticks()
	}
	return aWhile
}

// compareAll compares every entry.
func (r *modelRun) compareAll() {
	for _, key := range slices.Sorted(maps.Keys(r.model.entries)) {
		r.compare(key)
	}
}
