package engine

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
)

// NewHandler returns a handler with its responses cached.
func NewHandler(p *policy.Policy, next http.Handler) http.Handler {
	p.CheckFit()
	declared := p.DeclaredVary()
	return &Handler{
		Policy:         p,
		next:           next,
		browserControl: p.BrowserControl(p.BrowserTTL),
		declaredVary:   declared,
		declaredLine:   policy.VaryLine(declared),
		uncacheable:    new(negativeCache),
		selectors:      new(selectorMemory),
		refused:        new(negativeCache),
		rejected:       new(negativeCache),
		fast:           new(fastPaths),
		purges:         new(purge.Lists),
		indexes:        new(indexMemory),
		refreshes:      new(refreshes),
	}
}

// Pages is the view under which pages are stored, over any cache. A cache that fails counts
// as empty.
var Pages = cache.For[page.Entry](nil, cache.Native, cache.Using(page.Codec{}), cache.FailOpen, hooks.Cache.Quiet())

// encodedPages is the view of the same as they are stored.
var encodedPages = cache.For[page.EncodedPage](nil, cache.Using(page.Codec{}), cache.FailOpen, hooks.Cache.Quiet())

// Handler is a handler with its pages cached. Its methods are the steps that
// a request flow goes through.
type Handler struct {
	*policy.Policy
	next           http.Handler
	browserControl string
	declaredVary   []string
	declaredLine   string // the same as a line of Vary
	fast           *fastPaths
	uncacheable    *negativeCache
	selectors      *selectorMemory // of what is uncacheable
	refused        *negativeCache  // pages whose refreshes did not reach the handler
	rejected       *negativeCache  // pages that the store did not accept
	purges         *purge.Lists
	indexes        *indexMemory
	refreshes      *refreshes
	nextLog        atomic.Int64

	// replacedIndexes is how many indexes the runs of this process have replaced.
	replacedIndexes atomic.Uint64

	hasWarnedOfLoop atomic.Bool
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.serveFast(w, r) {
		return
	}
	x := requestFlows.Get().(*requestFlow)
	x.h, x.w, x.r, x.next, x.ownNext, x.requestRun = h, w, r, h.next, h.next, &x.ownRequestRun
	x.serve()
	if x.isForgotten {
		*x = requestFlow{}
		requestFlows.Put(x)
	}
}

// requestFlows are free ones, of requests that were hits or bypassed the cache: no handler
// and no run has a reference to them.
var requestFlows = sync.Pool{New: func() any { return new(requestFlow) }}
