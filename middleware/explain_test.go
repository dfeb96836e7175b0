package middleware_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

const why = "Larder-Explain: let-me-see"

// explained is an explanation in JSON.
type explained struct {
	Request, Outcome string
	Steps            []struct {
		Name, Says, Rule, Detail, Advice string
		Details                          []struct{ Name, Value string }
	}
}

// explain asks h for an explanation.
func explain(t *testing.T, h http.Handler, target string, fields ...string) explained {
	t.Helper()
	a := ask(h, target, append(fields, "Accept: application/json")...)
	if a.header.Get("Larder-Explain") != "explained" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Cache-Status") != "" {
		t.Fatalf("no explanation: %q, %q", a.header, a.body)
	}
	var e explained
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatalf("%v: %q", err, a.body)
	}
	return e
}

// says returns what the step of this name says, and its rule; of several the
// last.
func (e explained) says(name string) (text, rule string) {
	for _, s := range e.Steps {
		if s.Name == name {
			text, rule = s.Says, s.Rule
		}
	}
	return text, rule
}

// detail returns a detail of the last step that has it.
func (e explained) detail(name string) (value string) {
	for _, s := range e.Steps {
		for _, d := range s.Details {
			if d.Name == name {
				value = d.Value
			}
		}
	}
	return value
}

func (e explained) want(t *testing.T, outcome string, steps ...string) {
	t.Helper()
	if !strings.Contains(e.Outcome, outcome) {
		t.Errorf("the outcome is %q, want %q", e.Outcome, outcome)
	}
	for _, step := range steps {
		name, text, _ := strings.Cut(step, ": ")
		if says, rule := e.says(name); !strings.Contains(says+" ["+rule+"]", text) {
			t.Errorf("%s: %q [%s], want %q", name, says, rule, text)
		}
	}
}

// An explanation says what is stored, its age and the decision at each stage of a page's life.
func TestAnExplanationGoesThroughTheLifeOfAPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := answering("the body", "Vary: X-A", "Cache-Control: s-maxage=60, stale-while-revalidate=30, stale-if-error=600", `ETag: "tag"`, "X-Secret: field")
		caches := inMemory(t)
		p := within(caches, middleware.Site(middleware.Explain("let-me-see"))(h))

		explain(t, p, "/page?x=1", why).want(t, "the handler runs, for all", "policy: Site", "stored: nothing", "decision: [RFC 9111, section 4]")
		h.wantRuns(t, 0)

		ask(p, "/page?x=1", "X-A: 1").wantBody(t, "the body")
		time.Sleep(20 * time.Second)
		e := explain(t, p, "/page?x=1", why, "X-A: 1")
		e.want(t, "hit: the stored response is sent", "stored: a response", "decision: fresh [RFC 9111, section 4.2]")
		for name, want := range map[string]string{
			"age": "20s", "freshness lifetime": "1m0s, by s-maxage", "fresh for": "40s", "stale-while-revalidate": "30s", "stale-if-error": "10m0s",
			"status": "200", "Vary": "X-A", "path": "/page", "query": "x=1", "host": "example.com", "kind of client": "anonymous",
		} {
			if got := e.detail(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		explain(t, p, "/page?x=1", why, "X-A: 1", `If-None-Match: "tag"`).want(t, "as 304")
		explain(t, p, "/page?x=1", why, "X-A: 2").want(t, "the handler runs, for all", "stored: nothing")

		time.Sleep(50 * time.Second)
		explain(t, p, "/page?x=1", why, "X-A: 1").want(t, "refreshed in the background", "decision: stale-while-revalidate [RFC 5861, section 3]")
		time.Sleep(50 * time.Second)
		explain(t, p, "/page?x=1", why, "X-A: 1").want(t, "may answer 304", "decision: [RFC 9111, section 4.2.4]", "errors: [RFC 5861, section 4]")

		if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com/"); err != nil {
			t.Fatal(err)
		}
		explain(t, p, "/page?x=1", why, "X-A: 1").want(t, "the handler runs, for all", "purge: [PurgePrefix]")
		if err := plainPages.Purge(caches.Scope(t.Context()), "http://example.com/page?x=1"); err != nil {
			t.Fatal(err)
		}
		explain(t, p, "/page?x=1", why, "X-A: 1").want(t, "the handler runs, for all", "stored: it was purged")
		h.wantRuns(t, 1)
	})
}

