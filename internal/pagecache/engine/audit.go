package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/larder-go/larder/internal/explain"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// An audit (see package pagetest) compares what the handlers of pages make of requests
// that differ in one thing. A request of an audit reaches all pages around the handler, the
// inner ones too, and uses nothing that they have stored. The outermost answers for all.

// audit is what a request of an audit has met with so far.
type audit struct {
	mu    sync.Mutex
	pages []explain.Page
}

// add makes room for a page, so that outer ones are before inner ones.
func (a *audit) add() (at int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pages = append(a.pages, explain.Page{})
	return len(a.pages) - 1
}

func (a *audit) set(at int, p explain.Page) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pages[at] = p
}

// auditOf returns the audit that a request belongs to, which has come to another page
// before, or nil.
func auditOf(ctx context.Context) *audit {
	if e := enclosureOf(ctx); e != nil {
		return e.audit
	}
	return nil
}

// answerAudit answers a request of an audit. Outer middleware sees the status and the
// kind of content of the page, and may add to the header what it adds to the page's.
func (x *requestFlow) answerAudit() {
	x.withoutField()
	a := new(audit)
	w := newWitness(x.w, false)
	finishAudit := x.observe(a, w)
	client := x.w
	header := client.Header()
	own := auditHeader(w.sent["Content-Type"])
	maps.Copy(header, own)
	if respwriter.BodyAllowed(w.status) {
		client.WriteHeader(w.status)
	} else {
		client.WriteHeader(http.StatusOK)
	}
	finishAudit(withoutOwn(header, own, w.before))
	data, err := json.Marshal(explain.Answer{Pages: a.pages})
	if err != nil {
		panic(err) // an Answer has only texts and numbers
	}
	_, _ = client.Write(data) // the client has left: nothing can be reported to it
}

// auditHeader is the header of an answer to an audit. No cache stores it. These lines of
// Cache-Control are written nowhere else, so what others add is distinguished from them.
func auditHeader(contentType []string) http.Header {
	header := http.Header{
		policy.ExplainField:      {explain.Audited},
		"Cache-Control":          {"no-store, no-transform, max-age=0"},
		"X-Content-Type-Options": {"nosniff"},
	}
	if contentType != nil {
		header["Content-Type"] = contentType
	}
	return header
}

// withoutOwn returns a header as it would be without own lines, and with those that were
// there before them.
func withoutOwn(header, own, before http.Header) http.Header {
	header = respwriter.Canonical(header)
	for name, lines := range own {
		header[name] = slices.DeleteFunc(header[name], func(line string) bool { return slices.Contains(lines, line) })
		if len(header[name]) == 0 {
			delete(header, name)
			if before[name] != nil {
				header[name] = before[name]
			}
		}
	}
	return header
}

// joinAudit is answerAudit for an inner page: the response goes on to the outer one.
func (x *requestFlow) joinAudit(a *audit) {
	w := newWitness(x.w, true)
	x.observe(a, w)(w.before)
	if w.panicked != nil {
		panic(w.panicked)
	}
}

// observe runs the handler for an audit. The caller calls finishAudit with the header of
// outer middleware as it is in the end.
func (x *requestFlow) observe(a *audit, w *witness) (finishAudit func(outer http.Header)) {
	at := a.add()
	p := explain.Page{Policy: summary(x.h.Policy)}
	r := x.auditRequest(&p)
	u := &run{x: x, recorder: new(recorder), requested: time.Now()}
	u.inside = enclosure{Context: x.r.Context(), x: x, outer: enclosureOf(x.r.Context()), audit: a}
	u.outer = outerHeader{before: w.before, known: w.before}
	var ctx context.Context
	ctx, w.stop = context.WithCancel(&u.inside)
	u.inside.enter()
	w.run(x.next, r.WithContext(ctx))
	w.stop()
	u.inside.leave()
	u.recorder.edits = respwriter.EditsOf(w.before, w.sent)
	p.Response = w.response(u.recorder.edits.Own)
	if x.h.StripSetCookie {
		delete(p.Response.Header, "Set-Cookie") // which is not stored
	}
	return func(outer http.Header) {
		x.w = &sink{header: outer}
		x.describe(&p, u, w)
		a.set(at, p)
	}
}

