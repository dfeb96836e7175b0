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
	"sync/atomic"
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

// Flight is one run of a function for the callers that wait for its key. What only a second
// caller needs is made when there is one.
type Flight[V any] struct {
	group   *Group[V]
	shard   *shard[V]
	key     string
	hash    uint64
	runner  Runner[V]
	parent  context.Context // of the starter, for its values only
	context runContext      // of the run, which is like a request of its own
	missed  bool

	partition string
	inline    bool // it runs in its starter's goroutine
	started   time.Time
	beside    *Flight[V] // the flight that this one was started beside, or nil

	// answered is closed when there is something for the waiting callers: the publication,
	// or without one the result. It is nil until somebody waits.
	answered    chan struct{}
	publication V
	isPublished atomic.Bool // publication is set
	value       V
	err         error
	isFinished  atomic.Bool // value and err are set

	// Guarded by shard.mu.
	finished       chan struct{} // closed when the flight has finished; nil until somebody waits who has seen the publication
	callers        int
	starterLeft    bool // it runs inline, and its starter does not count as a caller any more
	isKept         bool // it goes on when all callers have left, see Keep
	stale          bool
	hasBegun       bool          // Begin was called
	begun          Stamp         // when that was
	replaces       uint64        // what the value will replace
	committed      bool          // Commit was called and did store, or does now
	committing     bool          // it stores now
	afterCommit    chan struct{} // closed when that is over; nil until somebody waits
	listed         bool          // it is in the shard, between these two:
	previous, next *Flight[V]
	siblings       *siblings[V] // of the key, while it is listed
	room           siblings[V]  // for these, if it is the first of its key
	queue          *queue[V]    // nil until a caller waits that may be handed over

	// Guarded by waiting.
	waits map[*Flight[V]]int // for which flights the run waits, and in how many places
}

// Runner produces the value of a flight.
type Runner[V any] interface {
	// Run is called once, in a goroutine of its own unless the starter's options say Inline.
	// ctx is the flight's.
	Run(ctx context.Context, f *Flight[V]) (V, error)
}

// Func is a function as a [Runner].
type Func[V any] func(ctx context.Context, f *Flight[V]) (V, error)

// Run implements [Runner].
func (fn Func[V]) Run(ctx context.Context, f *Flight[V]) (V, error) { return fn(ctx, f) }

// Key is the key that the flight was started for.
func (f *Flight[V]) Key() string { return f.key }

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
	f.noteStarter()
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if f.stale {
		return false
	}
	f.committed, f.committing = true, true
	return true
}

func (f *Flight[V]) endCommit() {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	// Before the flight is removed from its shard: a caller that does not find it there
	// must see that it has stored.
	f.group.commits.add(f.hash)
	f.committing = false
	if f.afterCommit != nil {
		close(f.afterCommit)
	}
	if f.stale {
		f.siblings.undoing--
		f.remove()
	}
}

// commitEnd returns a channel that is closed when the flight is no longer committing, or nil
// if it is not; the lock of the shard is held.
func (f *Flight[V]) commitEnd() <-chan struct{} {
	if !f.committing {
		return nil
	}
	if f.afterCommit == nil {
		f.afterCommit = make(chan struct{})
	}
	return f.afterCommit
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

// Cancel ends the context of the flight, which will not commit and is not joined any more.
// Its waiting callers get what the function returns.
func (f *Flight[V]) Cancel() {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	f.makeStale()
	f.context.cancel()
}

// Forget makes the flight stale and does not block: it will not commit, and later callers
// do not join it. Its waiting callers keep waiting. Forget is for a caller that knows of a
// change that was made without [Group.Invalidate].
func (f *Flight[V]) Forget() {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	f.makeStale()
}

// start runs the function of a new flight: in the goroutine of its starter, or in one of its
// own.
func (f *Flight[V]) start() {
	if f.inline {
		f.run()
		return
	}
	go func() {
		reserveStack(false)
		f.run()
	}()
}

// run runs the function.
func (f *Flight[V]) run() {
	var value V
	err := ErrGoexit // stays if the function never returns
	defer f.context.end()
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
	value, err = f.runner.Run(&f.context, f)
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
	f.isFinished.Store(true)
	if f.answered != nil && !f.isPublished.Load() {
		close(f.answered)
	}
	if f.finished != nil {
		close(f.finished)
	}
}

// awaited makes the channel that callers wait for; the lock of the shard is held.
func (f *Flight[V]) awaited() {
	if f.answered != nil {
		return
	}
	f.answered = make(chan struct{})
	if f.isPublished.Load() {
		close(f.answered)
	}
}

// ended returns a channel that is closed when the flight has finished.
func (f *Flight[V]) ended() <-chan struct{} {
	if !f.isPublished.Load() {
		return f.answered
	}
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if f.finished == nil {
		f.finished = make(chan struct{})
		if f.hasFinished() {
			close(f.finished)
		}
	}
	return f.finished
}

// makeStale makes the flight stale and reports whether it is committing; the
// lock of its shard is held. A committing flight stays in the shard until the commit is
// over, so that the next callers for its key wait for it too.
func (f *Flight[V]) makeStale() (committing bool) {
	wasStale := f.stale
	f.stale = true
	if !f.committing {
		f.remove()
		return false
	}
	if !wasStale {
		f.siblings.undoing++
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
	end := f.commitEnd()
	f.shard.mu.Unlock()
	if end == nil {
		return nil
	}
	return await(ctx, end)
}

func (f *Flight[V]) wait(ctx context.Context) (v V, err error) {
	for !f.hasFinished() { // twice, if something was published first
		if err := await(ctx, f.ended()); err != nil {
			f.leave()
			return v, err
		}
	}
	return f.value, f.err
}

// leave removes one caller from the flight and ends the flight with the last.
func (f *Flight[V]) leave() {
	f.noteStarter()
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	f.lose(1)
}

// lose removes callers from the flight; the lock of its shard is held.
func (f *Flight[V]) lose(callers int) {
	f.callers -= callers
	if f.callers == 0 && !f.hasFinished() && !f.isKept {
		// The result of a run whose context is cancelled must not be stored: the
		// function may have stopped half-way.
		f.makeStale()
		f.context.cancel()
	}
}

// Leave removes the starter of a flight that runs inline, as if its context had ended. It is
// idempotent, and does nothing to other flights.
func (f *Flight[V]) Leave() {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if !f.inline || f.starterLeft {
		return
	}
	f.starterLeft = true
	if f.hasFinished() { // or was released: what it still does is for its starter
		f.context.cancel()
	}
	f.lose(1)
}

// Keep says that the value is complete: that all callers leave does not end the flight any
// more, unless it is released.
func (f *Flight[V]) Keep() {
	f.noteStarter()
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	f.isKept = true
}

// noteStarter ends an inline flight if its starter has left and no other caller waits. The
// starter cannot say when it leaves, so this is asked where it makes a difference.
//
// No lock is held: the starter's context may be that of another run, which asks the same.
func (f *Flight[V]) noteStarter() {
	if f.starterIsGone() {
		f.Leave()
	}
}

func (f *Flight[V]) starterIsGone() bool { return f.inline && f.parent.Err() != nil }