// An explanation names the reason and the section that it comes from.
func TestAnExplanationNamesTheReason(t *testing.T) {
	p := cached(t, answering("page"), middleware.Explain("let-me-see"), middleware.When(func(r *http.Request) bool { return r.URL.Path != "/when" }))
	explain(t, p, "/when", why).want(t, "for this request alone", "request: [When]")
	explain(t, p, "/page", why, "Upgrade: websocket").want(t, "for this request alone", "request: [RFC 9110, section 7.8]")
	e := explain(t, p, "/page", why, "Cookie: session=1; theme=x", "Authorization: Basic x")
	e.want(t, "the handler runs", "credentials: Cookie, Authorization", "credentials: [RFC 9111, section 3.5]")
	if e.detail("kind of client") != "credentials" || e.detail("undeclared cookie") != "theme" {
		t.Errorf("%+v", e)
	}

	p = within(inMemory(t), middleware.Shared(middleware.Explain("let-me-see"))(answering("page", "Cache-Control: max-age=60")))
	explain(t, p, "/page", why, "Cache-Control: only-if-cached").want(t, "504", "refusal: [RFC 9111, section 5.2.1.7]")
	ask(p, "/page")
	explain(t, p, "/page", why, "Cache-Control: no-cache").want(t, "replaces", "decision: [RFC 9111, section 5.2.1.4]")
	explain(t, p, "/page", why, "Cache-Control: only-if-cached, no-cache").want(t, "504")

	p = cached(t, answering("page", "Cache-Control: private"), middleware.Explain("let-me-see"))
	ask(p, "/page")
	explain(t, p, "/page", why).want(t, "for this request alone", "decision: in the last ten seconds")

	dead := new(backend)
	dead.failWith(errors.New("down"))
	p = within(newCaches(t, dead.config()), middleware.CachePage(ttl, middleware.Explain("let-me-see"))(answering("page")))
	explain(t, p, "/page", why).want(t, "for this request alone", "stored: the cache failed")
}

// An explanation with "; run" runs the handler, and says what becomes of its response.
func TestAnExplanationThatRunsTheHandlerSaysWhatBecomesOfItsResponse(t *testing.T) {
	const run = why + "; run"
	for name, test := range map[string]struct {
		h       http.HandlerFunc
		opts    []middleware.PageOption
		fields  []string
		outcome string
		step    string
		detail  [2]string
	}{
		"stored":     {h: answering("page", "Vary: X-A").serve, outcome: "is stored, for all", step: "variants: X-A", detail: [2]string{"freshness lifetime", "1h0m0s, by the ttl of CachePage"}},
		"by status":  {h: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, opts: []middleware.PageOption{middleware.StatusTTL(404, time.Minute)}, outcome: "is stored, for all", detail: [2]string{"freshness lifetime", "1m0s, by StatusTTL"}},
		"private":    {h: answering("page", "Cache-Control: private").serve, outcome: "is not stored", step: "response: private [RFC 9111, section 5.2.2.7]"},
		"a cookie":   {h: answering("page", "set-cookie: a=1").serve, outcome: "is not stored", step: "response: cookie"},
		"session":    {h: answering("page").serve, fields: []string{"Cookie: a=1"}, outcome: "is not stored", step: "response: [RFC 9111, section 3.5]"},
		"too large":  {h: answering(strings.Repeat("x", 100)).serve, opts: []middleware.PageOption{middleware.MaxBody(99)}, outcome: "is not stored", step: "response: [MaxBody]"},
		"truncated":  {h: answering("x", "Content-Length: 5").serve, outcome: "is not stored", step: "response: Content-Length"},
		"trailers":   {h: answering("x", "Trailer: X-End").serve, outcome: "is not stored", step: "response: trailers"},
		"late":       {h: func(w http.ResponseWriter, _ *http.Request) { w.Write(nil); w.Header().Set("Trailer:X-End", "1") }, outcome: "is not stored", step: "response: trailers"},
		"stream":     {h: answering("x", "Content-Type: text/event-stream").serve, outcome: "is not stored", step: "response: server-sent"},
		"a panic":    {h: func(http.ResponseWriter, *http.Request) { panic("x") }, outcome: "aborted", step: "run: panicked"},
		"a hijacker": {h: func(w http.ResponseWriter, _ *http.Request) { _, _, _ = http.NewResponseController(w).Hijack() }, outcome: "is not stored", step: "response: connection"},
		"early hint": {h: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(200) }, outcome: "is stored"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &handler{serve: test.h}
			p := cached(t, h, append(test.opts, middleware.Explain("let-me-see"))...)
			for range 2 { // nothing is stored, nor remembered
				e := explain(t, p, "/page", append(test.fields, run)...)
				e.want(t, test.outcome, "stored: nothing", "decision: no response to use")
				if test.step != "" {
					e.want(t, "", test.step)
				}
				if got := e.detail(test.detail[0]); got != test.detail[1] {
					t.Errorf("%s is %q, want %q", test.detail[0], got, test.detail[1])
				}
			}
			h.wantRuns(t, 2)
		})
	}
}

