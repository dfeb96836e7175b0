package engine

import (
	"errors"
	"sync/atomic"
)

// requestRun is the part of a request flow whose handler is valid only until its request
// is over.
type requestRun struct {
	state       atomic.Int32
	returned    chan struct{} // closed when the handler has returned; nil if it runs in the goroutine of the request
	servedStale bool          // a stale page replaces its response; read when it has returned
}

// The states of a requestRun:
//
//	handlerIdle ─┬ begin ──► handlerRuns ─ done ► returned is closed
//	             └ cancel ─► handlerOver
const (
	handlerIdle int32 = iota
	handlerRuns       // the handler runs, or has
	handlerOver       // the handler must not be called any more
)

// errRequestOver is the error of a run that could not start, because its request was over.
// Requests that wait for it try again.
var errRequestOver = errors.New("larder: the request that was to run the handler is over")

// begin reports whether the handler may be called, in the goroutine of the request or in
// another. If so, the caller calls done afterwards. begin is called by one goroutine.
func (b *requestRun) begin(inline bool) bool {
	if b == nil {
		return true
	}
	if b.state.Load() != handlerIdle {
		return false
	}
	if !inline {
		b.returned = make(chan struct{}) // before another goroutine can see that it runs
	}
	return b.state.CompareAndSwap(handlerIdle, handlerRuns)
}

// done is called when the handler has returned.
func (b *requestRun) done() {
	if b != nil && b.returned != nil {
		close(b.returned)
	}
}

// serveStale notes that a stale page replaces the response of the handler, which is about to
// return.
func (b *requestRun) serveStale() {
	if b != nil {
		b.servedStale = true
	}
}

// cancel keeps the handler from being called if it has not been. A running handler goes on.
func (b *requestRun) cancel() { b.state.CompareAndSwap(handlerIdle, handlerOver) }

// end waits until the handler has returned, if it runs in another goroutine, and
// keeps it from being called if it has not been.
func (b *requestRun) end() {
	if b.cancel(); b.state.Load() == handlerRuns && b.returned != nil {
		<-b.returned
	}
}