// auditRequest classifies the request and makes its key, and returns the request that the
// handler gets: that of a stored page, with what proxies forward beside it, since a page
// that depends on that would be another one without the cache.
func (x *requestFlow) auditRequest(p *explain.Page) *http.Request {
	outer := x.w.Header()
	x.RequestInfo = x.h.Classify(outer, x.r)
	if p.Bypass = bypassText(x.Bypass); isGuard(x.Bypass) {
		x.RequestInfo = x.h.Classify(withoutGuarded(outer), x.r)
	}
	if x.Bypass != reason.None {
		return x.r
	}
	x.Note = func(part string, lines []string) {
		if d, ok := keyDetail(part, lines); ok {
			p.Parts = append(p.Parts, explain.Part{Name: d.Name, Value: d.Value})
		}
	}
	x.start()
	x.Note = nil
	for e := enclosureOf(x.r.Context()); e != nil; e = e.outer {
		x.join(e)
	}
	p.Key = digest(append([]byte(x.h.Alias+"\n"), x.canonical[:x.fullLen]...))
	p.Fields = x.selectingDigests()
	p.Credentials = x.Credentials
	p.Codings = strings.Join(x.Selecting(x.r.Header, "Accept-Encoding"), ", ")
	p.AnyCoding = x.h.Literal
	shared := x.SharedRequest(context.Background(), x.r, new(url.URL))
	for _, name := range x.removedByRule() {
		shared.Header[name] = slices.Clone(x.r.Header[name])
		p.Removed = append(p.Removed, name)
	}
	return shared
}

// removedByRule are the fields of the request that no option names, and that the handler
// of a stored page does not get though they are not about one client's connection or
// what it has already.
func (x *requestFlow) removedByRule() (names []string) {
	for name := range x.r.Header {
		hyphened := policy.WithHyphens(name)
		switch {
		case !x.Hides(name), x.Rules.Ignores(name), slices.Contains(x.Nominated, name):
		case policy.IsPartial(hyphened), slices.Contains(policy.OfConnection, hyphened), slices.Contains(policy.Special, hyphened):
		case len(x.h.TrustedProxies) > 0 && slices.Contains(policy.Believed, hyphened): // the option says of whom they count
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// selectingDigests are the request's fields, by digests of what a variant is selected by.
func (x *requestFlow) selectingDigests() map[string]string {
	digests := make(map[string]string)
	without := x.RequestInfo
	without.KeyCookies, without.UserCookies = nil, nil
	names := slices.Collect(maps.Keys(x.r.Header))
	for _, name := range append(names, "Accept-Encoding", "Cookie") {
		own := policy.AppendSelecting(nil, x.r.Header, &x.RequestInfo, []string{name})
		if none := policy.AppendSelecting(nil, nil, &without, []string{name}); string(own) != string(none) {
			digests[name] = digest(own)
		}
	}
	return digests
}

// describe says what would become of the response.
func (x *requestFlow) describe(p *explain.Page, u *run, w *witness) {
	why := x.Bypass
	if why == reason.None {
		why = u.review()
	}
	if why == reason.None {
		why = w.unstorable(u)
	}
	if isGuard(why) || why == reason.None && p.Bypass != "" {
		w.sent = withoutGuarded(w.sent)
		p.Guarded = x.Bypass == reason.None && w.unstorable(u) == reason.None
	}
	p.Why = bypassText(why)
	header := u.recorder.edits.Upon(u.outerNow())
	entry := page.New(nil, w.status, &u.recorder.edits, header, u.requested, time.Now(), x.h.Policy)
	p.Validated = entry.IsStaleAtBirth()
	p.Permission, p.Vary = entry.Sharing.Permission(), append(entry.Vary, u.outer.vary...)
}

// isGuard reports whether a reason is a guess that the response is one client's: it would
// be stored if the same content came without Set-Cookie, or without a policy.
func isGuard(why reason.Reason) bool { return why == reason.SetCookie || why == reason.Nonce }

// withoutGuarded returns a header without what isGuard is about.
func withoutGuarded(header http.Header) http.Header {
	header = respwriter.Canonical(header)
	for _, name := range [...]string{"Set-Cookie", "Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		delete(header, name)
	}
	return header
}

func bypassText(why reason.Reason) string {
	if why == reason.None {
		return ""
	}
	return why.String()
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}
