package engine

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// Engine is a cache of pages for handlers that live only as long as a request
// does: those of frameworks that reuse the context of a request for another one.
// It is for adapters; see adapters/gincache. A handler of net/http lives longer
// and is wrapped instead, by CachePage, Site or Shared of package middleware.
//
// An Engine may be used from many goroutines.
type Engine struct {
	pages *Handler
	asks  bool // options have functions that may ask for the FrameworkRequest
	last  atomic.Pointer[redispatch]

	// isRewrittenBefore says that URLs are rewritten before requests enter the framework.
	isRewrittenBefore atomic.Bool
}

// New returns a cache of pages with a policy.
func New(p *policy.Policy) *Engine {
	own := *p
	own.NotesValues = true
	return &Engine{
		pages: NewHandler(&own, nil).(*Handler),
		asks:  len(own.VaryValues)+len(own.When) > 0,
	}
}

// FrameworkRequest is one request to a framework that an [Engine] serves. The engine keeps
// no reference to it after Serve has returned, so it may be reused then. It is also what
// [policy.Attached] returns to the functions of options.
type FrameworkRequest interface {
	// Next runs the handlers behind the cache and returns when they have. It is called
	// at most once, in another goroutine than Serve if outer middleware has set a
	// deadline, and never after Serve has returned. The response is written to w; if w is
	// nil, to the framework's own ResponseWriter.
	//
	// An error means that the response is incomplete. It is then not stored. For a
	// client that has a part of it, the response is broken off, or ends there if no
	// other client reads it. If nothing was written, the cache does not answer: outer
	// middleware does. If a stale page may be served on a failure (stale-if-error,
	// [Grace]), that replaces a partial response, and also no response if the error is
	// a [*Failure].
	Next(w http.ResponseWriter, r *http.Request) error

	// Route is the pattern of the framework by which it has found the handler.
	Route() string

	// Framework is the framework's handler, as the server calls it, of a comparable type.
	// The cache's own requests, which refresh a page in the background, enter there. It
	// must not refer to this request.
	Framework() http.Handler
}

// Failure is an error of [FrameworkRequest].Next that has written nothing. Status is the one
// that outer middleware is going to answer with.
type Failure struct {
	Status int
	Err    error
}

// Error implements error.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap is for [errors.Is] and [errors.As].
func (f *Failure) Unwrap() error { return f.Err }

// ErrBypassed is what [FrameworkRequest].Next returns if the response has gone to another
// ResponseWriter than the one that it was given: the client has it already.
var ErrBypassed = errors.New("larder: the response was written past the cache")

// Served is what [Engine.Serve] has done.
type Served struct {
	Ran bool // v.Next was called

	// TimedOut is set if the request's deadline, which outer middleware has set, was over
	// before there was an answer. That middleware answers.
	TimedOut bool

	// ServedStale is set if v.Next has returned an error, and a stale page has been sent
	// instead of its response.
	ServedStale bool
}

// Serve answers a request as a handler that CachePage has wrapped does. It does
// not return while v.Next runs: not even if the request's client has left, since
// others may wait for the response.
//
// A request of the cache's own passes the framework's outer middleware with a
// ResponseWriter that discards everything. When it arrives here, Serve runs v.Next for it,
// unless it has arrived by another route, with another URL or with other values of
// [VaryBy]: then the page stays as it was.
func (e *Engine) Serve(w http.ResponseWriter, r *http.Request, v FrameworkRequest) Served {
	if t := TokenOf(r); t != nil {
		return Served{Ran: t.redeem(e, w, r, v)}
	}
	if e.asks {
		var a *policy.Attachment
		r, a = policy.Attach(r, v)
		defer a.Detach()
	} else if e.serveFast(w, r) {
		return Served{}
	}
	g := &frameworkFlow{request: v}
	g.requestFlow = requestFlow{h: e.pages, w: w, r: r, next: g, ownNext: e.redispatchTo(v), requestRun: &g.ownRun}
	g.answer(w)
	return Served{Ran: g.ran, TimedOut: g.timedOut, ServedStale: g.ownRun.servedStale}
}

