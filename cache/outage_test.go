package cache_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/signals"
)

// outage is a store that can be made to fail, and counts what reaches it.
type outage struct {
	*mapStore
	withCounter
	down  atomic.Bool
	calls atomic.Int32
}

var errReset = errors.New("connection reset")

func newOutage() *outage {
	o := &outage{mapStore: newMapStore()}
	o.withCounter = withCounter{o.mapStore}
	o.hook = func(context.Context, string, string) error {
		o.calls.Add(1)
		if o.down.Load() {
			return errReset
		}
		return nil
	}
	return o
}

func discardLog() cache.HandlerOption { return cache.WithLogger(slog.New(slog.DiscardHandler)) }

// With on_error "miss", an outage reads as misses and drops writes.
func TestWithMissOnErrorAnOutageReadsAsMissesAndDropsWrites(t *testing.T) {
	o := newOutage()
	events := new(signals.Signal[cache.Event])
	c := newCache(t, o, cache.Config{OnError: cache.MissOnError}, discardLog(), cache.WithEvents(events))
	log := record(events)
	o.down.Store(true)
	ctx := t.Context()
	for name, op := range map[string]func() (bool, error){
		"Get":        func() (bool, error) { return c.Get(ctx, "k", new(int)) },
		"GetBytes":   func() (bool, error) { _, found, err := c.GetBytes(ctx, "k"); return found, err },
		"Has":        func() (bool, error) { return c.Has(ctx, "k") },
		"Set":        func() (bool, error) { return false, c.Set(ctx, "k", 1) },
		"SetBytes":   func() (bool, error) { return false, c.SetBytes(ctx, "k", nil) },
		"Add":        func() (bool, error) { return c.Add(ctx, "k", 1) },
		"Touch":      func() (bool, error) { return c.Touch(ctx, "k") },
		"Touch(0)":   func() (bool, error) { return c.Touch(ctx, "k", cache.After(0)) },
		"Delete":     func() (bool, error) { return c.Delete(ctx, "k") },
		"GetMany":    func() (bool, error) { got, err := c.GetMany(ctx, []string{"k"}); return len(got) > 0, err },
		"DeleteMany": func() (bool, error) { return false, c.DeleteMany(ctx, []string{"k"}) },
	} {
		log.take()
		if got, err := op(); got || err != nil {
			t.Errorf("%s: %v, %v; want nothing and no error", name, got, err)
		}
		if !slices.ContainsFunc(log.take(), func(line string) bool { return line[:5] == "error" }) {
			t.Errorf("%s: the outage was not published", name)
		}
	}
	if failed, err := c.SetMany(ctx, map[string]any{"k": 1}); !slices.Equal(failed, []string{"k"}) || err != nil {
		t.Errorf("SetMany: %v, %v; want the key as not stored", failed, err)
	}
	if _, err := c.Incr(ctx, "k", 1); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("Incr: %v, want ErrNotFound", err)
	}
	if _, err := c.IncrVersion(ctx, "k", 1); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("IncrVersion: %v, want ErrNotFound", err)
	}
}

