// Package flight runs a function once for all callers that ask for the same key at the
// same time. Unlike in a plain single-flight, a flight belongs to no caller: it has a
// context of its own that ends when the last interested caller has left, and what it stores
// can be invalidated while it runs.
//
// The package knows nothing of caches. Package cache builds Fill on it.
package flight

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

var (
	// ErrGoexit reports that the function called runtime.Goexit.
	ErrGoexit = errors.New("the function called runtime.Goexit")

	// ErrRecursive reports that the function would have waited for itself: it
	// asked, under its own context, for the key that it is producing, or for
	// one whose function waits for it.
	ErrRecursive = errors.New("the function waits for its own key")
)

// PanicError is a panic of the function, as each caller gets it.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Flight is one run of a function for the callers that wait for its key.
type Flight[V any] struct {
	group    *Group[V]
	shard    *shard[V]
	key      string
	hash     uint64
	parent   context.Context // of the starter, for its values only
	ctx      context.Context // of the run, which is like a request of its own
	cancel   context.CancelFunc
	missed   bool
	finished chan struct{} // closed when value and err are set

	published   chan struct{} // closed when publication is set
	publication V

	partition string
	started   time.Time
	beside    *Flight[V] // the flight that this one was started beside, or nil

	// Guarded by shard.mu.
	callers        int
	stale          bool
	committed      bool          // Commit was called and did store, or does now
	committing     chan struct{} // nil unless storing; closed when that is over
	listed         bool          // it is in the shard, between these two:
	previous, next *Flight[V]
	queue          *queue[V] // nil until a caller waits that may be handed over

	// Guarded by waiting.
	waits map[*Flight[V]]int // for which flights the run waits, and in how many places

	value V
	err   error
}

// Key returns a copy of the key, whose memory is the function's.
func (f *Flight[V]) Key() []byte { return []byte(f.key) }

// Missed reports that the starter's look-up may be out of date: another flight
// has committed since, so the function should look the key up again.
func (f *Flight[V]) Missed() bool { return f.missed }

// Commit calls store unless the flight has become stale, and reports whether
// it did. While store runs, Invalidate waits. A function calls Commit at most
// once.
func (f *Flight[V]) Commit(store func() error) (committed bool, err error) {
	if !f.startCommit() {
		return false, nil
	}
	// Even if store fails or panics, when it may have stored all the same.
	defer f.endCommit()
	return true, store()
}

func (f *Flight[V]) startCommit() bool {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if f.stale {
		return false
	}
	f.committed = true
	f.committing = make(chan struct{})
	return true
}

func (f *Flight[V]) endCommit() {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	// Before the flight is removed from its shard: a caller that does not find it there
	// must see that it has stored.
	f.group.commits.add(f.hash)
	close(f.committing)
	f.committing = nil
	if f.stale {
		f.siblings().undoing--
		f.remove()
	}
}

// Release hands value to all waiting callers, while the function goes on. The function's
// result is dropped and the flight will not commit; its context lasts until the function
// returns. During or after a Commit, Release does nothing.
func (f *Flight[V]) Release(value V) { f.end(value, nil) }

// Abandon is Release with an error.
func (f *Flight[V]) Abandon(err error) {
	var none V
	f.end(none, err)
}

func (f *Flight[V]) end(value V, err error) {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if f.committed {
		return
	}
	if err == nil {
		f.takeOver()
	}
	f.stale = true
	f.finish(value, err)
}

// Forget makes the flight stale and does not block: it will not commit, and later callers
// do not join it. Its waiting callers keep waiting. Forget is for a caller that knows of a
// change that was made without [Group.Invalidate].
func (f *Flight[V]) Forget() {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	f.makeStale()
}

func (f *Flight[V]) run(fn Func[V]) {
	var value V
	err := ErrGoexit // stays if fn never returns
	defer f.cancel()
	defer func() {
		f.shard.mu.Lock()
		defer f.shard.mu.Unlock()
		if err == nil {
			f.takeOver()
		}
		f.finish(value, err)
		f.endBeside()
	}()
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	value, err = fn(f.ctx, f)
}

// finish hands the result to all waiting callers, the first time that it is called; the
// lock of the shard is held.
func (f *Flight[V]) finish(value V, err error) {
	if f.hasFinished() {
		return
	}
	f.endTurns()
	f.remove()
	f.value, f.err = value, err
	close(f.finished)
}

// makeStale makes the flight stale and reports whether it is committing; the
// lock of its shard is held. A committing flight stays in the shard until the commit is
// over, so that the next callers for its key wait for it too.
func (f *Flight[V]) makeStale() (committing bool) {
	wasStale := f.stale
	f.stale = true
	if f.committing == nil {
		f.remove()
		return false
	}
	if !wasStale {
		f.siblings().undoing++
	}
	return true
}

// awaitCommit waits until f is no longer committing.
func (f *Flight[V]) awaitCommit(ctx context.Context) error {
	for r := range runs[V](ctx) {
		if r == f {
			return ErrRecursive
		}
	}
	f.shard.mu.Lock()
	committing := f.committing
	f.shard.mu.Unlock()
	if committing == nil {
		return nil
	}
	return await(ctx, committing)
}

func (f *Flight[V]) wait(ctx context.Context) (v V, err error) {
	if err := await(ctx, f.finished); err != nil {
		f.leave()
		return v, err
	}
	return f.value, f.err
}

// leave removes one caller from the flight and ends the flight with the last.
func (f *Flight[V]) leave() {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	f.lose(1)
}

// lose removes callers from the flight; the lock of its shard is held.
func (f *Flight[V]) lose(callers int) {
	f.callers -= callers
	if f.callers == 0 && !f.hasFinished() {
		// The result of a run whose context is cancelled must not be stored: the
		// function may have stopped half-way.
		f.makeStale()
		f.cancel()
	}
}
