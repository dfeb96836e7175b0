package cache

import "context"

// AsyncCache has the asynchronous forms of a cache's operations: each starts
// the operation and returns a [Future]. Get one from [Async].
//
// A store that can keep many operations in flight, by pipelining, does so;
// otherwise the operation runs on a bounded number of workers, and when those
// are all busy in the goroutine that starts it. So a task that awaits another
// never deadlocks. Composite operations such as GetMany are those of the
// synchronous form, with as few round trips.
//
// The context passed in is the operation's until it ends. Close of a [Scope]'s cache
// waits for operations that were started with it. [Handler.Shutdown] waits for all, except
// those of a wrapper that were started without a Scope.
type AsyncCache struct {
	cache Cache
}

// Async returns the asynchronous forms of c's operations.
func Async(c Cache) *AsyncCache { return &AsyncCache{cache: c} }

// strayTasks runs the operations of caches that are not larder's own.
var strayTasks = newExecutor(DefaultAsyncWorkers)

// base returns the cache under a, or nil if it is a wrapper, whose methods must
// not be bypassed.
func (a *AsyncCache) base(ctx context.Context) *BaseCache {
	return baseOf(ctx, a.cache)
}

// baseOf returns the cache under c, or nil if c is a wrapper, whose methods must
// not be bypassed.
func baseOf(ctx context.Context, c Cache) *BaseCache {
	switch c := c.(type) {
	case *BaseCache:
		return c
	case *Proxy:
		return c.resolve(ctx)
	}
	return nil
}

// Lookup is a value that may be missing.
type Lookup[T any] struct {
	Value T
	Found bool
}

// Get is [Cache.Get]; dst must not be used until Await has returned.
func (a *AsyncCache) Get(ctx context.Context, key string, dst any, opts ...Option) *Future[bool] {
	if p := a.pipeline(ctx); p != nil {
		return p.get(ctx, key, dst, opts)
	}
	return run(ctx, a, func(ctx context.Context) (bool, error) { return a.cache.Get(ctx, key, dst, opts...) })
}

// GetBytes is [Cache.GetBytes].
func (a *AsyncCache) GetBytes(ctx context.Context, key string, opts ...Option) *Future[Lookup[[]byte]] {
	if p := a.pipeline(ctx); p != nil {
		return p.getBytes(ctx, key, opts)
	}
	return run(ctx, a, func(ctx context.Context) (l Lookup[[]byte], err error) {
		l.Value, l.Found, err = a.cache.GetBytes(ctx, key, opts...)
		return l, err
	})
}

// Has is [Cache.Has].
func (a *AsyncCache) Has(ctx context.Context, key string, opts ...Option) *Future[bool] {
	return run(ctx, a, func(ctx context.Context) (bool, error) { return a.cache.Has(ctx, key, opts...) })
}

// Set is [Cache.Set]; value must not be changed until the Future is done.
func (a *AsyncCache) Set(ctx context.Context, key string, value any, opts ...Option) *Future[struct{}] {
	if p := a.pipeline(ctx); p != nil {
		return p.set(ctx, "Set", key, value, opts)
	}
	return run(ctx, a, func(ctx context.Context) (struct{}, error) { return struct{}{}, a.cache.Set(ctx, key, value, opts...) })
}

// SetBytes is [Cache.SetBytes]; value must not be changed until the Future is
// done.
func (a *AsyncCache) SetBytes(ctx context.Context, key string, value []byte, opts ...Option) *Future[struct{}] {
	if p := a.pipeline(ctx); p != nil {
		if value == nil {
			value = []byte{} // as any, a nil slice would be a cached nil
		}
		return p.set(ctx, "SetBytes", key, value, opts)
	}
	return run(ctx, a, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.cache.SetBytes(ctx, key, value, opts...)
	})
}

// Add is [Cache.Add]; value must not be changed until the Future is done.
func (a *AsyncCache) Add(ctx context.Context, key string, value any, opts ...Option) *Future[bool] {
	return run(ctx, a, func(ctx context.Context) (bool, error) { return a.cache.Add(ctx, key, value, opts...) })
}