// Clear and invalidations return their error whatever on_error says, since the entries may still be
// there.
func TestFailClosedReturnsTheErrorWhateverOnErrorSays(t *testing.T) {
	failing := newOutage()
	failing.down.Store(true)
	down := struct {
		*outage
		withReplacer // so that it can keep tags
	}{failing, withReplacer{failing.mapStore}}
	for name, cfg := range map[string]cache.Config{
		"down":              {OnError: cache.MissOnError, Opener: openerOf(down)},
		"a breaker is open": {OnError: cache.MissOnError, Opener: openerOf(down), BreakerFailures: 1},
		"cannot be opened":  {OnError: cache.MissOnError, Opener: refusing().opener()},
		"errors are wanted": {Opener: openerOf(down)},
	} {
		t.Run(name, func(t *testing.T) {
			events := new(signals.Signal[cache.Event])
			h := newHandler(t, cache.Settings{"default": cfg}, discardLog(), cache.WithEvents(events))
			c, ctx := mustCache(t, h, "default"), t.Context()
			log := record(events)
			for name, op := range map[string]func(...cache.Option) error{
				"Get":      func(opts ...cache.Option) error { _, err := c.Get(ctx, "k", new(int), opts...); return err },
				"GetBytes": func(opts ...cache.Option) error { _, _, err := c.GetBytes(ctx, "k", opts...); return err },
				"Has":      func(opts ...cache.Option) error { _, err := c.Has(ctx, "k", opts...); return err },
				"Set":      func(opts ...cache.Option) error { return c.Set(ctx, "k", 1, opts...) },
				"SetBytes": func(opts ...cache.Option) error { return c.SetBytes(ctx, "k", nil, opts...) },
				"Add":      func(opts ...cache.Option) error { _, err := c.Add(ctx, "k", 1, opts...); return err },
				"Touch":    func(opts ...cache.Option) error { _, err := c.Touch(ctx, "k", opts...); return err },
				"Touch(0)": func(opts ...cache.Option) error {
					_, err := c.Touch(ctx, "k", append(opts, cache.After(0))...)
					return err
				},
				"Delete":  func(opts ...cache.Option) error { _, err := c.Delete(ctx, "k", opts...); return err },
				"GetMany": func(opts ...cache.Option) error { _, err := c.GetMany(ctx, []string{"k"}, opts...); return err },
				"SetMany": func(opts ...cache.Option) error {
					_, err := c.SetMany(ctx, map[string]any{"k": 1}, opts...)
					return err
				},
				"DeleteMany": func(opts ...cache.Option) error { return c.DeleteMany(ctx, []string{"k"}, opts...) },
				"GetOrSet": func(opts ...cache.Option) error {
					_, err := cache.For[int](c).GetOrSet(ctx, "k", func(context.Context) (int, error) { return 1, nil }, opts...)
					return err
				},
				"Async().Set": func(opts ...cache.Option) error {
					_, err := cache.Async(c).Set(ctx, "k", 1, opts...).Await(ctx)
					return err
				},
				"Async().Delete": func(opts ...cache.Option) error {
					_, err := cache.Async(c).Delete(ctx, "k", opts...).Await(ctx)
					return err
				},
				"Set with tags": func(opts ...cache.Option) error {
					return c.Set(ctx, "k", 1, append(opts, cache.Tags("a"))...)
				},
				"SetMany with tags": func(opts ...cache.Option) error {
					_, err := c.SetMany(ctx, map[string]any{"k": 1}, append(opts, cache.Tags("a"))...)
					return err
				},
				"Clear":          func(...cache.Option) error { return c.Clear(ctx) }, // needs no option
				"InvalidateTags": func(...cache.Option) error { return c.InvalidateTags(ctx, "a") },
			} {
				log.take()
				for _, opts := range [][]cache.Option{{cache.FailClosed}, {cache.FailClosed, cache.FailOpen}, {cache.FailOpen, cache.FailClosed}} {
					if err := op(opts...); err == nil || errors.Is(err, cache.ErrUnsupported) {
						t.Errorf("%s: %v", name, err)
					}
				}
				if !slices.ContainsFunc(log.take(), func(line string) bool { return line[:5] == "error" }) {
					t.Errorf("%s: the outage was not published", name)
				}
			}
		})
	}
}

