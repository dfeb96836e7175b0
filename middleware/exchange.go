package middleware

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/rfc9111"
)

// exchange is one request on its way through a pageHandler. It goes through
// these states:
//
//	find      look the page up, waiting for or starting a run of the handler
//	 ├ hit       send the page
//	 ├ stale     send the page, and have it made anew in the background
//	 ├ variant   the URL varies: find again, with the variant's key
//	 ├ lead      this request started the run: send what it gives
//	 ├ follow    send what another request's run gives, as it comes
//	 ├ pass      run the handler for this request alone
//	 ├ again     the run that this request waited for came to nothing: find once more
//	 ├ refuse    the client wants nothing that has to be fetched
//	 └ leave     the request ended before there was an answer
type exchange struct {
	h *pageHandler
	w http.ResponseWriter // nil in the background
	r *http.Request
	judgement

	next  http.Handler // behind the cache
	anew  http.Handler // the same, for requests of the cache's own
	bound *bound       // the part that next has in the request; nil in the background
	stay  bound        // what bound is, of a handler of net/http

	canonical  []byte    // of the page, then of the variant
	key        string    // under which the cache has it
	primary    string    // the key of the page, whatever variant is looked for
	primaryLen int       // of canonical, what is the URL's
	fullLen    int       // of canonical, what is the page's
	index      *variants // the last that the request came through, nil if there was none
	indexEntry *page     // of index, if that was found in the cache
	steps      [maxDepth]indexStep
	depth      int // how many of steps count

	from     *cache.BaseCache
	found    *page        // what the cache or another's run gave
	judged                // what becomes of assessed
	now      time.Time    // at which it was judged
	list     *purgeList   // of purges by prefix, see purgeList
	purges   *knownPurges // what was known by it
	assessed *page        // the last that was found and judged
	foreign  bool         // found is of the same URL, but not for this request
	retried  bool

	// missed says that those who listen to the cache know that this was no hit.
	missed atomic.Bool

	// isForgotten says that nobody else has this exchange any more.
	isForgotten bool

	// base is the page that a run of this exchange validates, or falls back to.
	base        *page
	baseRemoved bool // from the cache, by that run

	// tombstone is what was found in place of the page, or nil.
	tombstone *page

	// prepared is what a run needs of the request, taken while that is ours.
	prepared  *prepared
	lookUpErr error // why nothing was found, if the cache has failed
	timedOut  bool  // the answer is left to who has limited the request's time

	// run is the run of the handler, if this exchange started one. It is set
	// in the run's goroutine.
	run  atomic.Pointer[run]
	left atomic.Bool // the request is over: nobody waits for what is for it alone

	// attended is a response that a run has announced; leaveRun ends the interest
	// in it, and sawEnd says that it came to its end.
	attended *live
	leaveRun func()
	sawEnd   bool
	part     *rfc9111.ContentRange // of it that the client wants, nil for the whole

	buffer [256]byte // for canonical
}

// serve answers the request.
func (x *exchange) serve() {
	x.bindOuter()
	if run, asked := x.h.asksWhy(x.r); asked {
		x.explain(run)
		return
	}
	if x.judgement = x.h.judge(x.w.Header(), x.r); x.bypass != reasonNone {
		x.pass(forwardOf(x.bypass), x.bypass)
		return
	}
	x.start()
	x.find()
}

// start begins with the page's own key.
func (x *exchange) start() {
	x.canonical, x.primaryLen = x.h.appendKey(x.buffer[:0], x.r, &x.judgement)
	x.fullLen = len(x.canonical)
	x.key = pageKey(x.canonical[:x.primaryLen])
	x.primary = x.key
}

// purgeList is what is known of purges by prefix of the pages in the request's caches.
func (x *exchange) purgeList() *purgeList {
	if x.list == nil {
		x.list = x.h.purges.of(cache.HandlerFrom(x.r.Context()))
	}
	return x.list
}

// cache is the view of the pages for the request or the run of ctx.
func (x *exchange) cache(ctx context.Context) cache.View[*page] {
	return pages.Over(cache.From(ctx, x.h.alias))
}

// maxTries is how often an exchange looks for its page: for the URL, for its variant and
// for that of the variant, and again for each when a run that it waited for came to
// nothing.
const maxTries = 2 * (maxDepth + 1)

