package middleware

import (
	"context"
	"hash/maphash"
	"net/http"
	"sync/atomic"
	"time"
	"weak"

	"github.com/larder-go/larder/cache"
)

// hotPages are pages that were hits a moment ago. A request for one is answered
// without its key being made and the store being asked, if the store is in this
// process and still has the page: nothing but its age can have changed.
//
// It is a table of fixed size that keeps no page alive, so clients cannot fill
// it. A page has to wait for its slot until the one there has cooled.
type hotPages struct {
	table atomic.Pointer[[hotSize]atomic.Pointer[hotPage]]
}

const (
	hotSize = 1024

	// hotFor is how old the list of purges may be by which a page is hot. Then all is
	// looked at again, by the store too, which has to see that the page is used.
	hotFor = rulesInterval

	// maxWay is the length in bytes of the longest host and request target of a hot
	// page.
	maxWay = 512
)

// hotPage is a page with what it was judged by. It never changes.
type hotPage struct {
	page   weak.Pointer[page] // it is the store that keeps it
	key    string
	way    way
	caches *cache.Handler
	cache  *cache.BaseCache // of caches
	purges *knownPurges
	judged time.Time
	age    time.Duration // by then
	cools  time.Duration // after judged
}

// way is how a request asks for a page. Of two requests for which it is the same,
// and that have nothing else that a page may depend on, the key is the same.
type way struct {
	host, uri            string
	scheme, authority    string // of the URL as the handler gets it
	path, rawPath, query string
	secure               bool
}

func wayOf(r *http.Request) way {
	u := r.URL
	return way{r.Host, r.RequestURI, u.Scheme, u.Host, u.Path, u.RawPath, u.RawQuery, r.TLS != nil}
}

func hotSlot(r *http.Request) uint64 {
	return (maphash.String(memorySeed, r.RequestURI) ^ maphash.String(memorySeed, r.Host)>>1) % hotSize
}

// find returns the hot page that a request asks for, or nil.
func (hs *hotPages) find(r *http.Request) *hotPage {
	table := hs.table.Load()
	if table == nil {
		return nil
	}
	if hot := table[hotSlot(r)].Load(); hot != nil && hot.way == wayOf(r) {
		return hot
	}
	return nil
}

// keep makes the page of an exchange hot, which was a hit.
func (hs *hotPages) keep(x *exchange) {
	caches, since := x.from.Handler(), x.now.Sub(x.purges.fetched)
	shared, err := caches.Cache(x.h.alias)
	if err != nil || since >= hotFor || !x.mayBeHot() {
		return
	}
	table := hs.table.Load()
	if table == nil {
		hs.table.CompareAndSwap(nil, new([hotSize]atomic.Pointer[hotPage]))
		table = hs.table.Load()
	}
	slot, way := &table[hotSlot(x.r)], wayOf(x.r)
	if there := slot.Load(); there != nil && there.way != way && x.now.Sub(there.judged) < there.cools {
		return
	}
	slot.Store(&hotPage{
		page: weak.Make(x.found), key: x.key, way: way, caches: caches, cache: shared,
		purges: x.purges, judged: x.now, cools: hotFor - since, age: x.found.age(x.now),
	})
}

// mayBeHot reports whether the page that was found is what every plain request
// of the same way gets.
func (x *exchange) mayBeHot() bool {
	p := x.h.policy
	return x.found.isStored() && x.found.contentEncoding == nil && x.index == nil && p.isPlain(x.fields) &&
		x.credentials.None() && len(x.vary) == 0 && len(p.varyValues) == 0 && len(p.trustedProxies) == 0 &&
		x.r.RequestURI != "" && len(x.r.Host)+len(x.r.RequestURI) <= maxWay
}

// isPlain reports whether a request with these fields gets a page that everyone
// gets, if there are no credentials in other fields.
func (p *policy) isPlain(f fields) bool {
	return !f.cookie && !f.authorization && !(f.directives && p.heedRequests)
}

// serveHot answers a request for a hot page, and reports whether it did.
func (h *pageHandler) serveHot(w http.ResponseWriter, r *http.Request) bool {
	hot := h.hot.find(r)
	if hot == nil {
		return false
	}
	f := fieldsOf(r.Header)
	credentials := h.policy.credentials(r, f, nil)
	if !h.isPlain(f) || !credentials.None() || h.isExplained(r) {
		return false
	}
	header := w.Header()
	if !h.isSilent(header) {
		return false // it may be for one client only
	}
	p, age := hot.lookUp(h, r.Context())
	if p == nil || h.bypassReason(r, f) != reasonNone {
		return false
	}
	hot.cache.NoteHit(r.Context(), "Fill", hot.key)
	out := newOutgoing(header, p)
	out.setHit(p, age)
	out.setPage(p)
	out.tellBrowsers(h, p)
	h.sendBody(w, r, f, recorded{status: p.status, body: p.body}, &p.validators)
	return true
}

// lookUp returns the page and its age, or nil if everything has to be looked at
// again.
func (hot *hotPage) lookUp(h *pageHandler, ctx context.Context) (p *page, age time.Duration) {
	elapsed := time.Since(hot.judged)
	if elapsed >= hot.cools || h.purges.known.Load() != hot.purges || !hot.purges.isCurrent() || cache.HandlerFrom(ctx) != hot.caches {
		return nil, 0
	}
	age = hot.age + elapsed
	p = hot.page.Value()
	if p == nil || !p.isStored() || age >= p.fresh.Lifetime {
		return nil, 0
	}
	return p, age
}