// What an explanation with "; run" says is the detail of Cache-Status when it is done.
// RFC 9211, 2.8
func TestAnExplanationAgreesWithWhatIsDone(t *testing.T) {
	// What "; run" says is the detail of Cache-Status when it is done.
	for _, field := range []string{
		"X: 1", "Cache-Control: no-store", "Cache-Control: private", "Cache-Control: no-cache", "Cache-Control: max-age=0", "Set-Cookie: a=1",
		"Vary: *", "Vary: Range", "Expires: 0", "Content-Type: text/event-stream", "Cache-Control: max-age=5", "Cache-Status: larder; hit",
	} {
		for _, cookie := range []string{"", "Cookie: a=1"} {
			for name, mode := range map[string]func(...middleware.PageOption) func(http.Handler) http.Handler{
				"CachePage": func(opts ...middleware.PageOption) func(http.Handler) http.Handler {
					return middleware.CachePage(time.Minute, opts...)
				},
				"Site": middleware.Site, "Shared": middleware.Shared,
			} {
				p := within(inMemory(t), mode(middleware.Explain("let-me-see"))(answering("page", field)))
				var detail string
				for _, s := range explain(t, p, "/page", cookie, why+"; run").Steps {
					if s.Name == "response" {
						detail = s.Detail
					}
				}
				_, done, _ := strings.Cut(ask(p, "/page", cookie).cacheStatus(), "; detail=")
				if done != detail {
					t.Errorf("%s, %q, %q: explained as %q, done is %q", name, field, cookie, detail, done)
				}
			}
		}
	}
}

// Without the secret there is no explanation, and no sign that there could be one.
func TestWithoutTheSecretThereIsNoExplanation(t *testing.T) {
	h := answering("page")
	p := cached(t, h, middleware.Explain("let-me-see"))
	for _, field := range []string{
		"Larder-Explain: ", "Larder-Explain: let-me-se", "Larder-Explain: let-me-seee", "Larder-Explain: LET-ME-SEE", "Larder-Explain: ; run",
		"Larder-Explain: let-me-see; stop", "Larder-Explain: let-me-see;", "X-Larder-Explain: let-me-see",
	} {
		if a := ask(p, "/page", field); a.body != "page" || a.header.Get("Larder-Explain") != "" {
			t.Errorf("%s: %q", field, a.body)
		}
	}
	if a := ask(p, "/page", why, why); a.body != "page" {
		t.Errorf("two lines: %q", a.body)
	}
	if a := ask(cached(t, h), "/page", why); a.body != "page" {
		t.Errorf("without the option: %q", a.body)
	}
	for _, bad := range []string{"", " ", "a b", "a;b", "ä", "a\n"} {
		if panicOf(func() { middleware.Site(middleware.Explain(bad)) }) == nil {
			t.Errorf("Explain(%q) does not panic", bad)
		}
	}
}

