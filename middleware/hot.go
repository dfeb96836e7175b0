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

// hotWays are the ways to ask that came to an answer quickly a moment ago: to a
// page that was a hit, or past the cache to the handler. A request that asks in such
// a way is answered without its key being made and the store being asked: a page if
// the store is in this process and still has it, so that nothing but its age can have
// changed; and the handler for as long as the memory of what is not to be stored says
// so.
//
// It is a table of fixed size that keeps no page alive, so clients cannot fill
// it. A way has to wait for its slot until the one there has cooled.
type hotWays struct {
	table atomic.Pointer[[hotSize]atomic.Pointer[hotWay]]
}

const (
	hotSize = 1024

	// hotFor is how old the list of purges may be by which a page is hot. Then all is
	// looked at again, by the store too, which has to see that the page is used.
	hotFor = rulesInterval

	// maxWay is the length in bytes of the longest host and request target of a hot
	// way.
	maxWay = 512
)

// hotWay is what a way to ask came to. It never changes.
type hotWay struct {
	way    way
	judged time.Time
	cools  time.Duration // after judged
	hotPage

	// known is why the way leads past the cache. It is nothing if it leads to a page.
	known memo
}

// hotPage is a page with what it was judged by.
type hotPage struct {
	page   weak.Pointer[page] // it is the store that keeps it
	key    string
	caches *cache.Handler
	cache  *cache.BaseCache // of caches
	purges *knownPurges
	age    time.Duration // when judged
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

// find returns the way in which a request asks, or nil if it is not hot.
func (hs *hotWays) find(r *http.Request) *hotWay {
	table := hs.table.Load()
	if table == nil {
		return nil
	}
	if hot := table[hotSlot(r)].Load(); hot != nil && hot.way == wayOf(r) {
		return hot
	}
	return nil
}

// keepPage makes the way of an exchange hot, which was a hit.
func (hs *hotWays) keepPage(x *exchange) {
	caches, since := x.from.Handler(), x.now.Sub(x.purges.fetched)
	shared, err := caches.Cache(x.h.alias)
	if err != nil || since >= hotFor || !x.found.isStored() || x.found.contentEncoding != nil || !x.isPlain() {
		return
	}
	hs.keep(x.r, &hotWay{judged: x.now, cools: hotFor - since, hotPage: hotPage{
		page: weak.Make(x.found), key: x.key, caches: caches, cache: shared, purges: x.purges, age: x.found.age(x.now),
	}})
}

// keepPass makes the way of an exchange hot, which is going to pass.
func (hs *hotWays) keepPass(x *exchange, known memo) {
	// A handler whose life is that of the request is run by the exchange.
	if x.bound == nil && x.isPlain() {
		hs.keep(x.r, &hotWay{judged: time.Now(), cools: hotFor, known: known})
	}
}

func (hs *hotWays) keep(r *http.Request, hot *hotWay) {
	table := hs.table.Load()
	if table == nil {
		hs.table.CompareAndSwap(nil, new([hotSize]atomic.Pointer[hotWay]))
		table = hs.table.Load()
	}
	hot.way = wayOf(r)
	slot := &table[hotSlot(r)]
	if there := slot.Load(); there != nil && there.way != hot.way && hot.judged.Sub(there.judged) < there.cools {
		return
	}
	slot.Store(hot)
}

// isPlain reports whether every plain request that asks in the same way gets what
// this one does.
func (x *exchange) isPlain() bool {
	p := x.h.policy
	return x.index == nil && p.isPlain(x.fields) && x.credentials.None() &&
		len(x.vary) == 0 && len(p.varyValues) == 0 && len(p.trustedProxies) == 0 &&
		x.r.RequestURI != "" && len(x.r.Host)+len(x.r.RequestURI) <= maxWay
}

// isPlain reports whether a request with these fields gets a page that everyone
// gets, if there are no credentials in other fields.
func (p *policy) isPlain(f fields) bool {
	return !f.cookie && !f.authorization && !(f.directives && p.heedRequests)
}

// serveHot answers a request that asks in a hot way, and reports whether it did.
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
	if hot.known.isRemembered() {
		return hot.known.holds() && h.bypassReason(r, f) == reasonNone && h.passHot(w, r)
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

// passHot runs the handler for a request whose way leads past the cache.
func (h *pageHandler) passHot(w http.ResponseWriter, r *http.Request) bool {
	setField(w.Header(), "Cache-Status", []string{statusUncacheable})
	h.serveUncached(h.next, w, r)
	return true
}

// statusUncacheable is what the responses to passes of hot ways say.
var statusUncacheable = forwarded{why: forwardURIMiss, detail: reasonUncacheable}.String()

// lookUp returns the page and its age, or nil if everything has to be looked at
// again.
func (hot *hotWay) lookUp(h *pageHandler, ctx context.Context) (p *page, age time.Duration) {
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
