package middleware

import (
	"context"
	"net/http"
	"slices"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/rfc9111"
)

// How the client who started a run gets its response.

// lead answers the client who started a run.
func (x *exchange) lead(outcome cache.Outcome) {
	u := x.run.Load()
	defer x.endAttendance()
	switch u.await(x.r.Context()) {
	case runStreams:
		defer x.leaveStream(u)
		if u.reader == nil {
			x.unanswered()
			return
		}
		stored, detail := u.fate(outcome.Err)
		x.sendLive(u.live, u.reader, forwarded{why: x.forward(), status: u.status, stored: stored, detail: detail})
	case runEnded:
		x.leadEnded(u, outcome)
	case runGoesOn:
		x.unanswered()
	}
}

// leadEnded answers with a response that is there as a whole, or has been sent.
func (x *exchange) leadEnded(u *run, outcome cache.Outcome) {
	switch {
	case u.stale != nil:
		x.sendStale(u.stale, u.status, u.reason)
	case u.panicked:
		panic(u.panicValue)
	case u.exited:
		panic(http.ErrAbortHandler)
	case u.validated:
		x.sendValidated(u, outcome)
	case u.complete:
		x.sendRun(u, outcome)
	case u.direct:
		// The client has it already.
	default:
		x.unanswered()
	}
}

// sendValidated answers with the page that the handler has confirmed.
func (x *exchange) sendValidated(u *run, outcome cache.Outcome) {
	setStatus(x.w.Header(), u.page.cacheStatus, x.forwarded(u, http.StatusNotModified, outcome))
	if u.response.header["Age"] != nil {
		x.sendAged(u.page) // a cache further in has confirmed it
		return
	}
	out := newOutgoing(x.w.Header(), u.page)
	x.sendPage(u.page, &out)
}

// forwarded says for Cache-Status what became of a run whose response had this status.
func (x *exchange) forwarded(u *run, status int, outcome cache.Outcome) forwarded {
	stored := outcome.Stored || u.storedApart
	if stored {
		outcome.Err = nil // of another attempt
	}
	_, detail := u.fate(outcome.Err)
	return forwarded{why: x.forward(), status: status, stored: stored, detail: detail}
}

// sendRun answers with the response of the run that this request started, the
// fields that are not for others included.
func (x *exchange) sendRun(u *run, outcome cache.Outcome) {
	header, response := x.w.Header(), u.response
	if u.page != nil {
		// What the page was given is for this client, too.
		for _, name := range [...]string{"Date", "Etag", "Content-Type", "Content-Length"} {
			if lines := u.page.lines(name); lines != nil && response.header[name] == nil {
				response.header[name] = slices.Clone(lines)
			}
		}
	}
	copyResponse(header, response.header, x.forwarded(u, response.status, outcome))
	if u.page != nil {
		out := newOutgoing(x.w.Header(), u.page)
		out.tell(x.h, u.page)
	}
	validators := rfc9111.ValidatorsOf(header, u.requested)
	x.h.sendBody(x.w, x.r, x.fields, response, &validators)
}

// sendStale answers with an old page, since there is nothing better.
func (x *exchange) sendStale(p *page, status int, why reason) {
	x.noteMiss(x.r.Context())
	setStatus(x.w.Header(), p.cacheStatus, forwarded{why: forwardStale, status: status, detail: why})
	x.sendAged(p)
}

// progress is how far a run is.
type progress uint8

const (
	runGoesOn  progress = iota // for others: the request that started it is over
	runStreams                 // its response is announced, or would be if it were for all
	runEnded
)

// await waits until the run streams its response or is over, or the request of
// ctx, which started it, is. In the latter case the run is left to those who
// wait for it; unless there are none, because its response is for this request
// only: such a run is cancelled, and waited for if it uses the client.
func (u *run) await(ctx context.Context) progress {
	select {
	case <-u.streaming:
		return runStreams
	case <-u.done:
		return u.outcome()
	case <-ctx.Done():
	}
	if u.leave() {
		return runGoesOn
	}
	u.cancel()
	<-u.done
	return u.outcome()
}

// leave takes away the client who started the run, and reports whether it could,
// see [recorder.detach]. A response that is for that client only is then for
// nobody.
func (u *run) leave() (detached bool) {
	for w := u.recorder.Load(); ; w = u.recorder.Load() {
		if detached = w.detach(); w == u.recorder.Load() {
			break // the handler was not called again meanwhile
		}
	}
	if detached && u.reader != nil {
		u.reader.leave()
	}
	if u.isReleased() {
		u.cancel()
	}
	return detached
}

// leaveStream is called when the client who started a run gets nothing more of
// its response. If that has not come to its end, others may still read it.
func (x *exchange) leaveStream(u *run) {
	if !x.sawEnd {
		u.leave()
	}
}

func (u *run) outcome() progress {
	select {
	case <-u.streaming:
		return runStreams
	default:
		return runEnded
	}
}
