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
// does: those of frameworks that use the context of a request again for another.
// It is for adapters; see adapters/gincache. A handler of net/http lives longer
// and is wrapped, by [CachePage] and its like.
//
// An Engine may be used from many goroutines.
type Engine struct {
	pages *Handler
	asks  bool // options have functions that may ask for the visit
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

// Visit is one request to a framework on its way through an [Engine], which keeps
// nothing of it when Serve has returned: it may be used again then. It is also what
// [policy.Attached] returns to the functions of options.
type Visit interface {
	// Next runs what is behind the cache, and returns when it has. It is called
	// at most once, mostly in another goroutine than Serve, and never when Serve
	// has returned. The response is to go to w; if w is nil, it goes to where the
	// framework sends it by itself.
	//
	// An error says that the response is not whole. It is then not stored: a
	// client who has a part of it has it broken off, or if others have none, gets
	// what there is. If nothing was written, nobody answers this request: that is
	// left to what is further out. But where an old page may stand in for a
	// failure (stale-if-error, [Grace]), that is the answer instead of a part of
	// a response, and of none if the error is a [*Failure].
	Next(w http.ResponseWriter, r *http.Request) error

	// Route is the pattern of the framework by which it has found the handler.
	Route() string

	// Framework is the whole of it, as its server calls it, with comparable type.
	// Requests of the cache's own, which make a page anew in the background, enter
	// there. It must not hold anything of this request.
	Framework() http.Handler
}

// Failure is an error of [Visit].Next that has written nothing: with this status
// the request would be answered further out.
type Failure struct {
	Status int
	Err    error
}

// Error implements error.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap is for [errors.Is] and [errors.As].
func (f *Failure) Unwrap() error { return f.Err }

// ErrBypassed is what [Visit].Next returns if the response has gone to another
// ResponseWriter than the one that it was given: the client has it already.
var ErrBypassed = errors.New("larder: the response was written past the cache")

// Served is what [Engine.Serve] has done.
type Served struct {
	Ran bool // v.Next was called

	// TimedOut is set if the time that somebody outside gives to the request was over
	// before there was an answer. The answer is theirs.
	TimedOut bool

	// StoodIn is set if v.Next has returned an error, and an old page has been sent
	// instead of its response.
	StoodIn bool
}

// Serve answers a request as a handler that CachePage has wrapped does. It does
// not return while v.Next runs: not even if the request's client has left, since
// others may wait for the response.
//
// A request of the cache's own goes through what the framework has outside of the
// cache, and there gets a ResponseWriter that leads nowhere. Where it arrives here,
// Serve runs v.Next for it; unless it has arrived by another route, with another
// URL or with other values of [VaryBy]: then the page stays as it was.
func (e *Engine) Serve(w http.ResponseWriter, r *http.Request, v Visit) Served {
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
	g := &guest{visit: v}
	g.requestFlow = requestFlow{h: e.pages, w: w, r: r, next: g, ownNext: e.reentry(v), bound: &g.stay}
	g.answer(w)
	return Served{Ran: g.came, TimedOut: g.timedOut, StoodIn: g.stay.stoodIn}
}

// serveFast is that of the pages; what is aborted is broken off.
func (e *Engine) serveFast(w http.ResponseWriter, r *http.Request) bool {
	defer cutOff(w)
	return e.pages.serveFast(w, r)
}

// redispatch returns the way by which requests of the cache's own come to where v
// is. For most engines it is the same each time.
func (e *Engine) reentry(v Visit) *redispatch {
	framework, route := v.Framework(), v.Route()
	if last := e.last.Load(); last != nil && last.framework == framework && last.route == route {
		return last
	}
	way := &redispatch{engine: e, framework: framework, route: route}
	e.last.Store(way)
	return way
}

// guest is the request flow of a visit, and the handler behind the cache for it.
type guest struct {
	requestFlow
	stay  requestRun
	visit Visit
	came  bool
}

// answer answers the request, and waits until the handler has returned.
func (g *guest) answer(w http.ResponseWriter) {
	defer g.stay.end()
	defer cutOff(w)
	g.serve()
}

// ServeHTTP implements [http.Handler]. The rest of a framework's chain can be
// run only once; should it be needed again, a new request runs it.
func (g *guest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.came {
		g.ownNext.ServeHTTP(w, r)
		return
	}
	g.came = true
	proceed(g.visit, w, r)
}

// proceed runs what is behind the cache.
func proceed(v Visit, w http.ResponseWriter, r *http.Request) {
	switch w := w.(type) {
	case *recorder:
		if err := v.Next(w, r); err != nil {
			w.fail(err)
		}
	case *witness:
		w.end(v.Next(w, r))
	case *changeWatcher, *respwriter.OriginWriter, *probe:
		_ = v.Next(w, r) // whoever is further out hears of it from the framework
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

// Ended is for adapters of frameworks in which a handler sets a status that nobody sees
// any more when its response has begun: it is told the one that stands there at the end.
func (w *recorder) Ended(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed && w.status != 0 && w.status != status {
		w.failLate(status)
	}
}

// failsOver reports whether an old page takes the place of a response that is not
// whole, and if so makes the run a failure; mu is held.
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
	u.x.bound.answerForHandler()
	Logger(u.ctx).ErrorContext(u.ctx, "larder: the handler of a page failed, and an old one is served", "error", err)
	return true
}

// removeRefused removes the page that the handler was asked about, if the error says that
// somebody else is going to answer otherwise; mu is held.
func (w *recorder) removeRefused(err error) {
	var failure *Failure
	if errors.As(err, &failure) && failure.Status >= http.StatusMultipleChoices && isFullAnswer(failure.Status) {
		w.run.x.removeBase(w.run.ctx)
	}
}

// cutOff is deferred. It makes sure that a response which is aborted is broken
// off, since outer middleware may recover from the panic, and the server
// would then end the response as if it were whole.
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

// breakOff has every write to w fail, those under way included. A writer that cannot is
// not that of a server.
func breakOff(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
}