// find looks for the page until the request is answered.
func (x *exchange) find() {
	if known := x.h.uncacheable.recall(x.memoryKey()); known.isAbsent() && !x.directives.OnlyIfCached {
		x.h.hot.keepPass(x, known)
		x.passUncacheable(known)
		return
	}
	x.from = cache.From(x.r.Context(), x.h.alias)
	if caches := x.from.Handler(); !x.h.fits(caches) {
		x.h.logMaxBody(x.r.Context(), caches)
		x.pass(forwardBypass, reasonMaxBody)
		return
	}
	c := pages.Over(x.from)
	if x.prefetch(c) {
		return
	}
	for range maxTries {
		x.base, x.tombstone, x.foreign = nil, nil, false
		if why := x.startsNoRun(); why != reasonNone {
			if x.findAlone(c, why) {
				return
			}
			continue
		}
		outcome, err := c.Fill(x.r.Context(), x.key, &x.found, x)
		if x.settle(outcome, err) {
			return
		}
	}
	x.pass(x.forward(), reasonUnstable)
}

// startsNoRun says why a request looks for a page and starts no run, or reasonNone:
// its client does not want one; what would become of the response is the request's
// doing, and others who waited for it would wait in vain; or the page's last response
// was not to be stored.
func (x *exchange) startsNoRun() reason {
	switch {
	case x.directives.OnlyIfCached:
		return reasonOnlyIfCached
	case x.directives.NoStore:
		return reasonRequestNoStore
	case len(x.nominated) > 0:
		return reasonConnection
	case x.h.uncacheable.recall(x.memoryKey()).isRemembered():
		return reasonUncacheable
	}
	return reasonNone
}

// findAlone looks for a page and starts no run. It passes, for that reason, if there
// is none.
func (x *exchange) findAlone(c cache.View[*page], why reason) (answered bool) {
	x.found = nil
	var err error
	if x.found, _, err = c.Get(x.r.Context(), x.key); err != nil {
		return x.settle(cache.Outcome{}, err)
	}
	if x.Accept() {
		return x.settle(cache.Outcome{Hit: true}, nil)
	}
	if x.found == nil || x.found.tombstone {
		x.h.uncacheable.noteAbsent(x.memoryKey())
	}
	switch why {
	case reasonOnlyIfCached:
		x.refuse()
	case reasonUncacheable:
		x.passUncacheable(x.h.uncacheable.recall(x.memoryKey()))
	default:
		x.pass(x.forward(), why)
	}
	return true
}

// Accept implements [cache.Accepter]: it judges what was found, and is false if
// a run has to make the page anew.
func (x *exchange) Accept() bool { return x.accept(true) }

// accept is Accept for a page that was stored, or is of another request's run.
func (x *exchange) accept(stored bool) bool {
	x.assess(x.found)
	if stored && x.verdict != verdictVariant && !x.purges.isCurrent() {
		x.judged = judged{}
	}
	switch x.verdict {
	case verdictMiss:
		if x.found != nil && x.found.tombstone {
			x.tombstone = x.found
			return false
		}
		x.foreign = x.found != nil && !bytes.Equal(x.found.key, x.canonical)
		return false
	case verdictValidate:
		x.base = x.found
		return false
	}
	return true
}

// isAccepted reports whether what was found is of use, though it may have come
// another way than through Accept: from a run of another request, or because
// somebody else stored it in the meantime.
func (x *exchange) isAccepted(outcome cache.Outcome) bool {
	if x.found != x.assessed {
		return x.accept(outcome.Hit)
	}
	return x.verdict != verdictMiss && x.verdict != verdictValidate
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
		return true
	case err != nil:
		return x.settleError(err)
	case outcome.Announced:
		return x.follow(outcome)
	case !x.isAccepted(outcome):
		// Another's run has brought it, and it is of no use to this request.
		return x.again(nil)
	}
	return x.settleFound(outcome)
}

// settleFound is settle for a request that got an entry.
func (x *exchange) settleFound(outcome cache.Outcome) (answered bool) {
	switch x.verdict {
	case verdictVariant:
		x.selectVariant(x.found.index, x.found)
		return false
	case verdictBypass:
		x.pass(forwardBypass, x.reason)
	case verdictTimeout:
		x.refuse()
	case verdictStale:
		if len(x.nominated) == 0 {
			x.h.refreshes.start(x)
		}
		x.hit(outcome)
	default:
		x.hit(outcome)
	}
	return true
}

