package redisstore

import (
	"context"
	"slices"
	"sync"

	"github.com/larder-go/larder/cache/driver"
)

// waiter is a call whose caller waits for the answer. One caller after the
// other uses it, so that waiting allocates nothing.
type waiter struct {
	call
	answer chan driver.Result
	copies []byte // what the key and the values of the operation are copied to
}

// maxCopies is how many bytes an unused waiter keeps room for.
const maxCopies = 64 << 10

var waiters = sync.Pool{New: func() any {
	w := &waiter{answer: make(chan driver.Result, 1)}
	w.done = func(r driver.Result) { w.answer <- r }
	return w
}}

// newWaiter returns a waiter for op. It copies the bytes of op, because the
// pipeline may outlast the caller's context.
func newWaiter(ctx context.Context, op *operation) *waiter {
	w := waiters.Get().(*waiter)
	w.ctx, w.op = ctx, *op
	w.copies = slices.Grow(w.copies[:0], len(op.Key)+len(op.Value)+len(op.old))
	w.op.Key, w.op.Value, w.op.old = w.copy(op.Key), w.copy(op.Value), w.copy(op.old)
	return w
}

// copy returns a copy of b, for which newWaiter has made room.
func (w *waiter) copy(b []byte) []byte {
	from := len(w.copies)
	w.copies = append(w.copies, b...)
	return slices.Clip(w.copies[from:])
}

// wait returns the answer, or the error of ctx if that ends first. Then nobody
// uses the waiter again, since the pipeline has it still.
func (w *waiter) wait(ctx context.Context) driver.Result {
	select {
	case r := <-w.answer:
		w.release()
		return r
	case <-ctx.Done():
		return driver.Result{Err: ctx.Err()}
	}
}

// release gives the waiter to the next caller. The pipeline has done with it
// when it has answered.
func (w *waiter) release() {
	w.ctx, w.op = nil, operation{}
	if cap(w.copies) > maxCopies {
		w.copies = nil
	}
	waiters.Put(w)
}
