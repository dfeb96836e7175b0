package flight_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/internal/flight"
)

// world is a cache as package cache builds one, in miniature: a source with
// the version of each key, a store that keeps versions, and a group. Each step
// yields now and then, so that others come between.
type world struct {
	group *flight.Group[int64]
	steps atomic.Uint64

	mu      sync.Mutex
	sources map[string]int64
	store   map[string]int64
	writing map[string]*sync.Mutex // writers of one key take turns
}

func newWorld(keys []string) *world {
	w := &world{
		group:   flight.New[int64](),
		sources: make(map[string]int64),
		store:   make(map[string]int64),
		writing: make(map[string]*sync.Mutex),
	}
	for _, k := range keys {
		w.writing[k] = new(sync.Mutex)
	}
	return w
}

// pause lets others run: mostly for a moment, now and then for long, so that
// whole operations of others fall between two steps of one.
func (w *world) pause() {
	n := w.steps.Add(1)
	yields := n % 3
	if n%11 == 0 {
		yields = 40
	}
	for range yields {
		runtime.Gosched()
	}
}

func (w *world) version(key string) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sources[key]
}

func (w *world) get(key string) (int64, bool) {
	w.pause()
	defer w.pause()
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.store[key]
	return v, ok
}

func (w *world) add(key string, version int64) bool {
	w.pause()
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.store[key]; ok {
		return false
	}
	w.store[key] = version
	return true
}

// fill is get-or-set. stored is called with each version that it stores.
func (w *world) fill(ctx context.Context, key string, stored func(version int64)) (int64, error) {
	k := []byte(key)
	stamp := w.group.Stamp()
	if v, ok := w.get(key); ok {
		return v, nil
	}
	w.pause()
	v, _, err := w.group.Do(ctx, k, stamp, func(ctx context.Context, f *flight.Flight[int64]) (int64, error) {
		if f.Missed() {
			if v, ok := w.get(key); ok {
				return v, nil
			}
		}
		v := w.version(key)
		w.pause()
		added := false
		committed, err := f.Commit(func() error {
			if added = w.add(key, v); added {
				stored(v)
			}
			return nil
		})
		if committed && !added {
			if winner, ok := w.get(key); ok {
				return winner, nil
			}
		}
		return v, err
	})
	return v, err
}

// update changes the source and then the store: after it, nobody may see an
// earlier version than the one that it returns.
func (w *world) update(ctx context.Context, key string, change func(store map[string]int64, version int64)) (int64, error) {
	w.writing[key].Lock()
	defer w.writing[key].Unlock()
	w.mu.Lock()
	w.sources[key]++
	version := w.sources[key]
	w.mu.Unlock()
	w.pause()
	if err := w.group.Invalidate(ctx, []byte(key)); err != nil {
		return 0, err
	}
	w.pause()
	w.mu.Lock()
	change(w.store, version)
	w.mu.Unlock()
	w.pause()
	w.group.Forget([]byte(key))
	return version, nil
}

func (w *world) delete(ctx context.Context, key string) (int64, error) {
	return w.update(ctx, key, func(store map[string]int64, _ int64) { delete(store, key) })
}

func (w *world) set(ctx context.Context, key string) (int64, error) {
	return w.update(ctx, key, func(store map[string]int64, version int64) { store[key] = version })
}

// evict takes the entry away as a store does that is full.
func (w *world) evict(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.store, key)
}