// Touch is [Cache.Touch].
func (a *AsyncCache) Touch(ctx context.Context, key string, opts ...Option) *Future[bool] {
	return run(ctx, a, func(ctx context.Context) (bool, error) { return a.cache.Touch(ctx, key, opts...) })
}

// Delete is [Cache.Delete].
func (a *AsyncCache) Delete(ctx context.Context, key string, opts ...Option) *Future[bool] {
	if p := a.pipeline(ctx); p != nil {
		return p.delete(ctx, key, opts)
	}
	return run(ctx, a, func(ctx context.Context) (bool, error) { return a.cache.Delete(ctx, key, opts...) })
}

// Clear is [Cache.Clear].
func (a *AsyncCache) Clear(ctx context.Context) *Future[struct{}] {
	return run(ctx, a, func(ctx context.Context) (struct{}, error) { return struct{}{}, a.cache.Clear(ctx) })
}

// InvalidateTags is [Cache.InvalidateTags].
func (a *AsyncCache) InvalidateTags(ctx context.Context, tags ...string) *Future[struct{}] {
	return run(ctx, a, func(ctx context.Context) (struct{}, error) { return struct{}{}, a.cache.InvalidateTags(ctx, tags...) })
}

// InvalidateTagsSoft is [Cache.InvalidateTagsSoft].
func (a *AsyncCache) InvalidateTagsSoft(ctx context.Context, tags ...string) *Future[struct{}] {
	return run(ctx, a, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.cache.InvalidateTagsSoft(ctx, tags...)
	})
}

// GetMany is [Cache.GetMany].
func (a *AsyncCache) GetMany(ctx context.Context, keys []string, opts ...Option) *Future[map[string]Value] {
	return run(ctx, a, func(ctx context.Context) (map[string]Value, error) { return a.cache.GetMany(ctx, keys, opts...) })
}

// SetMany is [Cache.SetMany]; items must not be changed until the Future is
// done, whose value is the keys that were not stored.
func (a *AsyncCache) SetMany(ctx context.Context, items map[string]any, opts ...Option) *Future[[]string] {
	return run(ctx, a, func(ctx context.Context) ([]string, error) { return a.cache.SetMany(ctx, items, opts...) })
}

// DeleteMany is [Cache.DeleteMany].
func (a *AsyncCache) DeleteMany(ctx context.Context, keys []string, opts ...Option) *Future[struct{}] {
	return run(ctx, a, func(ctx context.Context) (struct{}, error) { return struct{}{}, a.cache.DeleteMany(ctx, keys, opts...) })
}

// Incr is [Cache.Incr].
func (a *AsyncCache) Incr(ctx context.Context, key string, delta int64, opts ...Option) *Future[int64] {
	if p := a.pipeline(ctx); p != nil {
		return p.incr(ctx, "Incr", key, delta, opts)
	}
	return run(ctx, a, func(ctx context.Context) (int64, error) { return a.cache.Incr(ctx, key, delta, opts...) })
}

// Decr is [Cache.Decr].
func (a *AsyncCache) Decr(ctx context.Context, key string, delta int64, opts ...Option) *Future[int64] {
	return run(ctx, a, func(ctx context.Context) (int64, error) { return a.cache.Decr(ctx, key, delta, opts...) })
}

// IncrVersion is [Cache.IncrVersion].
func (a *AsyncCache) IncrVersion(ctx context.Context, key string, delta int, opts ...Option) *Future[int] {
	return run(ctx, a, func(ctx context.Context) (int, error) { return a.cache.IncrVersion(ctx, key, delta, opts...) })
}

// DecrVersion is [Cache.DecrVersion].
func (a *AsyncCache) DecrVersion(ctx context.Context, key string, delta int, opts ...Option) *Future[int] {
	return run(ctx, a, func(ctx context.Context) (int, error) { return a.cache.DecrVersion(ctx, key, delta, opts...) })
}

// Fill is [Cache.Fill]; dst must not be used until Await has returned.
func (a *AsyncCache) Fill(ctx context.Context, key string, dst any, load Loader, opts ...Option) *Future[Outcome] {
	return run(ctx, a, func(ctx context.Context) (Outcome, error) { return a.cache.Fill(ctx, key, dst, load, opts...) })
}
