package engine

import (
	"context"
	"errors"
	"net/http"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/reason"
)

// ending is how a run ended, for the client that started it, if the response was not
// streamed. The run decides it once, before done is closed:
//
//	serve ─┬ the handler ends its goroutine ──► endedByExit
//	       ├ it panics, with no stale page ───► endedByPanic
//	       ├ it fails, with a stale page ─────► endedStale
//	       └ it returns
//	          ├ the client has all it gets ───► endedEarly
//	          ├ or its part of what was sent ─► endedSent
//	          ├ it asked for something else ──► endedForAnother
//	          ├ a 304 confirms the page ──────► endedConfirmed
//	          ├ the response is complete ─────► endedComplete
//	          └ there is none ────────────────► endedUnanswered
type ending interface {
	// answer answers the request that started the run. outcome is that of its look-up.
	answer(x *requestFlow, u *run, outcome cache.Outcome)
}

type (
	endedByExit     struct{}
	endedByPanic    struct{ value any }
	endedStale      struct{ page *page.Page }
	endedEarly      struct{} // and what the handler still writes is discarded
	endedSent       struct{ whole bool }
	endedForAnother struct{} // the request as it came, see putBack
	endedConfirmed  struct{}
	endedComplete   struct{}
	endedUnanswered struct{}
)

func (endedByExit) answer(*requestFlow, *run, cache.Outcome) { panic(http.ErrAbortHandler) }

func (e endedByPanic) answer(*requestFlow, *run, cache.Outcome) { panic(e.value) }

func (e endedStale) answer(x *requestFlow, u *run, _ cache.Outcome) {
	x.sendStale(e.page, u.status, reason.StaleIfError)
}

func (endedEarly) answer(*requestFlow, *run, cache.Outcome) {}

// Where the client has the response, or outer middleware answers, that may check whether the
// request's deadline is over.
func (e endedSent) answer(x *requestFlow, u *run, _ cache.Outcome) {
	if !e.whole && u.recorder.mode == modeDirect && x.isCanceled() {
		panic(http.ErrAbortHandler) // the handler may have stopped half-way
	}
	isOverdue(x.r.Context())
}

func (endedForAnother) answer(x *requestFlow, u *run, _ cache.Outcome) { x.answerAsItCame(u) }

func (endedConfirmed) answer(x *requestFlow, u *run, outcome cache.Outcome) {
	if x.isCanceled() {
		x.unanswered()
		return
	}
	x.sendValidated(u, outcome)
}

func (endedComplete) answer(x *requestFlow, u *run, outcome cache.Outcome) {
	if x.isCanceled() {
		x.unanswered()
		return
	}
	x.sendRun(u, x.forwarded(u, u.response.status, outcome))
}

func (endedUnanswered) answer(x *requestFlow, _ *run, _ cache.Outcome) { x.unanswered() }

// isCanceled reports whether the client is gone.
func (x *requestFlow) isCanceled() bool { return errors.Is(x.r.Context().Err(), context.Canceled) }

// panicValue returns what the handler has panicked with, if nothing was done about that.
func (u *run) panicValue() (value any, panicked bool) {
	e, panicked := u.ending.(endedByPanic)
	return e.value, panicked
}

// stopReason is why the run of a response for one client was stopped before its end.
type stopReason = int32

const (
	notStopped       stopReason = iota
	stoppedEnough               // the client has all of the response
	stoppedToPutBack            // another response is for this client
)

// end tells the request that started the run how it ended. A run that was stopped may end in
// any way: it makes no difference to the client.
func (u *run) end() {
	switch u.stopped.Load() {
	case stoppedEnough:
		u.ending = endedEarly{}
	case stoppedToPutBack:
		u.ending = endedForAnother{}
	}
	if u.done != nil {
		close(u.done)
	}
	if u.hasExited() && u.sender != nil {
		<-u.sender.done // this goroutine ends, and the request with it
	}
}

// hasExited reports whether the handler has ended the goroutine of a run that is over.
func (u *run) hasExited() bool {
	_, exited := u.ending.(endedByExit)
	return exited
}
