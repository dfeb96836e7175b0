package cache

import (
	"context"
	"runtime/debug"
	"sync"
)

// Future is the result of an asynchronous operation. Any number of goroutines
// may await it.
//
// On a store with [driver.Async], such as Redis, the first Await of a Get, Set, Delete or
// Incr does the rest: it decodes into dst and publishes the events. If such a Future is
// never awaited, nothing is published or logged of the answer of the store, errors
// included.
type Future[T any] struct {
	done   chan struct{}
	once   sync.Once
	finish func() (T, error) // run once, by the first Await; may be nil
	value  T
	err    error
}

func newFuture[T any]() *Future[T] {
	return &Future[T]{done: make(chan struct{})}
}

// Done returns a channel that is closed when the operation has ended, so that
// Await will not wait.
func (f *Future[T]) Done() <-chan struct{} { return f.done }

// Await returns what the operation returned, or the error of ctx if that ends
// first; the operation itself has the context that it was started with.
func (f *Future[T]) Await(ctx context.Context) (T, error) {
	select {
	case <-f.done:
	default:
		select {
		case <-f.done:
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		}
	}
	f.once.Do(func() {
		if f.finish != nil {
			f.settle(f.finish)
		}
	})
	return f.value, f.err
}

// settle sets the result to that of op. A panic in op, which can only come from
// the caller's own code, and runtime.Goexit become errors.
func (f *Future[T]) settle(op func() (T, error)) {
	f.err = ErrGoexit // stays if op never returns
	defer func() {
		if v := recover(); v != nil {
			f.err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	f.value, f.err = op()
}

// then returns the future of what next makes of f's value.
func then[T, U any](f *Future[T], next func(T) U) *Future[U] {
	return &Future[U]{done: f.done, finish: func() (u U, err error) {
		v, err := f.Await(context.Background()) // it is done: this does not wait
		if err == nil {
			u = next(v)
		}
		return u, err
	}}
}
