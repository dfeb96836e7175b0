package engine

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/rfc9111"
)

// requestFlow is one request on its way through a Handler. Its states are methods:
//
//	find            look the page up, waiting for or starting a run of the handler
//	 ├ hit             send the page, and refresh it in the background if it is stale
//	 ├ followIndex     the URL varies: find again, with the variant's key
//	 ├ lead            this request started the run: send its response
//	 ├ follow          send the response of another request's run while that is written
//	 ├ pass            run the handler for this request alone
//	 ├ again           the run that this request waited for failed: find again
//	 ├ refuse          only-if-cached, and nothing suitable is stored: answer 504
//	 └ leave           the request ended before there was an answer
type requestFlow struct {
	h *Handler
	w http.ResponseWriter // nil in the background
	r *http.Request
	policy.RequestInfo

	next          http.Handler // behind the cache
	ownNext       http.Handler // the same, for requests of the cache's own
	requestRun    *requestRun  // the run of next that must end with the request; nil in the background
	ownRequestRun requestRun   // what requestRun points to, for a handler of net/http

	canonical  []byte         // of the page, then of the variant
	key        string         // under which the cache has it
	primary    string         // the key of the page, whatever variant is looked for
	keyIsKnown bool           // primary is remembered
	primaryLen int            // of canonical, what is the URL's
	fullLen    int            // of canonical, what is the page's
	index      *page.Variants // the last that the request came through, nil if there was none
	indexEntry *page.Index    // of index, if that was found in the cache
	steps      [maxDepth]indexStep
	depth      int // how many of steps count

	from      *cache.BaseCache
	found     page.Entry   // from the cache or another request's run
	page      *page.Page   // found, if that is a response
	decided                // the decision about decidedOn
	now       time.Time    // of the decision
	list      *purge.List  // of purges by prefix, see purgeList
	purges    *purge.Known // what was known by it
	decidedOn page.Entry   // the last that was found and classified
	foreign   bool         // found is of the same URL, but not for this request
	retried   bool

	replacedBefore uint64 // Handler.replacedIndexes, before the first look-up
	hasLookedAgain bool   // because that has changed

	// missed is set when the miss was published to the listeners of the cache.
	missed atomic.Bool

	// isForgotten says that nothing else refers to this request flow any more.
	isForgotten bool

	// base is the page that a run of this request flow validates, or falls back to.
	base        *page.Page
	baseRemoved bool // from the cache, by that run

	// tombstone is what was found instead of the page, or nil.
	tombstone *page.Tombstone

	// kept is what is left of the request in the background; nil while it is open.
	kept      *keptRequest
	isShared  bool  // a run may refer to this request flow
	lookUpErr error // why nothing was found, if the cache has failed
	timedOut  bool  // the middleware that has set the deadline answers

	// runsInline is set if a run that this request flow starts stays in the goroutine of the
	// request. If outer middleware has set a deadline, that middleware needs it back.
	runsInline bool

	// run is the run of the handler, if this request flow started one. It is set
	// in the run's goroutine.
	run  atomic.Pointer[run]
	left atomic.Bool // the request is over: a response for it alone is unwanted

	// received is a response that a run has published; leaveRun ends the subscription, and
	// sawEnd says that the response was read to its end.
	received *live
	leaveRun func()
	sawEnd   bool
	part     *rfc9111.ContentRange // of it that the client wants, nil for the whole

	buffer [256]byte // for canonical
}

// serve answers the request.
func (x *requestFlow) serve() {
	x.bindOuter()
	if a := auditOf(x.r.Context()); a != nil {
		x.joinAudit(a)
		return
	}
	if mode, asked := x.h.AsksWhy(x.r); asked {
		x.answerAsked(mode)
		return
	}
	if x.RequestInfo = x.h.Classify(x.w.Header(), x.r); x.Bypass != reason.None {
		x.pass(forwardOf(x.Bypass), x.Bypass)
		return
	}
	x.start()
	x.find()
}

// start begins with the page's own key.
func (x *requestFlow) start() {
	x.canonical, x.primaryLen = x.h.AppendKey(x.buffer[:0], x.r, &x.RequestInfo)
	x.fullLen = len(x.canonical)
	x.primary, x.keyIsKnown = page.LookUpKey(x.canonical[:x.primaryLen])
	x.key = x.primary
	x.replacedBefore = x.h.replacedIndexes.Load()
}

