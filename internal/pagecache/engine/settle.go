package engine

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/rfc9111"
)

// What to do with the outcome of a look-up.

// MayReuse implements [fill.ReuseChecker]: it classifies what was found, and is false if
// a run has to make the page again.
func (x *requestFlow) MayReuse() bool { return x.accept(true) }

// Discards implements [fill.Discarder]: what a purge has left is no page.
func (x *requestFlow) Discards() bool {
	_, isTombstone := x.found.(*page.Tombstone)
	return isTombstone
}

// accept is MayReuse for a page that was stored, or is of another request's run.
func (x *requestFlow) accept(stored bool) bool {
	x.decide(x.found)
	if stored && x.decision != decisionVariant && !x.purges.IsCurrent() {
		x.decided = decided{}
	}
	switch x.decision {
	case decisionMiss:
		switch entry := x.found.(type) {
		case *page.Tombstone:
			x.tombstone = entry
		case nil:
			x.foreign = false
		default:
			x.foreign = !bytes.Equal(entry.Canonical(), x.canonical)
		}
		return false
	case decisionValidate:
		x.base = x.page
		return false
	}
	return true
}

// isAccepted reports whether the found entry is of use. It may not have been checked by
// MayReuse: it can be from a run of another request, or stored in the meantime.
func (x *requestFlow) isAccepted(outcome cache.Outcome) bool {
	if x.found != x.decidedOn {
		return x.accept(outcome.Hit)
	}
	return x.decision != decisionMiss && x.decision != decisionValidate
}

// settle does what follows from the outcome of a look-up, and reports whether
// the request is answered.
func (x *requestFlow) settle(outcome cache.Outcome, err error) (answered bool) {
	if outcome.Err != nil && !errors.Is(outcome.Err, cache.ErrTooLarge) { // see Committed
		x.h.logStoreError(x.r.Context(), outcome.Err)
	}
	switch {
	case x.run.Load() != nil:
		x.lead(outcome)
		return true
	case err != nil:
		return x.settleError(err)
	case x.received != nil:
		return x.follow(outcome)
	case !x.isAccepted(outcome):
		// It is from another request's run, and of no use to this one.
		return x.again(nil)
	}
	return x.settleFound(outcome)
}

// settleFound is settle for a request that got an entry.
func (x *requestFlow) settleFound(outcome cache.Outcome) (answered bool) {
	switch x.decision {
	case decisionVariant:
		x.followIndex()
		return false
	case decisionBypass:
		x.pass(forwardBypass, x.reason)
	case decisionTimeout:
		x.refuse()
	case decisionStale:
		if len(x.Nominated) == 0 {
			x.h.refreshes.start(x)
		}
		x.hit(outcome)
	default:
		x.hit(outcome)
	}
	return true
}

// settleError is settle for a request that got nothing.
func (x *requestFlow) settleError(err error) (answered bool) {
	switch {
	case x.r.Context().Err() != nil:
		x.leave()
	case errors.Is(err, cache.ErrNotFound):
		x.passPart()
	case errors.Is(err, cache.ErrNotShared):
		x.pass(x.forward(), reason.NotShared)
	case errors.Is(err, cache.ErrRecursive):
		x.passRecursive()
	case errors.Is(err, errIndexReplaced):
		x.backTo(0)
		return false
	case errors.Is(err, fill.ErrWaitTimeout):
		x.pass(x.forward(), reason.MaxWait)
	case isFailedRun(err):
		return x.again(err)
	default:
		x.h.logStoreError(x.r.Context(), err)
		x.pass(x.forward(), storeReason(err))
	}
	return true
}

// hit answers with a page that was stored, or that another request's run has made.
func (x *requestFlow) hit(outcome cache.Outcome) {
	if outcome.Hit {
		if !x.keyIsKnown {
			page.RememberKey(x.canonical[:x.primaryLen], x.primary)
		}
		if x.decision == decisionHit && !x.isShared {
			x.isForgotten = true // there was neither a run nor a refresh of the page
			x.h.fast.memoize(x)
		}
		x.sendHit(x.page, x.page.Age(x.now))
		return
	}
	x.noteMiss(x.r.Context())
	setStatus(x.w.Header(), x.page.CacheStatus, forwarded{
		why:       x.forward(),
		status:    x.page.Status,
		stored:    outcome.Stored,
		collapsed: outcome.Collapsed,
	})
	// It was not generated for this request (RFC 9111, section 5.1).
	x.sendAged(x.page)
}

// forward says for Cache-Status what kind of miss this was.
func (x *requestFlow) forward() forward {
	switch {
	case x.base != nil && isOfRequest(x.cause):
		return forwardRequest
	case x.base != nil:
		return forwardStale
	case x.index != nil:
		return forwardVaryMiss
	}
	return forwardURIMiss
}

// isOfRequest reports whether a page is not used because of what the request
// says.
func isOfRequest(c rfc9111.Cause) bool {
	return c == rfc9111.CauseRequestNoCache || c == rfc9111.CauseRequestMaxAge || c == rfc9111.CauseRequestMinFresh
}

// isFailedRun reports whether the run that a request waited for ended without
// an answer.
func isFailedRun(err error) bool {
	var panicked *cache.PanicError
	return errors.As(err, &panicked) || errors.Is(err, cache.ErrGoexit) || errors.Is(err, errRequestOver) || errors.Is(err, errAbandoned)
}

// again makes requests that waited for a failed run look up the page from the beginning and
// wait for another run, once. If that panics too, so do they. An abandoned run does not count:
// the next one may succeed.
func (x *requestFlow) again(err error) (answered bool) {
	if errors.Is(err, errAbandoned) {
		return false
	}
	if !x.retried {
		x.retried = true
		x.backTo(0)
		return false
	}
	var panicked *cache.PanicError
	switch {
	case err == nil, errors.Is(err, errRequestOver):
		x.pass(x.forward(), reason.Unstable)
		return true
	case errors.As(err, &panicked):
		panic(panicked.Value)
	}
	panic(http.ErrAbortHandler)
}
