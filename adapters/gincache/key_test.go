package gincache_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
)

// Pages differ by values of the Context that options declare.
func TestPagesDifferByWhatMiddlewareHasSet(t *testing.T) {
	r := newRouter(t)
	r.Use(func(c *gin.Context) {
		if user := c.GetHeader("X-User"); user != "" {
			c.Set("user", user)
		}
		c.AddParam("shop", c.GetHeader("X-Shop"))
	})
	page := func(c *gin.Context) { c.String(http.StatusOK, "for "+c.GetString("user")+" of "+c.Param("shop")) }
	r.GET("/user", gincache.CachePage(ttl, gincache.VaryByKey("user")), page)
	r.GET("/shop", gincache.CachePage(ttl, gincache.VaryByParam("shop", "none")), page)
	r.GET("/both", gincache.CachePage(ttl, gincache.VaryBy(func(c *gin.Context) string {
		return c.GetString("user") + c.FullPath()
	})), page)
	v := adaptertest.NewVisitor(t, r)
	for _, path := range []string{"/user", "/both"} {
		for _, user := range []string{"alice", "bob", ""} {
			v.Get(path, "X-User: "+user).WantMiss(t, "for "+user+" of ")
			v.Get(path, "X-User: "+user).WantHit(t, "for "+user+" of ")
		}
	}
	for _, shop := range []string{"hats", "shoes"} {
		v.Get("/shop", "X-Shop: "+shop).WantMiss(t, "for  of "+shop)
		v.Get("/shop", "X-Shop: "+shop).WantHit(t, "for  of "+shop)
	}
}

// A When function gets the Context.
func TestWhenDecidesByTheContext(t *testing.T) {
	r := newRouter(t)
	r.Use(func(c *gin.Context) { c.Set("preview", c.Query("preview") != "") })
	r.GET("/", gincache.CachePage(ttl, gincache.When(func(c *gin.Context) bool { return !c.GetBool("preview") })),
		func(c *gin.Context) { c.String(http.StatusOK, "page") })
	v := adaptertest.NewVisitor(t, r)
	for range 2 {
		v.Get("/?preview=1").WantMiss(t, "page")
	}
	v.Get("/")
	v.Get("/").WantHit(t, "page")
}

// The Context of a request is not held when the request is over.
func TestTheContextOfARequestIsForgottenWhenItIsOver(t *testing.T) {
	r := newRouter(t)
	var asked *http.Request
	r.GET("/", gincache.CachePage(ttl, middleware.VaryBy(func(r *http.Request) string {
		asked = r
		return gincache.Context(r).FullPath()
	})), func(c *gin.Context) { c.String(http.StatusOK, "page") })
	v := adaptertest.NewVisitor(t, r)
	v.Get("/").WantMiss(t, "page")
	v.Get("/").WantHit(t, "page")
	if c := gincache.Context(asked); c != nil {
		t.Error("the request leads to a Context that is another's")
	}
	if c := gincache.Context(&http.Request{}); c != nil {
		t.Error("there is a Context where there is none")
	}
}

// Header decorators get the Context.
func TestDecoratorsKnowTheContext(t *testing.T) {
	r := newRouter(t)
	runs := 0
	r.GET("/p/:id", gincache.Wrap(middleware.ETag(func(r *http.Request) (string, error) {
		return "v" + gincache.Context(r).Param("id"), nil
	})), func(c *gin.Context) { runs++; c.String(http.StatusOK, "page") })
	v := adaptertest.NewVisitor(t, r)
	if tag := v.Get("/p/7").Header.Get("Etag"); tag != `"v7"` {
		t.Errorf("ETag is %q", tag)
	}
	v.Get("/p/7", `If-None-Match: "v7"`).Want(t, http.StatusNotModified, "")
	if runs != 1 {
		t.Errorf("%d runs, want 1", runs)
	}
}

// Wrapped middleware that answers itself aborts the chain.
func TestMiddlewareThatAnswersItselfAbortsTheChain(t *testing.T) {
	r := newRouter(t)
	r.GET("/", gincache.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "no further") })
	}), func(c *gin.Context) { t.Error("the handler runs") })
	adaptertest.NewVisitor(t, r).Get("/").Want(t, http.StatusOK, "no further")
}

// Wrapped middleware that calls its handler after its request is over panics.
func TestWrappedMiddlewareMustNotOutliveTheRequest(t *testing.T) {
	var next http.Handler
	m := gincache.Wrap(func(n http.Handler) http.Handler { next = n; return n })
	r := newRouter(t)
	r.GET("/", m, func(c *gin.Context) { c.String(http.StatusOK, "page") })
	adaptertest.NewVisitor(t, r).Get("/").Want(t, http.StatusOK, "page")
	defer func() {
		if recover() == nil {
			t.Error("the handler was called for a request that is over")
		}
	}()
	next.ServeHTTP(nil, new(http.Request))
}

// The name and kind of a value belong to the key of a page: two programs, or two
// releases of one, may vary by values of other things.
func TestAValueIsAValueOfSomething(t *testing.T) {
	byKey := func(key string) middleware.PageOption {
		return gincache.VaryBy(func(c *gin.Context) string { return c.GetString(key) })
	}
	for rule, opts := range map[string][2]middleware.PageOption{
		"keys":            {gincache.VaryByKey("user"), gincache.VaryByKey("team")},
		"parameters":      {gincache.VaryByParam("user"), gincache.VaryByParam("team")},
		"a key, a param":  {gincache.VaryByKey("user"), gincache.VaryByParam("user")},
		"functions":       {byKey("user"), byKey("team")},
		"names":           {gincache.VaryByNamed("user", func(c *gin.Context) string { return "7" }), gincache.VaryByNamed("team", func(c *gin.Context) string { return "7" })},
		"a name of a key": {gincache.VaryByNamed("user", func(c *gin.Context) string { return `"7"` }), gincache.VaryByKey("user")},
	} {
		caches := adaptertest.NewCaches(t)
		release := func(opt middleware.PageOption, body string) *adaptertest.Visitor {
			r := gin.New()
			r.Use(gincache.Lifecycle(middleware.WithCaches(caches)), func(c *gin.Context) {
				for _, key := range []string{"user", "team"} {
					c.Set(key, "7")
					c.AddParam(key, "7")
				}
			})
			r.GET("/page", gincache.CachePage(ttl, opt), func(c *gin.Context) { c.String(http.StatusOK, body) })
			return adaptertest.NewVisitor(t, r)
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
	r := newRouter(t)
	byToken := gincache.VaryBy(func(c *gin.Context) string { return strings.ToUpper(c.GetHeader("Authorization")) })
	r.GET("/", gincache.CachePage(ttl, byToken), func(c *gin.Context) { c.String(http.StatusOK, c.GetHeader("Authorization")) })
	v := adaptertest.NewVisitor(t, r)
	for _, token := range []string{"ada", "ADA", "bob"} {
		v.Get("/", "Authorization: "+token).WantMiss(t, token)
		v.Get("/", "Authorization: "+token).WantHit(t, token)
	}
}
