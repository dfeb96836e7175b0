package echocache

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/internal/funcname"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/middleware"
)

// VaryBy is [middleware.VaryBy] for what a function makes of the Context as it is
// when the request comes to the cache.
func VaryBy(value func(echo.Context) string) middleware.PageOption {
	if value == nil {
		return middleware.VaryBy(nil)
	}
	return VaryByNamed("echocache.VaryBy "+funcname.Of(value), value)
}

// VaryByNamed is [middleware.VaryByNamed] for what a function makes of the Context.
func VaryByNamed(name string, value func(echo.Context) string) middleware.PageOption {
	if value == nil {
		return middleware.VaryByNamed(name, nil) // which is an error there
	}
	return middleware.VaryByNamed(name, func(r *http.Request) string {
		c := Context(r)
		// It may be that without a credential.
		request := c.Request()
		defer func() { c.SetRequest(request) }()
		c.SetRequest(r)
		return value(c)
	})
}

// VaryByParam declares that pages depend on these parameters of the route. Pages
// with different URLs are different without it; it is for middleware that sets
// parameters itself.
func VaryByParam(names ...string) middleware.PageOption {
	return VaryByNamed(fmt.Sprintf("echocache.VaryByParam %q", names), func(c echo.Context) string {
		var buffer [64]byte
		text := buffer[:0]
		for _, name := range names {
			text = strconv.AppendQuote(text, c.Param(name))
		}
		return string(text)
	})
}

// VaryByKey declares that pages depend on what middleware before the cache has set
// under these keys: the name of the signed-in user, say, or the locale. Values are
// distinguished by their text, as fmt.Sprint gives it.
//
// A request with a cookie or another credential is still taken for one user's own. If
// that matters only to the middleware that sets the key, say so, by
// [middleware.IgnoreCookies] or [middleware.IgnoreHeaders]:
//
//	e.GET("/home", home, authenticate, echocache.CachePage(time.Minute,
//		middleware.IgnoreCookies("session"), echocache.VaryByKey("user")))
func VaryByKey(keys ...string) middleware.PageOption {
	return VaryByNamed(fmt.Sprintf("echocache.VaryByKey %q", keys), func(c echo.Context) string {
		var buffer [64]byte
		text := buffer[:0]
		for _, key := range keys {
			if value := c.Get(key); value != nil {
				text = strconv.AppendQuote(text, fmt.Sprint(value))
			} else {
				text = append(text, '-') // not the same as an empty one
			}
		}
		return string(text)
	})
}

// When is [middleware.When] for a function of the Context.
func When(wanted func(echo.Context) bool) middleware.PageOption {
	if wanted == nil {
		return middleware.When(nil) // which is an error there
	}
	return middleware.When(func(r *http.Request) bool { return wanted(Context(r)) })
}

// Context returns the Context to which a request belongs, in functions that were
// given to package middleware: those of its options [middleware.VaryBy] and
// [middleware.When], and what was given to [Wrap]. Otherwise, and when the request
// is over, it is nil.
func Context(r *http.Request) echo.Context {
	switch attached := policy.Attached(r).(type) {
	case *frameworkRequest:
		return attached.c
	case *wrapped:
		return attached.c
	}
	return nil
}