// purgeList is the known list of purges by prefix in the request's caches.
func (x *requestFlow) purgeList() *purge.List {
	if x.list == nil {
		x.list = x.h.purges.Of(hooks.Cache.HandlerFrom(x.r.Context()))
	}
	return x.list
}

// cache is the view of the pages for the request or the run of ctx.
func (x *requestFlow) cache(ctx context.Context) cache.View[page.Entry] {
	return Pages.Over(cache.From(ctx, x.h.Alias))
}

// maxTries is how often a request flow looks up its page: for the URL, for its variant and
// for that of the variant, and again for each if a run that it waited for failed.
const maxTries = 2 * (maxDepth + 1)

// find looks up the page until the request is answered.
func (x *requestFlow) find() {
	if known := x.h.uncacheable.lookup(x.memoryKey()); known.isAbsent() && !x.Directives.OnlyIfCached {
		x.h.fast.memoizePass(x, known)
		x.passUncacheable(known)
		return
	}
	x.from = cache.From(x.r.Context(), x.h.Alias)
	if caches := hooks.Cache.HandlerOf(x.from); !x.h.Fits(caches) {
		x.h.logMaxBody(x.r.Context(), caches)
		x.pass(forwardBypass, reason.MaxBody)
		return
	}
	c := Pages.Over(x.from)
	if x.prefetch(c) {
		return
	}
	for range maxTries {
		x.base, x.tombstone, x.foreign = nil, nil, false
		if why, alone := x.startsNoRun(); alone {
			if x.findAlone(c, why) {
				return
			}
			continue
		}
		if x.settle(x.fill(c)) {
			return
		}
	}
	x.pass(x.forward(), reason.Unstable)
}

// fill looks up the page, or waits for a run, or makes one.
func (x *requestFlow) fill(c cache.View[page.Entry]) (cache.Outcome, error) {
	defer x.abortOnExit()
	return c.Fill(x.r.Context(), x.key, &x.found, x)
}

// abortOnExit aborts the response if the handler has ended this goroutine: outer middleware
// sees a panic, as when the run has a goroutine of its own.
func (x *requestFlow) abortOnExit() {
	if u := x.run.Load(); u != nil && x.runsInline && u.hasExited() {
		panic(http.ErrAbortHandler)
	}
}

// startsNoRun reports whether a request looks up its page but starts no shared run, and why:
// its client does not want one; the request itself keeps the response from being stored, so
// that others would wait for it in vain; or the page's last response was not to be stored.
func (x *requestFlow) startsNoRun() (why reason.Reason, alone bool) {
	switch {
	case x.Directives.OnlyIfCached:
		return reason.OnlyIfCached, true
	case x.Directives.NoStore:
		return reason.RequestNoStore, true
	case len(x.Nominated) > 0:
		return reason.Connection, true
	case x.h.uncacheable.lookup(x.memoryKey()).isRemembered():
		return reason.Uncacheable, true
	case x.h.Mode == policy.Shared && x.isProtected():
		return reason.None, true // the condition is for the origin, unless it is not asked
	}
	return reason.None, false
}

// findAlone looks up the page and starts no shared run. Without a page it passes, for that
// reason.
func (x *requestFlow) findAlone(c cache.View[page.Entry], why reason.Reason) (answered bool) {
	x.found = nil
	var err error
	if x.found, _, err = c.Get(x.r.Context(), x.key); err != nil {
		return x.settle(cache.Outcome{}, err)
	}
	if x.MayReuse() {
		return x.settle(cache.Outcome{Hit: true}, nil)
	}
	if _, isGone := x.found.(*page.Tombstone); isGone || x.found == nil {
		x.h.uncacheable.rememberAbsent(x.memoryKey())
	}
	switch why {
	case reason.OnlyIfCached:
		x.refuse()
	case reason.Uncacheable:
		x.passUncacheable(x.h.uncacheable.lookup(x.memoryKey()))
	case reason.None:
		x.passPart()
	default:
		x.pass(x.forward(), why)
	}
	return true
}
