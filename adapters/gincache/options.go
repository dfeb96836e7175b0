package gincache

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/internal/funcname"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/middleware"
)

// VaryBy is [middleware.VaryBy] for what a function makes of the Context as it is
// when the request comes to the cache.
func VaryBy(value func(*gin.Context) string) middleware.PageOption {
	if value == nil {
		return middleware.VaryBy(nil)
	}
	return VaryByNamed("gincache.VaryBy "+funcname.Of(value), value)
}

// VaryByNamed is [middleware.VaryByNamed] for what a function makes of the Context.
func VaryByNamed(name string, value func(*gin.Context) string) middleware.PageOption {
	if value == nil {
		return middleware.VaryByNamed(name, nil) // which is an error there
	}
	return middleware.VaryByNamed(name, func(r *http.Request) string {
		c := Context(r)
		// It may be that without a credential.
		request := c.Request
		defer func() { c.Request = request }()
		c.Request = r
		return value(c)
	})
}

// VaryByParam declares that pages depend on these parameters of the route. Pages
// with different URLs are different without it; it is for middleware that sets
// parameters itself.
func VaryByParam(names ...string) middleware.PageOption {
	return VaryByNamed(fmt.Sprintf("gincache.VaryByParam %q", names), func(c *gin.Context) string {
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
//	r.GET("/home", authenticate, gincache.CachePage(time.Minute,
//		middleware.IgnoreCookies("session"), gincache.VaryByKey("user")), home)
func VaryByKey(keys ...string) middleware.PageOption {
	return VaryByNamed(fmt.Sprintf("gincache.VaryByKey %q", keys), func(c *gin.Context) string {
		var buffer [64]byte
		text := buffer[:0]
		for _, key := range keys {
			if value, ok := c.Get(key); ok {
				text = strconv.AppendQuote(text, fmt.Sprint(value))
			} else {
				text = append(text, '-') // not the same as an empty one
			}
		}
		return string(text)
	})
}

// When is [middleware.When] for a function of the Context.
func When(wanted func(*gin.Context) bool) middleware.PageOption {
	if wanted == nil {
		return middleware.When(nil) // which is an error there
	}
	return middleware.When(func(r *http.Request) bool { return wanted(Context(r)) })
}

// Context returns the Context to which a request belongs, in functions that were
// given to package middleware: those of its options [middleware.VaryBy] and
// [middleware.When], and what was given to [Wrap]. Otherwise, and when the request
// is over, it is nil.
func Context(r *http.Request) *gin.Context {
	switch attached := policy.Attached(r).(type) {
	case *frameworkRequest:
		return (*gin.Context)(attached)
	case *wrapped:
		return attached.c
	}
	return nil
}
