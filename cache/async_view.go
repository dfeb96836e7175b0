package cache

import "context"

// AsyncView has the asynchronous forms of the operations of a [View].
type AsyncView[T any] struct {
	view  View[T]
	async *AsyncCache
}

// Async returns the asynchronous forms of the view's operations.
func (v View[T]) Async() AsyncView[T] {
	return AsyncView[T]{view: v, async: Async(v.cache)}
}

// Get is [View.Get].
func (a AsyncView[T]) Get(ctx context.Context, key string, opts ...Option) *Future[Lookup[T]] {
	l := new(Lookup[T])
	found := a.async.Get(ctx, key, &l.Value, a.view.with(opts)...)
	return then(found, func(ok bool) Lookup[T] {
		l.Found = ok
		return *l
	})
}

// GetMany is [View.GetMany].
func (a AsyncView[T]) GetMany(ctx context.Context, keys []string, opts ...Option) *Future[map[string]T] {
	return run(ctx, a.async, func(ctx context.Context) (map[string]T, error) { return a.view.GetMany(ctx, keys, opts...) })
}

// Set is [View.Set].
func (a AsyncView[T]) Set(ctx context.Context, key string, value T, opts ...Option) *Future[struct{}] {
	return a.async.Set(ctx, key, value, a.view.with(opts)...)
}

// SetMany is [View.SetMany].
func (a AsyncView[T]) SetMany(ctx context.Context, items map[string]T, opts ...Option) *Future[[]string] {
	return run(ctx, a.async, func(ctx context.Context) ([]string, error) { return a.view.SetMany(ctx, items, opts...) })
}

// Add is [View.Add].
func (a AsyncView[T]) Add(ctx context.Context, key string, value T, opts ...Option) *Future[bool] {
	return a.async.Add(ctx, key, value, a.view.with(opts)...)
}

// Has is [View.Has].
func (a AsyncView[T]) Has(ctx context.Context, key string, opts ...Option) *Future[bool] {
	return a.async.Has(ctx, key, a.view.with(opts)...)
}

// Touch is [View.Touch].
func (a AsyncView[T]) Touch(ctx context.Context, key string, opts ...Option) *Future[bool] {
	return a.async.Touch(ctx, key, a.view.with(opts)...)
}

// Delete is [View.Delete].
func (a AsyncView[T]) Delete(ctx context.Context, key string, opts ...Option) *Future[bool] {
	return a.async.Delete(ctx, key, a.view.with(opts)...)
}

// DeleteMany is [View.DeleteMany].
func (a AsyncView[T]) DeleteMany(ctx context.Context, keys []string, opts ...Option) *Future[struct{}] {
	return a.async.DeleteMany(ctx, keys, a.view.with(opts)...)
}

// InvalidateTags is [View.InvalidateTags].
func (a AsyncView[T]) InvalidateTags(ctx context.Context, tags ...string) *Future[struct{}] {
	return a.async.InvalidateTags(ctx, tags...)
}

// InvalidateTagsSoft is [View.InvalidateTagsSoft].
func (a AsyncView[T]) InvalidateTagsSoft(ctx context.Context, tags ...string) *Future[struct{}] {
	return a.async.InvalidateTagsSoft(ctx, tags...)
}

// GetOrSet is [View.GetOrSet].
func (a AsyncView[T]) GetOrSet(ctx context.Context, key string, load func(ctx context.Context) (T, error), opts ...Option) *Future[T] {
	return run(ctx, a.async, func(ctx context.Context) (T, error) { return a.view.GetOrSet(ctx, key, load, opts...) })
}

// GetOrSetValue is [View.GetOrSetValue].
func (a AsyncView[T]) GetOrSetValue(ctx context.Context, key string, value T, opts ...Option) *Future[T] {
	return run(ctx, a.async, func(ctx context.Context) (T, error) { return a.view.GetOrSetValue(ctx, key, value, opts...) })
}

// Fill is [View.Fill]; dst must not be used until Await has returned.
func (a AsyncView[T]) Fill(ctx context.Context, key string, dst *T, load Loader, opts ...Option) *Future[Outcome] {
	return a.async.Fill(ctx, key, dst, load, a.view.with(opts)...)
}