// An explanation shows names, never values, of fields and cookies.
func TestAnExplanationShowsNoValues(t *testing.T) {
	const secret = "s3cretVALUE"
	h := answering(secret, "X-Field: "+secret, "ETag: \""+secret+"\"", "Vary: X-A, Authorization, Cookie", "Cache-Control: public, max-age=60")
	p := cached(t, h, middleware.Explain("let-me-see"), middleware.VaryByCookie("locale"),
		middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-B") }))
	fields := []string{"Cookie: locale=" + secret + "; session=" + secret, "Authorization: Bearer " + secret, "X-A: " + secret, "X-B: " + secret}
	ask(p, "/page", fields...)
	for _, line := range []string{why, why + "; run"} {
		a := ask(p, "/page", append(fields, line)...)
		if !strings.Contains(a.body, "a response") || !strings.Contains(a.body, "Cookie locale") || strings.Contains(a.body, secret) || strings.Contains(a.body, "let-me-see") {
			t.Error(a.body)
		}
	}
	h.wantRuns(t, 2)
}

// Whatever makes a difference to a key is in its explanation.
func TestTheExplanationOfAKeyIsComplete(t *testing.T) {
	p := cached(t, answering("page"), middleware.Explain("let-me-see"), middleware.VaryByCookie("locale"), middleware.VaryByHeader("X-A"),
		middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-B") }))
	seen := make(map[string]string)
	for _, r := range []*http.Request{
		request("GET", "/page"), request("GET", "/page?"), request("GET", "/page?x"), request("GET", "/Page"), request("GET", "https://example.com/page"),
		request("GET", "http://example.org/page"), request("GET", "/page", "Cookie: locale=a"), request("GET", "/page", "Cookie: locale=b"),
		request("GET", "/page", "Cookie: locale="), request("GET", "/page", "Cookie: session=1"), request("GET", "/page", "X-A: 1"),
		request("GET", "/page", "X-A: "), request("GET", "/page", "X-A: 2"), request("GET", "/page", "X-B: 1"), request("GET", "/page", "X-B: 2"),
	} {
		addFields(r.Header, []string{why, "Accept: application/json"})
		var e explained
		if err := json.Unmarshal([]byte(send(p, r).body), &e); err != nil {
			t.Fatal(err)
		}
		for _, s := range e.Steps {
			if s.Name != "key" {
				continue
			}
			var b strings.Builder
			for _, d := range s.Details {
				b.WriteString(d.Name + "=" + d.Value + "\n")
			}
			if earlier, ok := seen[b.String()]; ok && earlier != s.Says {
				t.Errorf("%s %q: another key with the same explanation:\n%s", r.URL, r.Header, b.String())
			}
			seen[b.String()] = s.Says
		}
	}
	// "/page?" and "/page" are one. The key is a hash of the page's own part only.
	if len(seen) != 14 {
		t.Errorf("%d explanations", len(seen))
	}
}

// An explanation is stored nowhere, not even by an outer cache.
func TestAnExplanationIsOfOneRequestAndStoredNowhere(t *testing.T) {
	h := answering("page")
	caches := inMemory(t)
	inner := middleware.CachePage(ttl, middleware.Explain("let-me-see"))(h)
	p := within(caches, middleware.Site(middleware.KeyPrefix("outer"))(inner))
	if a := ask(p, "/page", why); !strings.Contains(a.body, "outcome") || strings.Contains(a.cacheStatus(), "stored") {
		t.Errorf("%q, %q", a.body, a.cacheStatus())
	}
	ask(p, "/page").wantBody(t, "page")
	h.wantRuns(t, 1)
}

// An explanation is sent as plain text, and to HEAD as a header.
func TestAnExplanationOverAConnection(t *testing.T) {
	s := newServer(t, cached(t, answering("page"), middleware.Explain("let-me-see")))
	a := fetch(t, s, "GET", "/page", why, "Cookie: session=1")
	t.Logf("\n%s", a.body)
	if !strings.HasPrefix(a.body, "GET /page of 127.0.0.1") || !strings.Contains(a.body, "\noutcome ") || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%q", a.body)
	}
	if a := fetch(t, s, "HEAD", "/page", why); a.body != "" || a.header.Get("Larder-Explain") == "" {
		t.Errorf("HEAD: %q %q", a.header, a.body)
	}
	r := httptest.NewRequest("POST", "/page", strings.NewReader("x"))
	r.Header.Set("Larder-Explain", "let-me-see; run")
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }}
	if a := send(cached(t, h, middleware.Explain("let-me-see")), r); !strings.Contains(a.body, "neither GET nor HEAD") {
		t.Errorf("POST: %q", a.body)
	}
	h.wantRuns(t, 0) // it may change something
}

// An explanation of an uncacheable page names the reason of its last response.
func TestAnExplanationNamesTheCauseOfAnUncacheablePage(t *testing.T) {
	h := answering("page", "Cache-Control: private")
	p := cached(t, h, middleware.Explain("let-me-see"))
	ask(p, "/page")
	explain(t, p, "/page", why).want(t, "the handler runs for this request alone",
		"decision: the last response for this page", "cause: the response says private [RFC 9111, section 5.2.2.7]")
	explain(t, p, "/page", why, "Cookie: a=1").want(t, "the handler runs, for all")
}

// An explanation of an event stream ends at its header: the stream has no end, so the handler is
// told to stop.
func TestAnExplanationOfAnEventStreamEndsAtItsHeader(t *testing.T) {
	for name, stream := range map[string]http.HandlerFunc{
		"until the client leaves": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"until a write fails": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for {
				if _, err := io.WriteString(w, "data: 1\n\n"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := cached(t, stream, middleware.Explain("let-me-see"))
				began := time.Now()
				explain(t, p, "/events", why+"; run").want(t, "not stored", "response: a stream of server-sent events")
				if took := time.Since(began); took > time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