// settleError is settle for a request that got nothing.
func (x *exchange) settleError(err error) (answered bool) {
	switch {
	case x.r.Context().Err() != nil:
		x.leave()
	case errors.Is(err, cache.ErrNotFound):
		x.passPart()
	case errors.Is(err, cache.ErrNotShared):
		x.pass(x.forward(), reasonNotShared)
	case errors.Is(err, cache.ErrRecursive):
		x.passRecursive()
	case errors.Is(err, cache.ErrPatience):
		x.pass(x.forward(), reasonPatience)
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
	if outcome.Hit {
		if x.verdict == verdictHit && x.prepared == nil {
			x.isForgotten = true // there was neither a run nor a refresh of the page
			x.h.hot.keepPage(x)
		}
		x.sendHit(x.found, x.found.age(x.now))
		return
	}
	x.noteMiss(x.r.Context())
	setStatus(x.w.Header(), x.found.cacheStatus, forwarded{
		why:       x.forward(),
		status:    x.found.status,
		stored:    outcome.Stored,
		collapsed: outcome.Collapsed,
	})
	// Nobody has made it for this request (RFC 9111, section 5.1).
	x.sendAged(x.found)
}

// forward says for Cache-Status what kind of miss this was.
func (x *exchange) forward() forward {
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

// refuse answers a client who wants only what is stored and may be served as it
// is (RFC 9111, section 5.2.1.7).
func (x *exchange) refuse() {
	x.noteMiss(x.r.Context())
	const status = http.StatusGatewayTimeout
	setStatus(x.w.Header(), nil, forwarded{why: forwardRequest, detail: reasonOnlyIfCached})
	http.Error(x.w, http.StatusText(status), status)
}

// leave ends an exchange whose request is over. If it has started a run, that
// goes on without it.
func (x *exchange) leave() {
	x.left.Store(true)
	if x.bound.cancel(); x.run.Load() != nil {
		x.lead(cache.Outcome{}) // it has begun at this very moment
		return
	}
	x.unanswered()
}

// unanswered ends a request that was over before there was an answer. Mostly its
// client has gone. But if outer middleware has limited its time, the client is there,
// and that middleware answers: it is left the status, and what it sends is not to be
// stored.
func (x *exchange) unanswered() {
	x.noteMiss(x.r.Context())
	header := x.w.Header()
	if isOverdue(x.r.Context()) {
		x.timedOut = true
		anyUnanswered.Store(true)
		setStatus(header, nil, forwarded{why: x.forward(), detail: reasonTimeout})
		header["Cache-Control"] = []string{"no-store"}
		return
	}
	const status = http.StatusServiceUnavailable
	setStatus(header, nil, forwarded{why: x.forward(), detail: reasonLeft})
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

// isFailedRun reports whether the run that a request waited for ended without
// an answer.
func isFailedRun(err error) bool {
	var panicked *cache.PanicError
	return errors.As(err, &panicked) || errors.Is(err, cache.ErrGoexit) || errors.Is(err, errUnbound) || errors.Is(err, errAbandoned)
}

// again has those who waited for a run that came to nothing look for the page from the
// beginning, and wait for another run, once. If that panics too, so do they. That a run
// was abandoned says nothing of the next one.
func (x *exchange) again(err error) (answered bool) {
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
	case err == nil, errors.Is(err, errUnbound):
		x.pass(x.forward(), reasonUnstable)
		return true
	case errors.As(err, &panicked):
		panic(panicked.Value)
	}
	panic(http.ErrAbortHandler)
}

// pass runs the handler for this request alone, which it gets as it came.
func (x *exchange) pass(why forward, detail reason) {
	x.passAs(forwarded{why: why, detail: detail})
}

// passUncacheable is pass because of what the memory knows of the page.
func (x *exchange) passUncacheable(known memo) {
	x.passAs(forwarded{why: x.forward(), detail: reasonUncacheable, cause: known.why()})
}

func (x *exchange) passAs(f forwarded) {
	x.noteMiss(x.r.Context())
	setStatus(x.w.Header(), nil, f)
	x.h.serveUncached(x.next, x.w, x.r)
	x.isForgotten = x.prepared == nil // there was no run
}
