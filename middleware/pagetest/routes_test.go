package pagetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/adapters/gincache"
	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/middleware/pagetest"
)

func language(r *http.Request) string { return r.Header.Get("Accept-Language") }

// news is a mux with a page that is unsafe, and one that is safe.
func news() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /unsafe", echoes(language))
	mux.Handle("GET /safe", echoes(func(*http.Request) string { return "news" }))
	return mux
}

// An audit finds the page of a URL wherever it stands in the handlers.
func TestAPageIsFoundWhereverItIs(t *testing.T) {
	byRoute := http.NewServeMux()
	byRoute.Handle("GET /unsafe", minute(echoes(language)))
	byRoute.Handle("GET /safe", minute(echoes(func(*http.Request) string { return "news" })))

	gin.SetMode(gin.TestMode)
	inGin := gin.New()
	inGin.GET("/unsafe", gincache.CachePage(time.Minute), func(c *gin.Context) { c.String(http.StatusOK, "in %s", language(c.Request)) })
	inGin.GET("/safe", gincache.CachePage(time.Minute), func(c *gin.Context) { c.String(http.StatusOK, "news") })
	ginSite := gin.New()
	ginSite.Use(gincache.Site())
	ginSite.GET("/unsafe", func(c *gin.Context) { c.String(http.StatusOK, "in %s", language(c.Request)) })
	ginSite.GET("/safe", func(c *gin.Context) { c.String(http.StatusOK, "news") })

	inEcho := echo.New()
	inEcho.GET("/unsafe", func(c echo.Context) error { return c.String(http.StatusOK, "in "+language(c.Request())) }, echocache.CachePage(time.Minute))
	inEcho.GET("/safe", func(c echo.Context) error { return c.String(http.StatusOK, "news") }, echocache.CachePage(time.Minute))

	for name, h := range map[string]http.Handler{
		"in a Site":                      middleware.Site()(news()),
		"in Shared, with a lifetime":     middleware.Shared(middleware.DefaultTTL(time.Minute))(news()),
		"in a Lifecycle":                 middleware.Lifecycle()(middleware.Site()(news())),
		"by route":                       byRoute,
		"by route, in a Site":            middleware.Site()(byRoute),
		"by route, in a Site with a key": middleware.Site(middleware.VaryByHeader("Accept-Language"))(byRoute),
		"in a page that does not cache":  middleware.Site(middleware.When(func(*http.Request) bool { return false }))(byRoute),
		"under a prefix":                 http.StripPrefix("/app", middleware.Site()(news())),
		"in gin":                         inGin,
		"in a Site of gin":               ginSite,
		"in echo":                        inEcho,
		"in gin, in a Site":              middleware.Site()(inGin),
	} {
		t.Run(name, func(t *testing.T) {
			prefix := ""
			if name == "under a prefix" {
				prefix = "/app"
			}
			report := run(t, pagetest.Auditor{}, h, get(prefix+"/unsafe"), get(prefix+"/safe"))
			wantFindings(t, report, "GET "+prefix+"/unsafe: Accept-Language: de")
			wantSafe(t, run(t, pagetest.Auditor{}, h, get(prefix+"/safe")))
		})
	}
}

// What an inner page declares keeps the outer cache from storing, so it is enough.
func TestAnInnerPageThatDeclaresIsSafeInAnOuterOne(t *testing.T) {
	inner := minute(echoes(language), middleware.VaryByHeader("Accept-Language"))
	wantSafe(t, run(t, pagetest.Auditor{}, middleware.Site()(inner), get("/")))
	bypassing := minute(echoes(language), middleware.When(func(*http.Request) bool { return false }))
	wantSafe(t, run(t, pagetest.Auditor{}, middleware.Site()(bypassing), get("/")))
	same := minute(echoes(language)) // both have one key, and the outer stores for both
	wantFindings(t, run(t, pagetest.Auditor{}, middleware.CachePage(time.Minute)(same), get("/")), "GET /: Accept-Language: de")
}

