package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/middleware"
)

// website is a server with pages that are cached, and explained to those who know
// a secret.
func website(t *testing.T) (address string) {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caches.Shutdown(context.Background()) })
	mux := http.NewServeMux()
	policy := middleware.NewPolicy(time.Hour, middleware.Explain("let-me-see"))
	mux.Handle("/page", policy.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "the page's "+r.Host)
	})))
	mux.Handle("/private", policy.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "private")
	})))
	mux.HandleFunc("/other", func(w http.ResponseWriter, _ *http.Request) {})
	mux.HandleFunc("/rude", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Larder-Explain", "explained")
		w.Header().Set("Cache-Status", "\"rude\\\"\x9b2J\"; hit; detail=\"\x9b2J\"")
		_, _ = io.WriteString(w, "\x1b[2Jrude")
	})
	s := httptest.NewServer(middleware.Lifecycle(middleware.WithCaches(caches))(mux))
	t.Cleanup(s.Close)
	return s.URL
}

func TestExplainAsksTheServer(t *testing.T) {
	site := website(t)
	t.Setenv("LARDER_EXPLAIN", "let-me-see")
	larder(t, "explain", site+"/page").says(t, exitDone, "GET /page of 127.0.0.1", "stored       nothing", "outcome      the handler runs")
	larder(t, "explain", site+"/page", "-H", "Cookie: session=1, 2", "-H", "Host: shop.example").says(t, exitDone, "GET /page of shop.example", "undeclared cookie          session")
	larder(t, "explain", site+"/private", "--run").says(t, exitDone, "response     the response says private [RFC 9111, section 5.2.2.7]")
	o := larder(t, "explain", site+"/private", "--run", "--json")
	var said struct {
		Outcome string
		Steps   []struct{ Name, Detail string }
	}
	if err := json.Unmarshal([]byte(o.stdout), &said); err != nil || said.Outcome == "" || said.Steps[len(said.Steps)-1].Detail != "private" || strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("%v: %q", err, o.stdout)
	}
	t.Setenv("LARDER_EXPLAIN", "wrong")
	larder(t, "explain", site+"/page").says(t, exitNo, "it has no middleware.Explain here, or another secret")
	larder(t, "explain", site+"/page", "--secret", "let-me-see").says(t, exitDone, "outcome      hit: the stored response is sent")
	larder(t, "explain", site+"/other").says(t, exitNo, "the page is not behind a cache of larder")
}

func TestExplainWithoutASecretSaysWhatCacheStatusSays(t *testing.T) {
	site := website(t)
	larder(t, "explain", site+"/page").is(t, exitDone,
		"larder: forwarded: nothing was stored for the URL; the handler answered 200; the response was stored\n", "")
	larder(t, "explain", site+"/page").is(t, exitDone, "larder: hit: the response was stored, and is fresh for 3599 s\n", "")
	larder(t, "explain", site+"/private").is(t, exitDone,
		"larder: forwarded: nothing was stored for the URL; the handler answered 200\n"+
			"larder: detail private\nlarder: the response says private [RFC 9111, section 5.2.2.7]\nlarder: -> Remove it, if the page is the same for all.\n", "")
	larder(t, "explain", site+"/private").says(t, exitDone, "larder: larder-cause private\n", "larder: of that response: the response says private [RFC 9111, section 5.2.2.7]\n")
	larder(t, "explain", site+"/other").says(t, exitNo, "no Cache-Status")
	o := larder(t, "explain", site+"/private", "--json")
	var said struct {
		Status int
		Caches []struct {
			Cache, Means, Advice string
			Parameters           map[string]string
		}
	}
	if err := json.Unmarshal([]byte(o.stdout), &said); err != nil || said.Status != 200 || len(said.Caches) != 1 || said.Caches[0].Parameters["detail"] != "uncacheable" || said.Caches[0].Advice == "" {
		t.Errorf("%v: %q", err, o.stdout)
	}
}

func TestExplainShowsNothingThatDrivesATerminal(t *testing.T) {
	site := website(t)
	for _, args := range [][]string{nil, {"--secret", "let-me-see"}, {"--json"}, {"--json", "--secret", "x"}} {
		o := larder(t, append([]string{"explain", site + "/rude"}, args...)...)
		if strings.ContainsFunc(o.stdout+o.stderr, func(c rune) bool { return c != '\n' && unicode.IsControl(c) }) {
			t.Errorf("%v: %q %q", args, o.stdout, o.stderr)
		}
	}
}

func TestExplainRefusesWhatItCannotAsk(t *testing.T) {
	larder(t, "explain", "/page").says(t, exitUsage, "has to be a URL")
	larder(t, "explain", "ftp://example.org/").says(t, exitUsage, "has to be a URL")
	larder(t, "explain", "http://example.org/", "--run").says(t, exitUsage, "--run needs a secret")
	larder(t, "explain", "http://example.org/", "-H", "x").says(t, exitUsage, "-H takes a field")
	larder(t, "explain").says(t, exitUsage, "expected")
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	o := larder(t, "explain", "http://u:"+marker+"@"+closed+"/page", "--secret", marker)
	o.says(t, exitFailed, "refused")
	wantNoMarker(t, o)
	o = larder(t, "explain", "http://"+closed+"/page", "--secret", marker+"\n")
	o.says(t, exitUsage, "the secret has a control character")
	wantNoMarker(t, o)
	larder(t, "explain", "http://"+serve(t, unresponsive)+"/page", "--wait", "50ms").says(t, exitFailed, "deadline")
}

func TestCacheStatusIsReadAsFarAsItCanBe(t *testing.T) {
	members := parseCacheStatus([]string{`"a, \"b\"; c"; fwd=stale; fwd-status=304; detail="x;y, z" ,larder;hit;ttl=-5`, `, CDN; fwd=odd; key="k"; stored=?0;collapsed`, ``})
	var lines []string
	for _, m := range members {
		lines = append(lines, m.lines()...)
	}
	want := []string{
		`a, "b"; c: forwarded: what was stored was stale; the handler answered 304`, `a, "b"; c: detail x;y, z`,
		"larder: hit: the response was stored, and has been stale for 5 s",
		"CDN: forwarded; the request waited for another's", "CDN: key k",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q\nwant %q", lines, want)
	}
}

func FuzzCacheStatus(f *testing.F) {
	for _, seed := range []string{"larder; hit; ttl=5", `"a\"`, ";;,,==", `a;b="\`, "larder; fwd=uri-miss; detail=private", "\xff;\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, m := range parseCacheStatus([]string{line, line}) {
			for _, text := range m.lines() {
				if strings.ContainsFunc(text, isControl) {
					t.Errorf("%q", text)
				}
			}
		}
	})
}
