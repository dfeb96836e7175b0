package cache_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

// busy is a store of which each Get takes loadTime, and that knows how many
// run at once.
func busy() (s *mapStore, running, most *atomic.Int32) {
	s = newMapStore()
	running, most = new(atomic.Int32), new(atomic.Int32)
	s.hook = func(_ context.Context, op, _ string) error {
		if op != "Get" {
			return nil
		}
		n := running.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(loadTime)
		running.Add(-1)
		return nil
	}
	return s, running, most
}

// At most the given number of workers run, and further operations run in their caller.
func TestWorkersAreBoundedAndTheRestRunsInline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers = 3
		s, running, most := busy()
		a := cache.Async(newCache(t, s, cache.Config{}, cache.WithAsyncWorkers(workers)))
		begin := time.Now()
		var futures []*cache.Future[bool]
		for i := range workers {
			futures = append(futures, a.Has(t.Context(), "k"))
			if took := time.Since(begin); took != 0 {
				t.Errorf("starting operation %d took %v", i, took)
			}
		}
		synctest.Wait()
		if n := running.Load(); n != workers {
			t.Errorf("%d operations run, want %d", n, workers)
		}
		inline := a.Has(t.Context(), "k")
		if took := time.Since(begin); took != loadTime {
			t.Errorf("starting the operation for which there was no worker took %v, want its own time", took)
		}
		for _, f := range append(futures, inline) {
			if _, err := f.Await(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := most.Load(); n != workers+1 {
			t.Errorf("%d operations ran at once, want the workers and the caller", n)
		}
	})
}

// A task that waits for another asynchronous operation never deadlocks.
func TestATaskThatAwaitsATwinNeverDeadlocks(t *testing.T) {
	for _, workers := range []int{0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			c := newCache(t, newMapStore(), cache.Config{}, cache.WithAsyncWorkers(workers))
			a := cache.For[string](c).Async()
			keys := []string{"a", "b", "c", "d", "e"}
			var load func(depth int) func(ctx context.Context) (string, error)
			load = func(depth int) func(ctx context.Context) (string, error) {
				return func(ctx context.Context) (string, error) {
					if depth == len(keys) {
						return "bottom", nil
					}
					return a.GetOrSet(ctx, keys[depth], load(depth+1)).Await(ctx)
				}
			}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if got, err := a.GetOrSet(t.Context(), "top", load(0)).Await(t.Context()); got != "bottom" || err != nil {
						t.Errorf("%d workers: GetOrSet = %q, %v", workers, got, err)
					}
				})
			}
			wg.Wait()
		})
	}
}

// trapCodec is a codec of the caller's that does not return.
type trapCodec struct {
	codec.Codec
	trap func()
}

func (c trapCodec) Append(dst []byte, v any) ([]byte, error) { c.trap(); return dst, nil }
func (c trapCodec) Decode(data []byte, dst any) error        { c.trap(); return nil }

// A panic in the caller's code is the error of its future.
func TestAPanicInTheCallersCodeIsTheFuturesError(t *testing.T) {
	for how, newStore := range twinStores {
		if how == "native" {
			continue // it uses no codec
		}
		store, _ := newStore()
		c := newCache(t, store, cache.Config{})
		mustSet(t, c, "k", user{Name: "a"})
		broken := cache.Using(trapCodec{codec.CBOR, func() { panic(errLoad) }})
		a := cache.Async(c)
		get := a.Get(t.Context(), "k", new(user), broken)
		for name, f := range map[string]func() error{
			"Get":                func() error { return await(t.Context(), get) },
			"Get, awaited again": func() error { return await(t.Context(), get) },
			"Set":                func() error { return await(t.Context(), a.Set(t.Context(), "k", user{}, broken)) },
			"Add":                func() error { return await(t.Context(), a.Add(t.Context(), "k", user{}, broken)) },
		} {
			err := f()
			var p *cache.PanicError
			if !errors.Is(err, errLoad) || !errors.As(err, &p) || len(p.Stack) == 0 {
				t.Errorf("%s: %s: %v, want a PanicError", how, name, err)
			}
		}
		if err := c.Close(t.Context()); err != nil {
			t.Errorf("%s: Close: %v", how, err)
		}
	}
}

// A runtime.Goexit in the caller's code is the error of its future.
func TestGoexitInTheCallersCodeIsTheFuturesError(t *testing.T) {
	for how, newStore := range twinStores {
		if how == "native" {
			continue // it uses no codec
		}
		synctest.Test(t, func(t *testing.T) {
			store, _ := newStore()
			c := newCache(t, store, cache.Config{})
			mustSet(t, c, "k", user{Name: "a"})
			f := cache.Async(c).Get(t.Context(), "k", new(user), cache.Using(trapCodec{codec.CBOR, runtime.Goexit}))
			go func() { _, _ = f.Await(t.Context()) }() // where it is decoded, it may end this goroutine
			<-f.Done()
			synctest.Wait()
			if err := await(t.Context(), f); !errors.Is(err, cache.ErrGoexit) {
				t.Errorf("%s: %v, want ErrGoexit", how, err)
			}
		})
	}
}

// Await returns when its own context ends, and the operation goes on.
func TestAwaitObeysItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := busy()
		c := newCache(t, s, cache.Config{})
		mustSet(t, c, "k", "value")
		var dst string
		f := cache.Async(c).Get(t.Context(), "k", &dst)
		ctx, cancel := context.WithTimeout(t.Context(), loadTime/2)
		defer cancel()
		if found, err := f.Await(ctx); found || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Await = %v, %v, want the context's error", found, err)
		}
		if found, err := f.Await(t.Context()); !found || err != nil || dst != "value" {
			t.Errorf("Await = %v, %v and %q, want the value: the operation has the context it was started with", found, err, dst)
		}
		if found, err := f.Await(ctx); !found || err != nil {
			t.Errorf("Await of what is done = %v, %v, want the result, though the context has ended", found, err)
		}
	})
}

// An asynchronous operation obeys the context that it was started with.
func TestAnOperationObeysTheContextItWasStartedWith(t *testing.T) {
	for how, newStore := range twinStores {
		store, _ := newStore()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := await(t.Context(), cache.Async(newCache(t, store, cache.Config{})).Get(ctx, "k", new(any))); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Get: %v, want the context's error", how, err)
		}
	}
}

// Several goroutines may await one future.
func TestManyMayAwaitOneFuture(t *testing.T) {
	for how, newStore := range twinStores {
		synctest.Test(t, func(t *testing.T) {
			store, s := newStore()
			c := newCache(t, store, cache.Config{})
			mustSet(t, c, "k", user{Name: "a"})
			s.hook = func(context.Context, string, string) error { time.Sleep(loadTime); return nil }
			f := cache.For[user](c).Async().Get(t.Context(), "k")
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if got, err := f.Await(t.Context()); !got.Found || got.Value.Name != "a" || err != nil {
						t.Errorf("%s: Await = %+v, %v, want the user", how, got, err)
					}
				})
			}
			wg.Wait()
		})
	}
}
