package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/middleware"
)

// shopServer is a server with pages of every verdict.
func shopServer(t *testing.T) (address string) {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caches.Shutdown(context.Background()) })
	page := func(of func(*http.Request) string, opts ...middleware.PageOption) http.Handler {
		policy := middleware.NewPolicy(time.Hour, append(opts, middleware.Explain("let-me-see"))...)
		return policy.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<p>%s</p>", of(r)) }))
	}
	user := func(r *http.Request) string { name, _ := r.Context().Value(userKey{}).(string); return name }
	mux := http.NewServeMux()
	mux.Handle("/safe", page(func(*http.Request) string { return "news" }))
	mux.Handle("/unsafe", page(func(r *http.Request) string { return r.Header.Get("HX-Request") }))
	mux.Handle("/time", page(func(*http.Request) string { return time.Now().Format(time.RFC1123) }))
	mux.Handle("/account", sessions(page(user, middleware.IgnoreCookies("shop"))))
	mux.Handle("/declared", sessions(page(user, middleware.IgnoreCookies("shop"), middleware.VaryByNamed("user", user))))
	mux.Handle("/acme", page(func(r *http.Request) string { return r.Header.Get("X-Acme") }))
	mux.Handle("/moved/", page(func(*http.Request) string { return "moved" }))
	mux.HandleFunc("/other", func(w http.ResponseWriter, _ *http.Request) {})
	s := httptest.NewServer(middleware.Lifecycle(middleware.WithCaches(caches))(mux))
	t.Cleanup(s.Close)
	return s.URL
}

type userKey struct{}

// sessions keeps the user of a session in the context.
func sessions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "stranger"
		if c, err := r.Cookie("shop"); err == nil {
			name = map[string]string{"s-1": "Ada", "s-2": "Bob"}[c.Value]
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, name)))
	})
}

var twoUsers = []string{"--as", "Cookie: shop=s-1", "--as", "Cookie: shop=s-2"}

func TestAuditSaysWhetherAPageIsSafe(t *testing.T) {
	site := shopServer(t)
	for _, test := range []struct {
		page string
		args []string
		code int
		says []string
	}{
		{"/safe", twoUsers, exitDone, []string{"safe: 0 unsafe, 0 not judged"}},
		{"/unsafe", twoUsers, exitNo, []string{"unsafe: GET /unsafe: Hx-Request: true", `"<p>true</p>", not "<p></p>"`, `middleware.VaryByHeader("Hx-Request")`}},
		{"/time", twoUsers, exitNo, []string{"unsafe: GET /time: the same request again", "a time stamp"}},
		{"/account", twoUsers, exitNo, []string{"unsafe: GET /account: user 2 and user 1", `"<p>Ada</p>", not "<p>Bob</p>"`, `middleware.VaryByNamed("user", userOf)`}},
		{"/declared", twoUsers, exitDone, []string{"safe:"}},
		{"/acme", twoUsers, exitDone, []string{"safe:"}},
		{"/acme", append([]string{"--change", "X-Acme: 1"}, twoUsers...), exitNo, []string{"unsafe: GET /acme: X-Acme: 1"}},
		{"/safe", twoUsers[:2], exitNotJudged, []string{"not judged: GET /safe: users", "give --as"}},
		{"/unsafe", nil, exitNo, []string{"1 unsafe, 1 not judged"}},
		{"/other", twoUsers, exitNotJudged, []string{"no cached page has answered (status 200)"}},
		{"/moved", twoUsers, exitNotJudged, []string{"to /moved/"}},
	} {
		t.Run(test.page, func(t *testing.T) {
			t.Parallel()
			larder(t, append([]string{"audit", site + test.page, "--secret", "let-me-see"}, test.args...)...).says(t, test.code, test.says...)
		})
	}
}

func TestAuditAsJSON(t *testing.T) {
	site := shopServer(t)
	o := larder(t, "audit", site+"/unsafe", "--secret", "let-me-see", "--json")
	var got struct {
		Verdict  string
		Findings []struct{ Input, Verdict, Line string }
	}
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil || got.Verdict != "unsafe" || got.Findings[0].Line != `middleware.VaryByHeader("Hx-Request")` || strings.Count(o.stdout, "\n") != 1 || o.code != exitNo {
		t.Errorf("%v: %d, %q", err, o.code, o.stdout)
	}
}

