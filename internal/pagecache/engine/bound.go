package engine

import (
	"errors"
	"sync/atomic"
)

// bound is the part of an exchange whose handler is valid only until its request
// is over.
type bound struct {
	state    atomic.Int32
	returned chan struct{} // of boundRuns: closed when the handler has returned
	stoodIn  bool          // an old page takes the place of its response; read when it has returned
}

// The states of a bound exchange.
const (
	boundIdle int32 = iota
	boundRuns       // the handler runs, or has
	boundOver       // the handler must not be called any more
)

// errUnbound is the error of a run that could not begin any more. Who waits for it
// tries again.
var errUnbound = errors.New("larder: the request that was to run the handler is over")

// begin reports whether the handler may be called. If so, done follows. It is
// called by one goroutine.
func (b *bound) begin() bool {
	if b == nil {
		return true
	}
	if b.state.Load() != boundIdle {
		return false
	}
	b.returned = make(chan struct{}) // before anybody can know that it runs
	return b.state.CompareAndSwap(boundIdle, boundRuns)
}

// done is called when the handler has returned.
func (b *bound) done() {
	if b != nil {
		close(b.returned)
	}
}

// standIn notes that an old page takes the place of the response of the handler,
// which is about to return.
func (b *bound) standIn() {
	if b != nil {
		b.stoodIn = true
	}
}

// cancel keeps the handler from being called if it has not been. If it has, it is left
// to run on.
func (b *bound) cancel() { b.state.CompareAndSwap(boundIdle, boundOver) }

// end waits until the handler has returned, if it runs in another goroutine, and
// keeps it from being called if it has not been.
func (b *bound) end() {
	if b.cancel(); b.state.Load() == boundRuns {
		<-b.returned
	}
}
