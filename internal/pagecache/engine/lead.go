package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/pagecache/stream"
	"github.com/larder-go/larder/internal/rfc9111"
)

// The response to the client that started a run.

// lead answers the client that started a run.
func (x *requestFlow) lead(outcome cache.Outcome) {
	u := x.run.Load()
	defer x.requestRun.end() // the handler may refer to this request
	defer x.endSubscription()
	switch {
	case u.sender != nil:
		u.sender.await()
	case !x.runsInline && u.await(x.r.Context()) == runStreams:
		x.sendOwn(u)
	default:
		u.ending.answer(x, u, outcome)
	}
}

// sendValidated answers with the page that the handler has confirmed.
func (x *requestFlow) sendValidated(u *run, outcome cache.Outcome) {
	setStatus(x.w.Header(), u.page.CacheStatus, x.forwarded(u, http.StatusNotModified, outcome))
	if u.response.edits.Own["Age"] != nil {
		x.sendAged(u.page) // an inner cache has confirmed it
		return
	}
	out := newOutgoing(x.w.Header(), u.page)
	x.sendPage(u.page, &out)
}

// forwarded describes a run whose response had this status, for Cache-Status.
func (x *requestFlow) forwarded(u *run, status int, outcome cache.Outcome) forwarded {
	stored := outcome.Stored || u.storedForValidation
	if stored {
		outcome.Err = nil // of another attempt
	}
	_, detail := u.fate(outcome.Err)
	return forwarded{why: x.forward(), status: status, stored: stored, detail: detail}
}

// sendRun answers with the response of the run that this request started, including the
// fields that are not for other clients.
func (x *requestFlow) sendRun(u *run, f forwarded) {
	validators := x.setRun(u, f)
	x.h.sendBody(x.w, x.r, x.Fields, u.response, &validators)
}

// setRun sets the header of sendRun.
func (x *requestFlow) setRun(u *run, f forwarded) rfc9111.Validators {
	header, response := x.w.Header(), u.response
	inner := response.edits.Own["Cache-Status"]
	if u.page != nil {
		out := newOutgoing(header, u.page)
		out.setStatus(inner, f)
		response.edits.ApplyTo(header)
		out.empty = false
		out.setGuesses(u.page) // they are for this client, too
		out.setClientHeaders(x.h, u.page)
	} else {
		setStatus(header, inner, f)
		response.edits.ApplyTo(header)
		sniff(header, response.body)
		if respwriter.BodyAllowed(response.status) && header["Content-Length"] == nil {
			header["Content-Length"] = []string{strconv.Itoa(len(response.body))} // which HEAD gets, too
		}
	}
	validators := rfc9111.ValidatorsOf(header, u.requested)
	if u.page == nil {
		validators.Date = time.Time{} // it stands in for Last-Modified of what is stored only
	}
	return validators
}

// sendStale answers with a stale page.
func (x *requestFlow) sendStale(p *page.Page, status int, why reason.Reason) {
	x.noteMiss(x.r.Context())
	setStatus(x.w.Header(), p.CacheStatus, forwarded{why: forwardStale, status: status, detail: why})
	x.sendAged(p)
}

// progress is how far a run is.
type progress uint8

const (
	runStreams progress = iota // its response is published, or would be if it were for all
	runEnded
)

// await waits until the run streams its response or is over. If the request of ctx, which
// started it, ends before, the run goes on for the waiting requests: its client's
// ResponseWriter stays in use, so this request stays open. If no other request can have the
// response, the run is cancelled. If the deadline is over, so that outer middleware is about
// to answer, the waiting requests start another run.
func (u *run) await(ctx context.Context) progress {
	select {
	case <-u.streaming:
		return runStreams
	case <-u.done:
		return u.progress()
	case <-ctx.Done():
	}
	u.leave()
	if _, limited := u.x.deadline(); limited && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		u.loading.Abandon(fmt.Errorf("%w: %w", errAbandoned, ctx.Err()))
	}
	select {
	case <-u.streaming:
	case <-u.done:
	}
	return u.progress()
}

// progress is how far a run is that streams or is over.
func (u *run) progress() progress {
	select {
	case <-u.streaming:
		return runStreams
	default:
		return runEnded
	}
}

// leave notes that the request that started the run is over. A response for its client alone
// is then unwanted.
func (u *run) leave() {
	u.x.left.Store(true)
	if u.isReleased() {
		u.cancel()
	}
}

// sendOwn sends the body of a response as the run of this request flow makes it. The run
// has sent the header.
func (x *requestFlow) sendOwn(u *run) {
	reader, ctx := u.reader, x.r.Context()
	defer reader.Leave()
	part, flushed, err := reader.Next(ctx)
	switch {
	case u.recorder.bodiless:
		x.drain(ctx, reader, err)
		return
	case u.held != nil:
		x.sendOfWhole(ctx, u, reader, err)
		return
	}
	if x.part != nil {
		w := &cutter{ResponseWriter: x.w, skip: x.part.Start, left: x.part.Length}
		if err = copyStream(ctx, reader, w, part, flushed, err); errors.Is(err, errPartSent) {
			respwriter.Flush(x.w) // the client has all of its response
			x.drain(ctx, reader, nil)
			return
		}
	} else {
		err = copyStream(ctx, reader, x.w, part, flushed, err)
	}
	if x.sawEnd = errors.Is(err, io.EOF); !x.sawEnd {
		x.breakOff(u, reader, err)
	}
	respwriter.AddTrailers(x.w.Header(), u.live.header, u.live.trailers)
}

// breakOff ends an incomplete response, after the handler has returned, so that the client
// sees that it is incomplete. The request whose own run panicked gets its panic.
func (x *requestFlow) breakOff(u *run, reader *stream.Reader, err error) {
	reader.Leave()
	u.leave()
	x.endSubscription()
	<-u.done
	if value, panicked := u.panicValue(); panicked && errors.Is(err, stream.ErrAborted) {
		panic(value)
	}
	panic(http.ErrAbortHandler)
}
