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

// fastPaths remembers how requests were answered a moment ago: with a page that was a hit, or
// by the handler, past the cache. A request with a remembered signature skips key building and
// classification. It gets the page if the store still has the same one, so that nothing except
// its age can have changed; or it goes to the handler, as long as the negative cache says so.
//
// It is a table of fixed size that keeps no page alive, so clients cannot fill it. A signature
// gets a slot when what is remembered there has expired.
type fastPaths struct {
	table atomic.Pointer[[fastSlots]atomic.Pointer[fastPath]]
}

const (
	fastSlots = 1024

	// fastFor is how old the list of purges may be by which a page is served on the fast
	// path. After that everything is checked again, by the store too, which has to see
	// that the page is used.
	fastFor = purge.RulesInterval

	// maxSignature is how many bytes a remembered signature has at most, and the request
	// fields by which its page is selected.
	maxSignature = 512
)

// fastPath is how a request with this signature was answered. It never changes.
type fastPath struct {
	signature signature
	decidedAt time.Time
	validFor  time.Duration // after decidedAt
	memoizedHit

	// known is why such a request bypasses the cache. It is nothing if there is a page.
	known remembered
}

// signature is how a request asks for a page. Of two requests for which it is the same,
// and that have nothing else that a page may depend on, the key is the same.
type signature struct {
	host, uri            string
	scheme, authority    string // of the URL as the handler gets it
	path, rawPath, query string
	secure               bool
}

func signatureOf(r *http.Request) signature {
	u := r.URL
	return signature{r.Host, r.RequestURI, u.Scheme, u.Host, u.Path, u.RawPath, u.RawQuery, r.TLS != nil}
}

// length is how many bytes the texts of a signature have.
func (s *signature) length() int {
	return len(s.host) + len(s.uri) + len(s.scheme) + len(s.authority) + len(s.path) + len(s.rawPath) + len(s.query)
}

func fastSlot(r *http.Request) uint64 {
	return (maphash.String(memorySeed, r.RequestURI) ^ maphash.String(memorySeed, r.Host)>>1) % fastSlots
}

// find returns what is remembered of the signature of a request, or nil.
func (fs *fastPaths) find(r *http.Request) *fastPath {
	table := fs.table.Load()
	if table == nil {
		return nil
	}
	if path := table[fastSlot(r)].Load(); path != nil && path.signature == signatureOf(r) {
		return path
	}
	return nil
}

// memoizePass remembers the signature of a request that is going to bypass the cache.
func (fs *fastPaths) memoizePass(x *requestFlow, known remembered) {
	if x.h.next == nil {
		return // a handler whose life is that of the request is run by the request flow
	}
	now := time.Now()
	if !x.isPlain() || len(x.Vary) > 0 || fs.isTaken(x.r, now) {
		return
	}
	if selecting, few := x.fieldsNamed(x.h.selectors.find(x.canonical)); few {
		fs.keep(x.r, &fastPath{decidedAt: now, validFor: fastFor, known: known, memoizedHit: memoizedHit{selecting: selecting}})
	}
}

// isTaken reports whether the slot of a request is in use for another signature. That is
// asked before one is made: mostly another variant of the same page is there.
func (fs *fastPaths) isTaken(r *http.Request, now time.Time) bool {
	table := fs.table.Load()
	if table == nil {
		return false
	}
	there := table[fastSlot(r)].Load()
	return there != nil && now.Sub(there.decidedAt) < there.validFor && (there.signature != signatureOf(r) || !there.selects(r.Header))
}

func (fs *fastPaths) keep(r *http.Request, path *fastPath) {
	table := fs.table.Load()
	if table == nil {
		fs.table.CompareAndSwap(nil, new([fastSlots]atomic.Pointer[fastPath]))
		table = fs.table.Load()
	}
	path.signature = signatureOf(r)
	table[fastSlot(r)].Store(path)
}

// isPlain reports whether every plain request with the same signature gets what this one
// does, except for the fields by which it selects a page.
func (x *requestFlow) isPlain() bool {
	p, sig := x.h.Policy, signatureOf(x.r)
	return p.IsPlain(x.Fields) && x.Credentials.None() &&
		len(x.Vary) == len(p.VaryHeaders) && len(p.VaryValues) == 0 && len(p.TrustedProxies) == 0 &&
		sig.uri != "" && sig.length() <= maxSignature
}

// serveFast answers a request with a remembered signature, and reports whether it did.
func (h *Handler) serveFast(w http.ResponseWriter, r *http.Request) bool {
	path := h.fast.find(r)
	if path == nil || enclosureOf(r.Context()) != nil {
		return false
	}
	if path.known.isRemembered() {
		return h.passFast(w, r, path)
	}
	return h.serveMemoized(w, r, path, hooks.Cache.HandlerFrom(r.Context()))
}

// ServeUnscoped is serveFast for a request without a scope, to which these caches would
// be given. Only a page can be served without one, and only if neither functions of options
// nor listeners to the caches' events see the request or its context.
func (h *Handler) ServeUnscoped(w http.ResponseWriter, r *http.Request, caches *cache.Handler) bool {
	path := h.fast.find(r)
	if path == nil || enclosureOf(r.Context()) != nil || path.known.isRemembered() || len(h.When) > 0 || hooks.Cache.IsObserved(path.cache) {
		return false
	}
	return h.serveMemoized(w, r, path, caches)
}

// serveMemoized answers with the page of a remembered signature, and reports whether it did.
// caches are those of the request.
func (h *Handler) serveMemoized(w http.ResponseWriter, r *http.Request, path *fastPath, caches *cache.Handler) bool {
	f := h.FieldsOf(r.Header)
	header := w.Header()
	if !h.mayServeFast(path, header, r, f) {
		return false
	}
	elapsed, isCurrent := path.elapsed(r.Context(), caches)
	if !isCurrent || h.BypassReason(r, f) != reason.None {
		return false
	}
	p, body, age := path.lookUp(r.Context(), caches, elapsed)
	if p == nil {
		return false
	}
	path.noteHit(r.Context())
	out := newOutgoing(header, p)
	out.setHit(p, age)
	out.setPage(p)
	out.setClientHeaders(h, p)
	h.sendBody(w, r, f, recorded{status: p.Status, body: body}, &p.Validators)
	return true
}

// mayServeFast reports whether a request is as plain as the one by which its signature was
// remembered. outer is what others have set in the response's header: that may be for one
// client only.
func (h *Handler) mayServeFast(path *fastPath, outer http.Header, r *http.Request, f policy.FieldKind) bool {
	return h.IsPlain(f) && h.IsAnonymous(r, f) && !h.IsExplained(r) && path.selects(r.Header) && h.PermitsStoring(outer)
}

// passFast runs the handler for a request that bypasses the cache, and reports whether it
// did.
func (h *Handler) passFast(w http.ResponseWriter, r *http.Request, path *fastPath) bool {
	f := h.FieldsOf(r.Header)
	if !h.mayServeFast(path, w.Header(), r, f) || !path.known.holds() || h.BypassReason(r, f) != reason.None {
		return false
	}
	respwriter.SetField(w.Header(), "Cache-Status", []string{statusUncacheable[path.known.why()]})
	h.serveUncached(h.next, w, r)
	return true
}

// statusUncacheable is what the responses of passFast say, for each reason
// for which the last response was not to be stored.
var statusUncacheable = func() (lines [len(reason.Texts)]string) {
	for why := range lines {
		lines[why] = forwarded{why: forwardURIMiss, detail: reason.Uncacheable, cause: reason.Reason(why)}.String()
	}
	return lines
}()
