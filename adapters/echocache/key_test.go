package echocache_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

// Pages differ by values of the Context that options declare.
func TestPagesDifferByWhatMiddlewareHasSet(t *testing.T) {
	e := newEcho(t)
	e.Use(around(func(c echo.Context) {
		if user := c.Request().Header.Get("X-User"); user != "" {
			c.Set("user", user)
		}
	}, nothing))
	page := func(c echo.Context) error { return c.String(http.StatusOK, fmt.Sprint("for ", c.Get("user"))) }
	e.GET("/user", page, echocache.CachePage(ttl, echocache.VaryByKey("user")))
	e.GET("/both", page, echocache.CachePage(ttl, echocache.VaryBy(func(c echo.Context) string {
		return fmt.Sprint(c.Get("user"), c.Path())
	})))
	v := adaptertest.NewVisitor(t, e)
	for _, path := range []string{"/user", "/both"} {
		for _, user := range []string{"alice", "bob"} {
			v.Get(path, "X-User: "+user).WantMiss(t, "for "+user)
			v.Get(path, "X-User: "+user).WantHit(t, "for "+user)
		}
		v.Get(path).WantMiss(t, "for <nil>")
	}
}

// A When function gets the Context.
func TestWhenDecidesByTheContext(t *testing.T) {
	e := newEcho(t)
	e.GET("/:kind", func(c echo.Context) error { return c.String(http.StatusOK, c.Param("kind")) },
		echocache.CachePage(ttl, echocache.VaryByParam("kind"), echocache.When(func(c echo.Context) bool { return c.Param("kind") != "preview" })))
	v := adaptertest.NewVisitor(t, e)
	for range 2 {
		v.Get("/preview").WantMiss(t, "preview")
	}
	v.Get("/page")
	v.Get("/page").WantHit(t, "page")
}

// A handler does not see query parameters that outer middleware parsed before the cache took them
// out.
func TestAHandlerDoesNotSeeParametersThatWereParsedOutside(t *testing.T) {
	e := newEcho(t)
	var outside []string
	e.Use(around(func(c echo.Context) { c.QueryParams() }, func(c echo.Context) { outside = append(outside, c.QueryParam("utm_source")) }))
	e.GET("/", func(c echo.Context) error {
		return c.String(http.StatusOK, c.QueryParam("a")+c.QueryParam("utm_source"))
	},
		echocache.CachePage(ttl, middleware.IgnoreQuery("utm_*")))
	v := adaptertest.NewVisitor(t, e)
	v.Get("/?a=1&utm_source=evil").WantMiss(t, "1")
	v.Get("/?a=1&utm_source=other").WantHit(t, "1")
	if len(outside) != 2 || outside[0] != "evil" || outside[1] != "other" {
		t.Errorf("outside it was %q", outside)
	}
}

// The Context of a request is not held when the request is over.
func TestTheContextOfARequestIsForgottenWhenItIsOver(t *testing.T) {
	e := newEcho(t)
	var asked *http.Request
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "page") },
		echocache.CachePage(ttl, middleware.VaryBy(func(r *http.Request) string {
			asked = r
			return echocache.Context(r).Path()
		})))
	v := adaptertest.NewVisitor(t, e)
	v.Get("/").WantMiss(t, "page")
	v.Get("/").WantHit(t, "page")
	if c := echocache.Context(asked); c != nil {
		t.Error("the request leads to a Context that is another's")
	}
}

// Header decorators get the Context.
func TestDecoratorsKnowTheContext(t *testing.T) {
	e, runs := newEcho(t), 0
	e.GET("/p/:id", func(c echo.Context) error { runs++; return c.String(http.StatusOK, "page") },
		echocache.Wrap(middleware.ETag(func(r *http.Request) (string, error) {
			return "v" + echocache.Context(r).Param("id"), nil
		})))
	v := adaptertest.NewVisitor(t, e)
	if tag := v.Get("/p/7").Header.Get("Etag"); tag != `"v7"` {
		t.Errorf("ETag is %q", tag)
	}
	v.Get("/p/7", `If-None-Match: "v7"`).Want(t, http.StatusNotModified, "")
	if runs != 1 {
		t.Errorf("%d runs, want 1", runs)
	}
}

// Wrapped middleware that calls its handler after its request is over panics.
func TestWrappedMiddlewareMustNotOutliveTheRequest(t *testing.T) {
	var next http.Handler
	e := newEcho(t)
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "page") },
		echocache.Wrap(func(n http.Handler) http.Handler { next = n; return n }))
	adaptertest.NewVisitor(t, e).Get("/").Want(t, http.StatusOK, "page")
	defer func() {
		if recover() == nil {
			t.Error("the handler was called for a request that is over")
		}
	}()
	next.ServeHTTP(nil, new(http.Request))
}

// The name and kind of a value belong to the key of a page: two programs, or two releases of one,
// may vary by values of other things.
func TestAValueIsAValueOfSomething(t *testing.T) {
	byKey := func(key string) middleware.PageOption {
		return echocache.VaryBy(func(c echo.Context) string { return fmt.Sprint(c.Get(key)) })
	}
	for rule, opts := range map[string][2]middleware.PageOption{
		"keys":          {echocache.VaryByKey("user"), echocache.VaryByKey("team")},
		"parameters":    {echocache.VaryByParam("user"), echocache.VaryByParam("team")},
		"functions":     {byKey("user"), byKey("team")},
		"a name, a key": {echocache.VaryByNamed("user", func(c echo.Context) string { return `"7"` }), echocache.VaryByKey("user")},
	} {
		caches := adaptertest.NewCaches(t)
		release := func(opt middleware.PageOption, body string) *adaptertest.Visitor {
			e := echo.New()
			e.Use(echocache.Lifecycle(middleware.WithCaches(caches)), around(func(c echo.Context) {
				c.Set("user", "7")
				c.Set("team", "7")
			}, nothing))
			e.GET("/page", func(c echo.Context) error { return c.String(http.StatusOK, body) }, echocache.CachePage(ttl, opt))
			return adaptertest.NewVisitor(t, e)
		}
		before, after := release(opts[0], "secrets of user 7"), release(opts[1], "news of team 7")
		for range 2 {
			if a, b := before.Get("/page"), after.Get("/page"); a.Body != "secrets of user 7" || b.Body != "news of team 7" {
				t.Errorf("%s: %q and %q", rule, a.Body, b.Body)
			}
		}
		before.Get("/page").WantHit(t, "secrets of user 7")
	}
}

// A value of the Context that depends on a credential keeps pages apart by it.
func TestAValueThatDependsOnACredentialDeclaresIt(t *testing.T) {
	e := newEcho(t)
	byToken := echocache.VaryBy(func(c echo.Context) string { return strings.ToUpper(c.Request().Header.Get("Authorization")) })
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, c.Request().Header.Get("Authorization")) }, echocache.CachePage(ttl, byToken))
	v := adaptertest.NewVisitor(t, e)
	for _, token := range []string{"ada", "ADA", "bob"} {
		v.Get("/", "Authorization: "+token).WantMiss(t, token)
		v.Get("/", "Authorization: "+token).WantHit(t, token)
	}
}
