package engine

import (
	"context"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/membudget"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/pagecache/stream"
	"github.com/larder-go/larder/internal/rfc9111"
)

// run is one run of the handler for all requests that wait for a page.
type run struct {
	x        *requestFlow // that started it; not its client, which may have left
	recorder *recorder
	first    recorder // usually that of the run
	loading  fill.Run
	inFlight *membudget.Budget
	ctx      context.Context

	// endContext releases what ctx has beside the context of the load.
	endContext context.CancelFunc

	released atomic.Bool // the response is only for the client that started the run
	inside   enclosure
	url      url.URL // of the handler's request

	outer outerHeader

	// asked is the page that the run validates, or nil.
	asked     *page.Page
	requested time.Time
	tombstone *page.Tombstone // that was found before the run, or nil

	// Set when the handler has written its header.
	status int
	vary   []string      // the lines of the response's Vary
	page   *page.Page    // the response as it can be stored, nil if it cannot
	at     destination   // of page
	placed int           // how much of outer was known for that
	reason reason.Reason // why it cannot

	// live is set when streaming is closed.
	live      *live
	reader    *stream.Reader // of the client that started the run, nil in the background
	streaming chan struct{}  // nil if the run is inline
	sender    *ownSender     // of an inline run
	held      *forwarded     // for Cache-Status when this client gets its part of the whole; nil if it gets the stream

	stopped   atomic.Int32 // a stopReason; once set, what the handler still writes is discarded
	isLoop    bool         // the response redirects to itself, without fields that the client sent
	validated bool         // the handler has confirmed the page that there was

	// The rest is for the request that started the run, once done is closed.
	done                chan struct{} // nil if nobody waits for it
	ending              ending
	response            recorded  // what the client gets
	storedAs            memoryKey // of the page, in the negative caches
	storedForValidation bool
}

// Prepare implements [fill.Preparer]. Nothing is copied: the request stays open until the run
// that it has started is over, see [run.await].
func (x *requestFlow) Prepare(lookUpErr error) { x.lookUpErr, x.isShared = lookUpErr, true }

// requestHeader is the header of the request as it came.
func (x *requestFlow) requestHeader() http.Header {
	if x.kept != nil {
		return x.kept.header
	}
	return x.r.Header
}

// outerHeader returns a copy of the header that outer middleware has set of the response,
// with canonical names.
func (x *requestFlow) outerHeader() http.Header {
	if x.kept != nil {
		return x.kept.outer
	}
	return respwriter.Canonical(x.w.Header())
}

// handlerRequest returns the request for the handler, with memory for its URL.
func (x *requestFlow) handlerRequest(ctx context.Context, to *url.URL) *http.Request {
	if x.kept != nil {
		r := x.r.WithContext(ctx)
		r.Header = r.Header.Clone()
		return r
	}
	return x.SharedRequest(ctx, x.r, to)
}

// Load implements [cache.Loader]: it runs the handler for everyone who waits.
func (x *requestFlow) Load(ctx context.Context) (cache.Loaded, error) {
	if x.hasStaleIndex() {
		return cache.Loaded{}, errIndexReplaced
	}
	u := newRun(ctx, x)
	defer u.endContext()
	x.run.Store(u) // before it starts: a request that leaves at this moment finds one of them
	if !x.requestRun.begin(x.runsInline) {
		u.ending = endedUnanswered{}
		close(u.done)
		return cache.Loaded{}, errRequestOver
	}
	defer x.requestRun.done()
	u.outer = newOuterHeader(x.outerHeader())
	u.first.recordFor(u, x.w, x.h.MaxBody)
	defer u.end()
	defer u.abortStream() // unless it has ended well
	x.noteMiss(ctx)
	handedOver := false
	defer func() {
		if !handedOver {
			u.free()
		}
	}()
	u.answer()
	loaded, err := u.finish()
	handedOver = true // to Cleanup
	return loaded, err
}

// Cleanup implements [fill.Cleaner]: it is called when Load has returned and the store has
// the page, or will not have it.
func (x *requestFlow) Cleanup() {
	if u := x.run.Load(); u != nil {
		u.free()
	}
}

// free releases the memory of the response, except what readers are still sending.
func (u *run) free() {
	if u.recorder != nil { // it has begun
		u.recorder.free()
	}
}

