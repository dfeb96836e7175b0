package middleware

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
)

// exchange is one request on its way through a pageHandler. It goes through
// these states:
//
//	find     look the page up, waiting for or starting a run of the handler
//	 ├ hit       send the page
//	 ├ variant   the URL varies: find again, with the variant's key
//	 ├ lead      this request started the run: send what it gave
//	 ├ pass      run the handler for this request alone
//	 ├ again     the run that this request waited for panicked: find once more
//	 └ leave     the request ended before there was an answer
type exchange struct {
	h *pageHandler
	w http.ResponseWriter
	r *http.Request
	judgement

	canonical  []byte    // of the page, then of the variant
	key        string    // under which the cache has it
	primary    string    // the key of the page, whatever variant is looked for
	primaryLen int       // of canonical, what is the page's
	index      *variants // of the page, once it is known to vary
	found      *page     // what the cache or a run gave
	retried    bool

	// prepared is what a run needs of the request, taken while that is ours.
	prepared *prepared

	// run is the run of the handler, if this exchange started one. It is set
	// in the run's goroutine.
	run  atomic.Pointer[run]
	left atomic.Bool // the request is over: a run must not use w

	buffer [256]byte // for canonical
	sender pageSender
}

// start begins with the page's own key.
func (x *exchange) start(canonical []byte) {
	x.canonical, x.primaryLen = canonical, len(canonical)
	x.key = pageKey(canonical)
	x.primary = x.key
}

// cache is the view of the pages for the request or the run of ctx.
func (x *exchange) cache(ctx context.Context) cache.View[*page] {
	return pages.Over(cache.From(ctx, x.h.alias))
}

// find looks for the page until the request is answered.
func (x *exchange) find() {
	c := x.cache(x.r.Context())
	for answered := false; !answered; {
		if x.h.uncacheable.has(x.key) {
			answered = x.findAlone(c)
			continue
		}
		outcome, err := c.Fill(x.r.Context(), x.key, &x.found, x)
		answered = x.settle(outcome, err)
	}
}

// findAlone looks for a page whose last response was not to be stored: nobody
// waits, since everybody would wait in vain.
func (x *exchange) findAlone(c cache.View[*page]) (answered bool) {
	var ok bool
	var err error
	if x.found, ok, err = c.Get(x.r.Context(), x.key); ok || err != nil {
		return x.settle(cache.Outcome{Hit: true}, err)
	}
	x.pass(x.forward(), reasonUncacheable)
	return true
}

// settle does what follows from the outcome of a look-up, and reports whether
// the request is answered.
func (x *exchange) settle(outcome cache.Outcome, err error) (answered bool) {
	if outcome.Err != nil {
		x.h.logStoreError(x.r.Context(), outcome.Err)
	}
	switch {
	case x.run.Load() != nil:
		x.lead(outcome)
	case err != nil:
		return x.settleError(err)
	case x.found == nil, x.found.index != nil && (x.index != nil || !bytes.Equal(x.found.key, x.canonical)):
		// Another page's index; and nothing writes one under a variant's key.
		x.pass(forwardBypass, reasonCollision)
	case x.found.index != nil:
		x.selectVariant(x.found.index)
		return false
	default:
		x.hit(outcome)
	}
	return true
}

// settleError is settle for a request that got no page.
func (x *exchange) settleError(err error) (answered bool) {
	switch {
	case x.r.Context().Err() != nil:
		x.leave()
	case errors.Is(err, cache.ErrNotShared):
		x.pass(x.forward(), reasonNotShared)
	case errors.Is(err, cache.ErrRecursive):
		x.pass(forwardBypass, reasonRecursive)
	case isFailedRun(err):
		return x.again(err)
	default:
		x.h.logStoreError(x.r.Context(), err)
		x.pass(x.forward(), reasonStoreError)
	}
	return true
}

// hit answers with a page that another request has brought about.
func (x *exchange) hit(outcome cache.Outcome) {
	if reason := x.h.unusable(x.found, x.canonical, &x.judgement); reason != reasonNone {
		x.pass(forwardBypass, reason)
		return
	}
	if outcome.Hit {
		x.sender.hit(x.w, x.r, x.found, x.h.browserControl, time.Now())
		return
	}
	setStatus(x.w.Header(), x.found.cacheStatus, forwarded{
		why:       x.forward(),
		status:    x.found.status,
		stored:    outcome.Stored,
		collapsed: outcome.Collapsed,
	})
	x.sender.send(x.w, x.r, x.found, x.h.browserControl)
}

// forward says for Cache-Status what kind of miss this was.
func (x *exchange) forward() forward {
	if x.index != nil {
		return forwardVaryMiss
	}
	return forwardURIMiss
}

// lead answers the client who started a run.
func (x *exchange) lead(outcome cache.Outcome) {
	run := x.run.Load()
	over := run.await(x.r.Context())
	switch {
	case over && run.panicked:
		panic(run.panicValue)
	case over && run.exited:
		panic(http.ErrAbortHandler)
	case over && run.complete:
		x.sendRun(run, outcome.Stored)
	case over && run.spilled:
		// The client has it already.
	default:
		x.unanswered()
	}
}

// sendRun answers with the response of the run that this request started, the
// fields that are not for others included.
func (x *exchange) sendRun(run *run, stored bool) {
	header, response := x.w.Header(), run.response
	copyResponse(header, response.header, forwarded{why: x.forward(), status: response.status, stored: stored, detail: run.reason})
	if run.page != nil && lacksControl(header) {
		header["Cache-Control"] = []string{x.h.browserControl}
	}
	sendBody(x.w, x.r, response, parseLastModified(response.header["Last-Modified"]))
}

// leave ends an exchange whose request is over. If it has started a run, that
// goes on without it.
func (x *exchange) leave() {
	x.left.Store(true)
	if x.run.Load() != nil {
		x.lead(cache.Outcome{}) // it has begun at this very moment
		return
	}
	x.unanswered()
}

// unanswered answers a request that ended before there was an answer. Mostly
// its client has gone; but if middleware further out has limited its time, the
// client is there, and must not take an empty 200 for the page.
func (x *exchange) unanswered() {
	const status = http.StatusServiceUnavailable
	setStatus(x.w.Header(), nil, forwarded{why: x.forward(), detail: reasonLeft})
	http.Error(x.w, http.StatusText(status), status)
}

// isFailedRun reports whether the run that a request waited for ended without
// an answer.
func isFailedRun(err error) bool {
	var panicked *cache.PanicError
	return errors.As(err, &panicked) || errors.Is(err, cache.ErrGoexit)
}

// again has those who waited for a run that panicked wait for another, once.
// If that panics too, so do they.
func (x *exchange) again(err error) (answered bool) {
	if !x.retried {
		x.retried = true
		return false
	}
	var panicked *cache.PanicError
	if errors.As(err, &panicked) {
		panic(panicked.Value)
	}
	panic(http.ErrAbortHandler)
}

// pass runs the handler for this request alone, which it gets as it came.
func (x *exchange) pass(why forward, detail reason) {
	setStatus(x.w.Header(), nil, forwarded{why: why, detail: detail})
	x.h.next.ServeHTTP(x.w, x.r)
}