// A URL that no page answers is reported and not audited.
func TestWhatComesToNoPageIsNotJudged(t *testing.T) {
	plain := http.NewServeMux()
	plain.Handle("/plain", echoes(language))
	plain.Handle("/moved/", minute(echoes(language)))
	plain.HandleFunc("/panics", func(http.ResponseWriter, *http.Request) { panic("fault") })
	plain.Handle("/fails", minute(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusInternalServerError) }))
	post := get("/moved/")
	post.Method = http.MethodPost
	for name, test := range map[string]struct {
		requests []*http.Request
		why      string
	}{
		"no page":     {[]*http.Request{get("/plain")}, "no cached page has answered (status 200): wrap its handler in CachePage, Site or Shared"},
		"a redirect":  {[]*http.Request{get("/moved")}, "to /moved/"},
		"a panic":     {[]*http.Request{get("/panics")}, "the handler panicked: fault"},
		"a failure":   {[]*http.Request{get("/fails")}, "the page has failed with status 500"},
		"a method":    {[]*http.Request{post}, "only GET and HEAD"},
		"no requests": {nil, "there are no requests"},
	} {
		r := run(t, pagetest.Auditor{}, plain, test.requests...)
		if r.Verdict() != pagetest.NotJudged || !strings.Contains(r.String(), test.why) {
			t.Errorf("%s: want %q, got\n%s", name, test.why, r)
		}
	}
}

// An audit fails the test with everything that is wrong.
func TestAnAuditFailsTheTestWithAllThatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := new(tester)
		r := pagetest.Audit(failed, middleware.Site()(news()), get("/unsafe"), get("/safe"))
		if len(failed.errors) != 1 || !strings.Contains(failed.errors[0], `middleware.VaryByHeader("Accept-Language")`) || !strings.Contains(failed.errors[0], r.String()) {
			t.Errorf("the test was failed with %q", failed.errors)
		}
		passed := new(tester)
		if pagetest.Audit(passed, middleware.Site()(news()), get("/safe")); len(passed.errors) > 0 {
			t.Errorf("a safe page fails the test: %q", passed.errors)
		}
		var _ pagetest.TB = t
	})
}

// A report can be written as JSON.
func TestAReportAsJSON(t *testing.T) {
	data, err := json.Marshal(run(t, pagetest.Auditor{}, middleware.Site()(news()), get("/unsafe")))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict  string
		Pages    int
		Findings []struct{ Page, Input, Verdict, Change, Why, Line string }
	}
	if err := json.Unmarshal(data, &got); err != nil || got.Verdict != "unsafe" || got.Pages != 1 || len(got.Findings) == 0 || got.Findings[0].Line != `middleware.VaryByHeader("Accept-Language")` {
		t.Errorf("%s: %v", data, err)
	}
}

// An audit looks up, stores and purges nothing, and its secret is good for audits alone.
func TestAnAuditLeavesTheCacheAlone(t *testing.T) {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { err = errors.Join(err, caches.Shutdown(context.Background())) }()
	var seen []string
	page := middleware.Lifecycle(middleware.WithCaches(caches))(minute(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header["Larder-Explain"]...)
		fmt.Fprint(w, "page")
	}))
	pagetest.Auditor{Apart: 1}.Run(page, get("/"))
	for _, want := range []string{"fwd=uri-miss", "hit"} {
		if status := answer(page, get("/")).Header.Get("Cache-Status"); !strings.Contains(status, want) {
			t.Errorf("after the audit: %q, want %q", status, want)
		}
	}
	if len(seen) > 0 {
		t.Errorf("the handler has seen the field %q", seen)
	}
	if a := answer(page, get("/", "Larder-Explain: ; audit")); a.Header.Get("Larder-Explain") != "" {
		t.Error("a page without Explain answers to an audit")
	}
}