// on_error "miss" never hides a mistake of the caller.
func TestMissOnErrorNeverHidesAMistakeOfTheCaller(t *testing.T) {
	o := newOutage()
	c := newCache(t, o, cache.Config{OnError: cache.MissOnError}, discardLog())
	ctx := t.Context()
	if err := c.Set(ctx, "s", "text"); err != nil {
		t.Fatal(err)
	}
	_, wrongType := c.Get(ctx, "s", new(int))
	_, notInteger := c.Incr(ctx, "s", 1)
	_, version := c.Has(ctx, "k", cache.Version(-1))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, gone := c.Get(ended, "k", new(int))
	for want, err := range map[error]error{
		cache.ErrUnencodable: c.Set(ctx, "k", func() {}), cache.ErrWrongType: wrongType, cache.ErrNotInteger: notInteger,
		cache.ErrInvalidVersion: version, context.Canceled: gone,
	} {
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// In an outage, GetOrSet loads once for all waiting callers.
func TestInAnOutageGetOrSetLoadsOnceForAllWaitingCallers(t *testing.T) {
	for name, cfg := range map[string]cache.Config{
		"MissOnError":         {OnError: cache.MissOnError},
		"with a breaker":      {OnError: cache.MissOnError, BreakerFailures: 1},
		"cannot be opened":    {OnError: cache.MissOnError, Opener: refusing().opener()},
		"refused and breaker": {OnError: cache.MissOnError, Opener: refusing().opener(), BreakerFailures: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOutage()
				o.down.Store(true)
				if cfg.Opener == nil {
					cfg.Opener = openerOf(o)
				}
				h, err := cache.NewHandler(cache.Settings{"default": cfg}, discardLog())
				if err != nil {
					t.Fatal(err)
				}
				values := cache.For[string](h.Proxy("default"))
				wantOneLoadForAll(t, values)
			})
		})
	}
}

// The breaker does not call a dead server until its cooldown ends, and notices its return.
func TestTheBreakerLeavesADeadServerAloneAndNoticesItsReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage()
		c := newCache(t, o, cache.Config{BreakerFailures: 3, BreakerCooldown: time.Minute}, discardLog())
		ctx := t.Context()
		get := func() error { _, err := c.Get(ctx, "k", new(int)); return err }
		o.down.Store(true)
		for range 3 {
			if err := get(); !errors.Is(err, errReset) {
				t.Fatalf("%v, want the server's error", err)
			}
		}
		before := o.calls.Load()
		for range 100 {
			if err := get(); !errors.Is(err, cache.ErrUnavailable) {
				t.Fatalf("%v, want ErrUnavailable", err)
			}
		}
		if n := o.calls.Load() - before; n != 0 {
			t.Errorf("%d calls reached the dead server", n)
		}
		o.down.Store(false)
		time.Sleep(time.Minute + time.Second) // of the bubble
		if err := get(); err != nil {
			t.Errorf("after the server's return: %v", err)
		}
		if err := get(); err != nil {
			t.Errorf("and again: %v", err)
		}
	})
}

// A context that has ended is the error of an operation while the breaker is open.
func TestAnEndedContextIsReportedAsSuchWhileTheBreakerIsOpen(t *testing.T) {
	down := newOutage()
	down.down.Store(true)
	for name, opener := range map[string]*driver.Backend{"opened": openerOf(down), "cannot be opened": refusing().opener()} {
		settings := cache.Settings{"default": {Opener: opener, BreakerFailures: 1, BreakerCooldown: time.Hour}}
		h, err := cache.NewHandler(settings, discardLog())
		if err != nil {
			t.Fatal(err)
		}
		c := h.Proxy("default")
		_, _ = c.Has(t.Context(), "k")
		if _, err := c.Has(t.Context(), "k"); !errors.Is(err, cache.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Has(ended, "k"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
}

// Answers of the server and mistakes of the caller do not open the breaker.
func TestTheBreakerIsNotOpenedByAnswersAndMistakes(t *testing.T) {
	o := newOutage()
	c := newCache(t, o, cache.Config{BreakerFailures: 1}, discardLog())
	ctx := t.Context()
	if err := c.Set(ctx, "s", "text"); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for range 3 {
		_, _ = c.Get(ctx, "missing", new(int))
		_, _ = c.Incr(ctx, "missing", 1)
		_, _ = c.Incr(ctx, "s", 1)
		_, _ = c.Get(ctx, "s", new(int))
		_, _ = c.Get(ended, "s", new(int))
	}
	if found, err := c.Get(ctx, "s", new(string)); !found || err != nil {
		t.Errorf("%v, %v; want the breaker closed", found, err)
	}
}
