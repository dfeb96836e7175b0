package cache_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/hooks"
)

const serverTimeout = 3 * time.Second // of a store for its server

// newUnresponsive returns a store whose server does not answer while it is down.
func newUnresponsive() *outage {
	o := &outage{mapStore: newMapStore()}
	o.withCounter = withCounter{o.mapStore}
	o.hook = func(context.Context, string, string) error {
		o.calls.Add(1)
		if !o.down.Load() {
			return nil
		}
		time.Sleep(serverTimeout)
		return os.ErrDeadlineExceeded
	}
	return o
}

// That holds while the process uses tags, too.
func TestFailOpenLookUpsOfTaggedEntriesDoNotWaitForAnUnresponsiveBackend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newUnresponsive()
		c := newCache(t, struct {
			*outage
			withReplacer
		}{o, withReplacer{o.mapStore}}, cache.Config{}, discardLog())
		values := cache.For[string](c, cache.FailOpen)
		get := func() (took time.Duration) {
			began := time.Now()
			if got, err := values.GetOrSetValue(t.Context(), "k", "loaded", cache.Tags("a")); got != "loaded" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			return time.Since(began)
		}
		get()
		o.down.Store(true)
		if took := get(); took != serverTimeout {
			t.Errorf("the first took %v", took)
		}
		for i := range 100 {
			if took := get(); took > 0 {
				t.Fatalf("number %d took %v", i, took)
			}
		}
		o.down.Store(false)
		time.Sleep(time.Second)
		for range 2 {
			get()
		}
		if _, found, err := values.Get(t.Context(), "k"); !found || err != nil {
			t.Errorf("when it answers again, Get = %v, %v", found, err)
		}
	})
}

// Callers with FailOpen do not wait for an unresponsive backend.
func TestFailOpenLookUpsDoNotWaitForAnUnresponsiveBackend(t *testing.T) {
	for name, cfg := range map[string]cache.Config{"FailOpen": {}, "MissOnError": {OnError: cache.MissOnError}} {
		synctest.Test(t, func(t *testing.T) {
			o := newUnresponsive()
			c := newCache(t, o, cfg, discardLog())
			values := cache.For[string](c, cache.FailOpen)
			get := func() (took time.Duration) {
				began := time.Now()
				got, err := values.GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "loaded", nil })
				if got != "loaded" || err != nil {
					t.Errorf("%s: %q, %v", name, got, err)
				}
				return time.Since(began)
			}
			o.down.Store(true)
			if took := get(); took != serverTimeout {
				t.Errorf("%s: the first took %v", name, took)
			}
			for i := range 100 {
				if took := get(); took > 0 {
					t.Fatalf("%s: number %d took %v", name, i, took)
				}
			}
			if n := o.calls.Load(); n != 1 {
				t.Errorf("%s: the server was asked %d times", name, n)
			}
			time.Sleep(time.Second)
			if waits := concurrently(10, get); !slices.Equal(waits, append(make([]time.Duration, 9), serverTimeout)) {
				t.Errorf("%s: after a second ten took %v", name, waits)
			}
			o.down.Store(false)
			time.Sleep(time.Second)
			get() // finds out
			get() // and stores, if that has not
			if found, err := c.Has(t.Context(), "k"); !found || err != nil || hooks.Cache.IsUnresponsive(c) {
				t.Errorf("%s: after its return: %v, %v, unresponsive %v", name, found, err, hooks.Cache.IsUnresponsive(c))
			}
		})
	}
}

// concurrently returns what n calls of f return, in order.
func concurrently(n int, f func() time.Duration) []time.Duration {
	all := make([]time.Duration, n)
	var calls sync.WaitGroup
	for i := range all {
		calls.Go(func() { all[i] = f() })
	}
	calls.Wait()
	slices.Sort(all)
	return all
}

// A backend that does not respond when it is opened is dialled once by waiting callers.
func TestABackendThatIsUnresponsiveWhenOpenedIsDialledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32
		unresponsive := &fakeBackend{opening: func(context.Context, driver.Config) error {
			dials.Add(1)
			time.Sleep(serverTimeout)
			return os.ErrDeadlineExceeded
		}}
		h, err := cache.NewHandler(cache.Settings{"default": {Opener: unresponsive.opener()}}, discardLog())
		if err != nil {
			t.Fatal(err)
		}
		values := cache.For[string](h.Proxy("default"), cache.FailOpen)
		began := time.Now()
		for range 100 {
			if got, err := values.GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "loaded", nil }); got != "loaded" || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			_, _ = values.GetMany(t.Context(), []string{"k"})
		}
		if took := time.Since(began); took != serverTimeout || dials.Load() != 1 {
			t.Errorf("it took %v and %d dials", took, dials.Load())
		}
	})
}

