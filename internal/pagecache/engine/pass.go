package engine

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/reason"
)

// Answers to requests for which there is no page: by the handler for that request alone, or
// none.

// pass runs the handler for this request alone. It gets the request unchanged.
func (x *requestFlow) pass(why forward, detail reason.Reason) {
	x.passAs(forwarded{why: why, detail: detail})
}

// passUncacheable is pass for a page that the negative cache has.
func (x *requestFlow) passUncacheable(known remembered) {
	x.passAs(forwarded{why: x.forward(), detail: reason.Uncacheable, cause: known.why()})
}

func (x *requestFlow) passAs(f forwarded) {
	x.noteMiss(x.r.Context())
	setStatus(x.w.Header(), nil, f)
	x.h.serveUncached(x.next, x.w, x.r)
	x.isForgotten = !x.isShared // there was no run
}

// refuse answers a request with only-if-cached for which nothing suitable is stored (RFC
// 9111, section 5.2.1.7).
func (x *requestFlow) refuse() {
	x.noteMiss(x.r.Context())
	const status = http.StatusGatewayTimeout
	setStatus(x.w.Header(), nil, forwarded{detail: reason.OnlyIfCached}) // nothing was forwarded (RFC 9211, section 2.2)
	http.Error(x.w, http.StatusText(status), status)
}

// leave ends a request flow whose request is over. If it has started a run, that
// goes on without it.
func (x *requestFlow) leave() {
	x.left.Store(true)
	if x.requestRun.cancel(); x.run.Load() != nil {
		x.lead(cache.Outcome{}) // it has started at this moment
		return
	}
	x.unanswered()
}

// unanswered ends a request that was over before there was an answer. Usually its client
// has gone. But if outer middleware has set a deadline, the client is there, and that
// middleware answers: the status is left to it, and its response must not be stored.
func (x *requestFlow) unanswered() {
	x.noteMiss(x.r.Context())
	header := x.w.Header()
	if isOverdue(x.r.Context()) {
		x.timedOut = true
		AnyUnanswered.Store(true)
		setStatus(header, nil, forwarded{why: x.forward(), detail: reason.Timeout})
		header["Cache-Control"] = []string{"no-store"}
		return
	}
	const status = http.StatusServiceUnavailable
	setStatus(header, nil, forwarded{why: x.forward(), detail: reason.Left})
	http.Error(x.w, http.StatusText(status), status)
}

// isOverdue reports whether the time of a request is over. The run that it has started
// has the same deadline, and may know of it a moment earlier.
func isOverdue(ctx context.Context) bool {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return errors.Is(ctx.Err(), context.DeadlineExceeded)
}