// serveFast is serveFast of the pages; an aborted response is broken off.
func (e *Engine) serveFast(w http.ResponseWriter, r *http.Request) bool {
	defer cutOff(w)
	return e.pages.serveFast(w, r)
}

// redispatchTo returns the handler that sends requests of the cache's own through the
// framework to v's route. For most engines it is the same each time.
func (e *Engine) redispatchTo(v FrameworkRequest) *redispatch {
	framework, route := v.Framework(), v.Route()
	if last := e.last.Load(); last != nil && last.framework == framework && last.route == route {
		return last
	}
	d := &redispatch{engine: e, framework: framework, route: route}
	e.last.Store(d)
	return d
}

// frameworkFlow is the request flow of a FrameworkRequest, and the handler behind the cache
// for it.
type frameworkFlow struct {
	requestFlow
	ownRun  requestRun
	request FrameworkRequest
	ran     bool
}

// answer answers the request, and waits until the handler has returned.
func (g *frameworkFlow) answer(w http.ResponseWriter) {
	defer g.ownRun.end()
	defer cutOff(w)
	g.serve()
}

// ServeHTTP implements [http.Handler]. The rest of a framework's chain can be
// run only once; should it be needed again, a new request runs it.
func (g *frameworkFlow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.ran {
		g.ownNext.ServeHTTP(w, r)
		return
	}
	g.ran = true
	proceed(g.request, w, r)
}

// proceed runs what is behind the cache.
func proceed(v FrameworkRequest, w http.ResponseWriter, r *http.Request) {
	switch w := w.(type) {
	case *recorder:
		if err := v.Next(w, r); err != nil {
			w.fail(err)
		}
	case *witness:
		w.end(v.Next(w, r))
	case *changeWatcher, *respwriter.OriginWriter, *probe:
		_ = v.Next(w, r) // outer middleware gets the error from the framework
	default:
		_ = v.Next(nil, r)
	}
}

// fail is called if the handler says that its response is not whole.
func (w *recorder) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
	case w.mode == modeStream:
		panic(http.ErrAbortHandler) // others have a part of it
	case w.mode == modeHeld && w.status == 0 && errors.Is(err, ErrBypassed):
		w.yield(reason.NoResponse)
	case w.mode != modeHeld, w.failsOver(err):
	case w.isConfirmation():
		w.run.unconfirm()
	case w.status != 0:
		w.direct(reason.HandlerError)
	default:
		w.removeRefused(err)
		w.yield(reason.HandlerError)
	}
}

// Ended is for adapters of frameworks in which a handler can set a status after its response
// has begun, which has no effect on the client. Adapters call it with the final status.
func (w *recorder) Ended(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed && w.status != 0 && w.status != status {
		w.failLate(status)
	}
}

// failsOver reports whether a stale page replaces an incomplete response, and if so makes
// the run a failure; mu is held.
func (w *recorder) failsOver(err error) bool {
	u, failure := w.run, &Failure{Status: http.StatusInternalServerError}
	if w.status == 0 && !errors.As(err, &failure) {
		return false
	}
	before := u.status
	u.status = failure.Status
	if !u.mayFallBack() {
		u.status = before
		return false
	}
	w.status = failure.Status
	u.x.requestRun.serveStale()
	Logger(u.ctx).ErrorContext(u.ctx, "larder: the handler of a page failed, and an old one is served", "error", err)
	return true
}

// removeRefused removes the page that is being validated, if the error says that outer
// middleware is going to answer with another response; mu is held.
func (w *recorder) removeRefused(err error) {
	var failure *Failure
	if errors.As(err, &failure) && failure.Status >= http.StatusMultipleChoices && isFullAnswer(failure.Status) {
		w.run.x.removeBase(w.run.ctx)
	}
}

// cutOff is deferred. It makes sure that a response which is aborted is broken
// off, since outer middleware may recover from the panic, and the server would then end
// the response as if it were complete.
func cutOff(w http.ResponseWriter) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		breakOff(w)
	}
	panic(v)
}

// breakOff makes every write to w fail, including current ones. A writer that cannot do so
// is not that of a server.
func breakOff(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
}