// Without the secret one request is sent: others would store what they get for everyone.
func TestAuditWithoutTheSecretJudgesNothing(t *testing.T) {
	site := shopServer(t)
	larder(t, "audit", site+"/safe").says(t, exitNotJudged, "it takes the server's secret", "1 requests sent")
	larder(t, "audit", site+"/safe").says(t, exitNotJudged, "the answer was stored (larder); it takes the server's secret")
	larder(t, "audit", site+"/safe", "--secret", "wrong").says(t, exitNotJudged, "no Explain option here, or another secret")
	larder(t, "audit", site+"/other", "--secret", "wrong").says(t, exitNotJudged, "no cached page has answered")
}

func TestAuditSendsNothingButGETsAndItsSecretToNobodyElse(t *testing.T) {
	var asked, secrets atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked.Add(1) }))
	defer other.Close()
	t.Setenv("HTTP_PROXY", other.URL)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("the method is %s", r.Method)
		}
		if strings.HasPrefix(r.Header.Get("Larder-Explain"), "let-me-see;") {
			secrets.Add(1)
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer page.Close()
	larder(t, "audit", page.URL, "--secret", "let-me-see").says(t, exitNotJudged, "no cached page has answered: the status is 302")
	larder(t, "audit", "http://example.org/", "--secret", "let-me-see").says(t, exitUsage, "example.org is not on this machine: --remote")
	larder(t, "audit", "http://example.org/").says(t, exitUsage, "--remote")
	if asked.Load() != 0 || secrets.Load() == 0 {
		t.Errorf("another server was asked %d times; the page's got the secret %d times", asked.Load(), secrets.Load())
	}
}

// Answers that are none, and those of a server that refuses after some requests, are not
// judged.
func TestAuditDoesNotJudgeByAnswersThatSayNothing(t *testing.T) {
	for body, says := range map[string]string{`{"pages":[]}`: "the answer names no page", `{}`: "the answer names no page", `{"pages":`: "cannot be read"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Larder-Explain", "audited")
			fmt.Fprint(w, body)
		}))
		larder(t, append([]string{"audit", s.URL, "--secret", "s"}, twoUsers...)...).says(t, exitNotJudged, says)
		s.Close()
	}
	var asked atomic.Int32
	page := middleware.NewPolicy(time.Hour, middleware.Explain("s")).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 100 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, "news")
	}))
	s := httptest.NewServer(page)
	defer s.Close()
	larder(t, append([]string{"audit", s.URL, "--secret", "s"}, twoUsers...)...).says(t, exitNotJudged, "more", "the page has failed with status 429")
}

func TestAuditRefusesWhatItCannotAsk(t *testing.T) {
	larder(t, "audit").says(t, exitUsage, "expected")
	larder(t, "audit", "/page").says(t, exitUsage, "has to be a URL")
	larder(t, "audit", "http://localhost/", "--as", "shop").says(t, exitUsage, "--as takes a field")
	larder(t, "audit", "http://localhost/", "-H", "shop").says(t, exitUsage, "-H takes a field")
	larder(t, "audit", "http://localhost/", "--change", "shop").says(t, exitUsage, "--change takes a field")
	larder(t, "audit", "http://localhost/", "--harmless", "x seen").says(t, exitUsage, `--harmless: "x seen" is not the name of a field`)
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	o := larder(t, "audit", "http://u:"+marker+"@"+closed+"/page", "--secret", marker)
	o.says(t, exitFailed, "refused")
	wantNoMarker(t, o)
	larder(t, "audit", "http://"+serve(t, unresponsive)+"/page", "--secret", "s", "--wait", "50ms").says(t, exitFailed, "deadline")
}

func TestAuditDrivesNoTerminal(t *testing.T) {
	page := middleware.NewPolicy(time.Hour, middleware.Explain("s")).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Odd", strings.ReplaceAll(hostile, "\r", ""))
		fmt.Fprint(w, hostile, r.UserAgent(), r.Header.Get("Accept"))
	}))
	s := httptest.NewServer(page)
	defer s.Close()
	wantHarmless(t, larder(t, "audit", s.URL, "--secret", "s"))
	wantHarmless(t, larder(t, "audit", s.URL, "--secret", "s", "--json"))
}