// answer runs the handler, and again without conditions if it has confirmed another page
// than the one to be validated (RFC 9111, section 4.3.4).
func (u *run) answer() {
	defer func() { u.recorder.close() }()
	u.serve(u.x.base)
	if u.isUnconfirmed() {
		u.repeat()
		u.serve(nil)
	}
}

// isUnconfirmed reports whether the handler's whole answer is a 304 that confirms no stored
// page.
func (u *run) isUnconfirmed() bool {
	_, panicked := u.panicValue()
	return u.isConfirmation(u.status) && u.page == nil && !panicked && u.ctx.Err() == nil && !u.recorder.isDirect()
}

func newRun(ctx context.Context, x *requestFlow) *run {
	u := &run{
		x: x, inFlight: x.inFlight(ctx), loading: hooks.Cache.RunFrom(ctx),
		ending: endedByExit{}, tombstone: x.tombstone,
	}
	if !x.runsInline {
		u.streaming, u.done = make(chan struct{}), make(chan struct{})
	}
	u.limit(ctx)
	u.inside = enclosure{Context: u.ctx, x: x, outer: enclosureOf(x.r.Context())}
	return u
}

// inFlight is the budget of the responses under way.
func (x *requestFlow) inFlight(ctx context.Context) *membudget.Budget {
	from := x.from
	if from == nil { // in the background
		from = cache.From(ctx, x.h.Alias)
	}
	return hooks.Cache.Budget(hooks.Cache.HandlerOf(from))
}

// limit gives the run its context, that of the load. With it, it has the deadline of the
// request that started it: the middleware that has set it waits for the handler to return,
// and answers then.
func (u *run) limit(ctx context.Context) {
	u.ctx, u.endContext = ctx, func() {}
	if deadline, ok := u.x.deadline(); ok {
		u.ctx, u.endContext = context.WithDeadline(ctx, deadline)
	}
}

// cancel ends the context of the run, whose response is for nobody any more.
func (u *run) cancel() {
	u.loading.Cancel()
	u.endContext()
}

// deadline is when outer middleware expects the handler to return.
func (x *requestFlow) deadline() (deadline time.Time, ok bool) {
	if x.w == nil {
		return time.Time{}, false
	}
	deadline, ok = x.r.Context().Deadline()
	return deadline, ok && !respwriter.AnswersInTime(x.w)
}

// repeat prepares for another run of the handler. Goroutines that outlive the first one
// cannot write any more.
func (u *run) repeat() {
	first := u.recorder
	new(recorder).recordFor(u, u.x.w, first.limit)
	first.close()
	first.free()
	u.status, u.page, u.reason, u.validated, u.ending = 0, nil, reason.None, false, endedByExit{}
}

// serve runs the handler, with conditions that validate base, if there is one. A panic is
// kept for finish; if the handler ends its goroutine, serve does not return.
func (u *run) serve(base *page.Page) {
	u.inside.enter()
	defer u.inside.leave()
	to := &u.url
	if u.requested != (time.Time{}) { // again: the first handler may have left something running
		to = new(url.URL)
	}
	r := u.x.handlerRequest(&u.inside, to)
	u.asked = nil
	if base != nil && base.IsValidatable() {
		u.asked = base
		lastModified := ""
		if lines := base.Lines("Last-Modified"); len(lines) == 1 {
			lastModified = lines[0]
		}
		rfc9111.SetConditions(r.Header, []rfc9111.ETag{base.Validators.ETag}, lastModified)
	}
	u.requested = time.Now()
	defer func() {
		if v := recover(); v != nil {
			u.ending = endedByPanic{v}
			logPanic(u.ctx, v)
		}
	}()
	w := u.recorder
	u.x.next.ServeHTTP(w, r)
	w.finish()
	u.ending = endedUnanswered{}
}

// logPanic keeps the stack of a handler that panicked. The server logs that of
// the goroutine which raises the panic again, if there is one.
func logPanic(ctx context.Context, v any) {
	if v != http.ErrAbortHandler {
		Logger(ctx).ErrorContext(ctx, "larder: the handler of a page panicked", "panic", v, "stack", string(debug.Stack()))
	}
}
