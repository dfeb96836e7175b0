package middleware_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What no cache can see, as docs/safe-to-cache.md, docs/django.md and
// docs/other-middleware.md say it, each with the cures that they name.

// signed is a download whose URL has a token. It answers 403 when the token has ended.
func signed(until time.Time, says func(http.Header)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("token") != "t1" || !time.Now().Before(until) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if says != nil {
			says(w.Header())
		}
		fmt.Fprint(w, "the file")
	})
}

// A page of a signed URL is served after its token has expired, unless an option or the response
// limits it.
func TestASignedURLLivesOnUnlessTheCacheIsTold(t *testing.T) {
	const url = "/file?token=t1"
	for name, test := range map[string]struct {
		page func(until time.Time) func(http.Handler) http.Handler
		says func(until time.Time) func(http.Header)
		want int
	}{
		"as it is": {
			page: func(time.Time) func(http.Handler) http.Handler { return middleware.CachePage(ttl) },
			want: http.StatusOK,
		},
		"When": {
			page: func(time.Time) func(http.Handler) http.Handler {
				return middleware.CachePage(ttl, middleware.When(func(r *http.Request) bool { return !r.URL.Query().Has("token") }))
			},
			want: http.StatusForbidden,
		},
		"Site goes by the lifetime of the response": {
			page: func(time.Time) func(http.Handler) http.Handler { return middleware.Site() },
			says: func(until time.Time) func(http.Header) {
				return func(h http.Header) { middleware.PatchResponseHeaders(h, time.Until(until)) }
			},
			want: http.StatusForbidden,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			until := time.Now().Add(time.Minute)
			var says func(http.Header)
			if test.says != nil {
				says = test.says(until)
			}
			p := within(inMemory(t), test.page(until)(signed(until, says)))
			ask(p, url).wantBody(t, "the file")
			time.Sleep(2 * time.Minute)
			if a := ask(p, url); a.status != test.want {
				t.Errorf("%s: after the end of the token: %d, want %d", name, a.status, test.want)
			}
		})
	}
}

// A purge of the path by prefix reaches every signed URL, whatever tokens were given out.
func TestAPurgeOfThePathReachesEverySignedURL(t *testing.T) {
	files := middleware.NewPolicy(ttl)
	caches := inMemory(t)
	p := within(caches, files.Handler(answering("the file")))
	for range 2 {
		ask(p, "/file?token=t1")
		ask(p, "/file?token=t2")
	}
	if err := files.PurgePrefix(caches.Scope(t.Context()), "http://example.com/file"); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"/file?token=t1", "/file?token=t2"} {
		if ask(p, url).isHit() {
			t.Errorf("%s is still there", url)
		}
	}
}

// IgnoreQuery of the token of a signed URL gives the page to everybody.
func TestIgnoringTheTokenOfASignedURLOpensIt(t *testing.T) {
	given := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the file") })
	p := cached(t, given, middleware.IgnoreQuery("token"))
	ask(p, "/file?token=t1")
	ask(p, "/file").wantHit(t, "the file")
}

// A change purges its own URL, and not the pages that show a part of it.
// RFC 9111, 4.4
func TestAListStaysAsItIsWhenAnItemChanges(t *testing.T) {
	for _, purges := range []bool{false, true} {
		title := "old"
		articles := middleware.NewPolicy(ttl)
		show := articles.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, title) }))
		mux := http.NewServeMux()
		mux.Handle("GET /articles", show)
		mux.Handle("GET /articles/{id}", show)
		mux.Handle("POST /articles/{id}", articles.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			title = "new"
			if purges {
				if err := articles.PurgePrefix(r.Context(), "http://example.com/articles"); err != nil {
					t.Error(err)
				}
			}
		})))
		p := within(inMemory(t), mux)
		ask(p, "/articles").wantBody(t, "old")
		ask(p, "/articles/1").wantBody(t, "old")
		send(p, request("POST", "/articles/1"))
		ask(p, "/articles/1").wantBody(t, "new")
		want := map[bool]string{false: "old", true: "new"}[purges]
		ask(p, "/articles").wantBody(t, want)
	}
}

// sessionPage greets the user of a session, as an express application does that keeps it
// in a cookie and says for how long its pages are fresh.
func sessionPage(says ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		for _, field := range says {
			name, value, _ := strings.Cut(field, ": ")
			w.Header().Set(name, value)
		}
		c, err := r.Cookie("connect.sid")
		if err != nil {
			c = &http.Cookie{Value: "stranger"}
		}
		fmt.Fprintf(w, "Hello %s", c.Value)
	})
}

// Shared gives the page of a session to all unless the response or an option says otherwise, since
// RFC 9111 has no rule about cookies in requests.
func TestSharedGivesThePageOfASessionToAllUnlessItIsTold(t *testing.T) {
	hasNoSession := func(r *http.Request) bool { _, err := r.Cookie("connect.sid"); return err != nil }
	for name, test := range map[string]struct {
		page func(http.Handler) http.Handler
		says []string
		leak bool
	}{
		"as it is":                       {page: middleware.Shared(), leak: true},
		"the application says private":   {page: middleware.Shared(), says: []string{"Cache-Control: private, max-age=60"}},
		"the application says Vary":      {page: middleware.Shared(), says: []string{"Vary: Cookie"}},
		"requests with a session bypass": {page: middleware.Shared(middleware.When(hasNoSession))},
		"a page for each session":        {page: middleware.Shared(middleware.VaryByCookie("connect.sid"))},
		"Site":                           {page: middleware.Site()},
	} {
		p := within(inMemory(t), test.page(sessionPage(test.says...)))
		ask(p, "/home", "Cookie: connect.sid=ada").wantBody(t, "Hello ada")
		if got := ask(p, "/home", "Cookie: connect.sid=bob").body; (got == "Hello ada") != test.leak {
			t.Errorf("%s: bob gets %q", name, got)
		}
	}
}

// Shared does not know of a language cookie that is not in Vary. Django's LocaleMiddleware prefers
// the cookie django_language and says Vary: Accept-Language alone.
func TestSharedDoesNotKnowOfALanguageCookieThatIsNotInVary(t *testing.T) {
	django := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Vary", "Accept-Language")
		language := "en"
		if c, err := r.Cookie("django_language"); err == nil {
			language = c.Value
		}
		fmt.Fprint(w, language)
	})
	for name, test := range map[string]struct {
		opts []middleware.PageOption
		want string
	}{
		"as it is":     {nil, "de"},
		"VaryByCookie": {[]middleware.PageOption{middleware.VaryByCookie("django_language")}, "en"},
	} {
		p := within(inMemory(t), middleware.Shared(test.opts...)(django))
		ask(p, "/", "Cookie: django_language=de").wantBody(t, "de")
		if got := ask(p, "/").body; got != test.want {
			t.Errorf("%s: a client without the cookie gets %q, want %q", name, got, test.want)
		}
	}
}