// Operations that need the backend call it, even if it was unresponsive.
func TestOperationsThatNeedAnUnresponsiveBackendCallIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newUnresponsive()
		c := newCache(t, o, cache.Config{}, discardLog())
		ctx := t.Context()
		o.down.Store(true)
		for name, op := range map[string]func() error{
			"Get":                   func() error { _, err := c.Get(ctx, "k", new(int)); return err },
			"Set, FailOpen":         func() error { return c.Set(ctx, "k", 1, cache.FailOpen) },
			"Delete, FailOpen":      func() error { _, err := c.Delete(ctx, "k", cache.FailOpen); return err },
			"IncrVersion, FailOpen": func() error { _, err := c.IncrVersion(ctx, "k", 1, cache.FailOpen); return err },
			"DecrVersion, FailOpen": func() error { _, err := c.DecrVersion(ctx, "k", 1, cache.Version(2), cache.FailOpen); return err },
		} {
			for range 2 {
				began := time.Now()
				if err := op(); err == nil || time.Since(began) != serverTimeout {
					t.Errorf("%s: %v after %v", name, err, time.Since(began))
				}
			}
		}
		// That a caller has no more time says nothing against the backend.
		o.down.Store(false)
		_, _ = c.GetMany(ctx, []string{"k"}, cache.FailOpen)
		time.Sleep(time.Second)
		if _, err := c.Get(ctx, "k", new(int), cache.FailOpen); err != nil || hooks.Cache.IsUnresponsive(c) {
			t.Fatalf("it has answered: %v, unresponsive %v", err, hooks.Cache.IsUnresponsive(c))
		}
		o.down.Store(true)
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := c.Get(short, "k", new(int)); err == nil || hooks.Cache.IsUnresponsive(c) {
			t.Errorf("%v, unresponsive %v", err, hooks.Cache.IsUnresponsive(c))
		}
	})
}

// oneOfSeveral is the error of a store that has other servers.
type oneOfSeveral struct{ error }

func (oneOfSeveral) OneOfSeveral() bool { return true }
func (e oneOfSeveral) Unwrap() error    { return e.error }

// A backend that refuses connections gets one lookup a second.
func TestAnUnreachableBackendGetsOneLookUpASecond(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for name, test := range map[string]struct {
		err  error
		asks int32 // of 100 look-ups in a second
	}{
		"refused":           {fmt.Errorf("get: %w", refused), 1},
		"no such host":      {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host"}}, 1},
		"no socket":         {&net.OpError{Op: "dial", Net: "unix", Err: syscall.ENOENT}, 1},
		"one of several":    {oneOfSeveral{refused}, 100},
		"an answer":         {errors.New("READONLY"), 100},
		"broken connection": {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, 100},
	} {
		clock := cachetest.NewClock()
		o := &outage{mapStore: newMapStore()}
		o.withCounter = withCounter{o.mapStore}
		var calls atomic.Int32
		o.hook = func(context.Context, string, string) error { calls.Add(1); return test.err }
		c := newCache(t, o, cache.Config{}, discardLog(), cache.WithClock(clock))
		values := cache.For[string](c, cache.FailOpen)
		for second := range int32(3) {
			for range 100 {
				if got, err := values.GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "loaded", nil }); got != "loaded" || err != nil {
					t.Fatalf("%s: %q, %v", name, got, err)
				}
			}
			if n := calls.Load(); n != test.asks*(second+1) {
				t.Errorf("%s: second %d: the server was asked %d times", name, second, n)
			}
			clock.Advance(time.Second)
		}
		calls.Store(0)
		if _, err := c.Delete(t.Context(), "k", cache.FailOpen); !errors.Is(err, test.err) || calls.Load() != 1 {
			t.Errorf("%s: Delete asked %d times: %v", name, calls.Load(), err)
		}
	}
}

// A backend that cannot be opened is tried by one lookup a second and by each mutation.
func TestABackendThatCannotBeOpenedIsTriedByOneLookUpASecondAndByEachMutation(t *testing.T) {
	var dials atomic.Int32
	down := &fakeBackend{opening: func(context.Context, driver.Config) error { dials.Add(1); return errRefused }}
	clock := cachetest.NewClock()
	h, err := cache.NewHandler(cache.Settings{"default": {Opener: down.opener()}}, discardLog(), cache.WithClock(clock))
	if err != nil {
		t.Fatal(err)
	}
	c := h.Proxy("default")
	for second := range int32(3) {
		for range 100 {
			_, _ = c.Get(t.Context(), "k", new(int), cache.FailOpen)
			_, _ = c.GetMany(t.Context(), []string{"k"}, cache.FailOpen)
		}
		if n := dials.Load(); n != second+1 {
			t.Errorf("second %d: %d attempts to open it", second, n)
		}
		clock.Advance(time.Second)
	}
	dials.Store(0)
	for range 3 {
		if _, err := c.Delete(t.Context(), "k", cache.FailOpen); !errors.Is(err, errRefused) {
			t.Errorf("Delete: %v", err)
		}
	}
	if n := dials.Load(); n != 3 {
		t.Errorf("three deletions tried to open it %d times", n)
	}
}
