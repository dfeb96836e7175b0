package middleware

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
)

// newPageHandler returns a handler with its responses cached.
func newPageHandler(p *policy.Policy, next http.Handler) http.Handler {
	p.CheckFit()
	declared := p.DeclaredVary()
	return &pageHandler{
		Policy:         p,
		next:           next,
		browserControl: p.BrowserControl(p.BrowserTTL),
		declaredVary:   declared,
		declaredLine:   policy.VaryLine(declared),
		uncacheable:    new(memory),
		selectors:      new(selectorMemory),
		refused:        new(memory),
		rejected:       new(memory),
		hot:            new(hotWays),
		purges:         new(purge.Lists),
		indexes:        new(indexMemory),
		refreshes:      new(refreshes),
	}
}

// pages is the view under which pages are stored, over whichever cache. A
// cache that fails counts as one that has nothing.
var pages = cache.For[*page.Page](nil, cache.Native, cache.Using(page.Codec{}), cache.FailOpen, cache.Quiet)

// encodedPages is the view of the same as they are stored.
var encodedPages = cache.For[page.EncodedPage](nil, cache.Using(page.Codec{}), cache.FailOpen, cache.Quiet)

// pageHandler is a handler with its pages cached. Its methods are the steps that
// an exchange goes through.
type pageHandler struct {
	*policy.Policy
	next           http.Handler
	browserControl string
	declaredVary   []string
	declaredLine   string // the same as a line of Vary
	hot            *hotWays
	uncacheable    *memory
	selectors      *selectorMemory // of what is uncacheable
	refused        *memory         // pages whose refreshes did not come to the handler
	rejected       *memory         // pages that the store did not take
	purges         *purge.Lists
	indexes        *indexMemory
	refreshes      *refreshes
	nextLog        atomic.Int64

	hasWarnedOfLoop atomic.Bool
}

// ServeHTTP implements [http.Handler].
func (h *pageHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.serveHot(w, r) {
		return
	}
	x := exchanges.Get().(*exchange)
	x.h, x.w, x.r, x.next, x.anew, x.bound = h, w, r, h.next, h.next, &x.stay
	x.serve()
	if x.isForgotten {
		*x = exchange{}
		exchanges.Put(x)
	}
}

// exchanges are of requests that were hits, or went past the cache: no handler has
// seen anything of them, and no run has had them.
var exchanges = sync.Pool{New: func() any { return new(exchange) }}
