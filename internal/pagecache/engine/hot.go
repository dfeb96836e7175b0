package engine

import (
	"hash/maphash"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// hotWays are the ways to ask that came to an answer quickly a moment ago: to a
// page that was a hit, or past the cache to the handler. A request that asks in such
// a way is answered without its key being made and anything being judged: with the page
// if that is the same, so that nothing but its age can have changed; and by the handler
// for as long as the memory of what is not to be stored says so.
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
	hotFor = purge.RulesInterval

	// maxWay is how many bytes a hot way has at most, and the request fields by which
	// its page is selected.
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

// length is how many bytes the texts have that are kept of a way.
func (w *way) length() int {
	return len(w.host) + len(w.uri) + len(w.scheme) + len(w.authority) + len(w.path) + len(w.rawPath) + len(w.query)
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

// keepPass makes the way of an exchange hot, which is going to pass.
func (hs *hotWays) keepPass(x *exchange, known memo) {
	if x.h.next == nil {
		return // a handler whose life is that of the request is run by the exchange
	}
	now := time.Now()
	if !x.isPlain() || len(x.Vary) > 0 || hs.isTaken(x.r, now) {
		return
	}
	if selecting, few := x.fieldsNamed(x.h.selectors.find(x.canonical)); few {
		hs.keep(x.r, &hotWay{judged: now, cools: hotFor, known: known, hotPage: hotPage{selecting: selecting}})
	}
}

// isTaken reports whether the way of a request has to wait for its slot. That is asked
// before it is made: mostly another variant of the same page is hot.
func (hs *hotWays) isTaken(r *http.Request, now time.Time) bool {
	table := hs.table.Load()
	if table == nil {
		return false
	}
	there := table[hotSlot(r)].Load()
	return there != nil && now.Sub(there.judged) < there.cools && (there.way != wayOf(r) || !there.selects(r.Header))
}

func (hs *hotWays) keep(r *http.Request, hot *hotWay) {
	table := hs.table.Load()
	if table == nil {
		hs.table.CompareAndSwap(nil, new([hotSize]atomic.Pointer[hotWay]))
		table = hs.table.Load()
	}
	hot.way = wayOf(r)
	table[hotSlot(r)].Store(hot)
}

// isPlain reports whether every plain request that asks in the same way gets what
// this one does, but for the fields by which it selects a page.
func (x *exchange) isPlain() bool {
	p, way := x.h.Policy, wayOf(x.r)
	return p.IsPlain(x.Fields) && x.Credentials.None() &&
		len(x.Vary) == len(p.VaryHeaders) && len(p.VaryValues) == 0 && len(p.TrustedProxies) == 0 &&
		way.uri != "" && way.length() <= maxWay
}

// serveHot answers a request that asks in a hot way, and reports whether it did.
func (h *Handler) serveHot(w http.ResponseWriter, r *http.Request) bool {
	hot := h.hot.find(r)
	if hot == nil || enclosureOf(r.Context()) != nil {
		return false
	}
	if hot.known.isRemembered() {
		return h.passHot(w, r, hot)
	}
	return h.serveHotPage(w, r, hot, hooks.Cache.HandlerFrom(r.Context()))
}

// ServeUnscoped is serveHot for a request without a scope, to which these caches would
// be given. A page is all that can be served without one, if neither functions of
// options nor those who listen to the caches see the request or its context.
func (h *Handler) ServeUnscoped(w http.ResponseWriter, r *http.Request, caches *cache.Handler) bool {
	hot := h.hot.find(r)
	if hot == nil || enclosureOf(r.Context()) != nil || hot.known.isRemembered() || len(h.When) > 0 || hooks.Cache.IsObserved(hot.cache) {
		return false
	}
	return h.serveHotPage(w, r, hot, caches)
}

// serveHotPage answers with the page of a hot way, and reports whether it did. caches
// are those of the request.
func (h *Handler) serveHotPage(w http.ResponseWriter, r *http.Request, hot *hotWay, caches *cache.Handler) bool {
	f := h.FieldsOf(r.Header)
	header := w.Header()
	if !h.mayTake(hot, header, r, f) {
		return false
	}
	elapsed, isHot := hot.elapsed(r.Context(), caches)
	if !isHot || h.BypassReason(r, f) != reason.None {
		return false
	}
	p, body, age := hot.lookUp(r.Context(), caches, elapsed)
	if p == nil {
		return false
	}
	hot.noteHit(r.Context())
	out := newOutgoing(header, p)
	out.setHit(p, age)
	out.setPage(p)
	out.tell(h, p)
	h.sendBody(w, r, f, recorded{status: p.Status, body: body}, &p.Validators)
	return true
}

// mayTake reports whether a request that asks in a hot way is as plain as the one by
// which it became hot. outer is what others have set in the response's header: that may
// be for one client only.
func (h *Handler) mayTake(hot *hotWay, outer http.Header, r *http.Request, f policy.FieldKind) bool {
	return h.IsPlain(f) && h.IsAnonymous(r, f) && !h.IsExplained(r) && hot.selects(r.Header) && h.IsSilent(outer)
}

// passHot runs the handler for a request whose way leads past the cache, and reports
// whether it did.
func (h *Handler) passHot(w http.ResponseWriter, r *http.Request, hot *hotWay) bool {
	f := h.FieldsOf(r.Header)
	if !h.mayTake(hot, w.Header(), r, f) || !hot.known.holds() || h.BypassReason(r, f) != reason.None {
		return false
	}
	respwriter.SetField(w.Header(), "Cache-Status", []string{statusUncacheable[hot.known.why()]})
	h.serveUncached(h.next, w, r)
	return true
}

// statusUncacheable is what the responses to passes of hot ways say, for each reason
// for which the last response was not to be stored.
var statusUncacheable = func() (lines [len(reason.Texts)]string) {
	for why := range lines {
		lines[why] = forwarded{why: forwardURIMiss, detail: reason.Uncacheable, cause: reason.Reason(why)}.String()
	}
	return lines
}()
