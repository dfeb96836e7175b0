package gincache_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/signals"
)

// ttl is longer than any test.
const ttl = time.Hour

// errFault is what handlers fail with.
var errFault = errors.New("a fault")

// recovery is gin's, without its log.
func recovery() gin.HandlerFunc { return gin.RecoveryWithWriter(io.Discard) }

// exceptions connects to a bus and returns what it is told.
func exceptions(bus *signals.Bus) <-chan error {
	told := make(chan error, 10)
	bus.GotRequestException.Connect(func(_ context.Context, _ any, e signals.ExceptionEvent) error {
		told <- e.Err
		return nil
	})
	return told
}

// An error that becomes a 500 is sent once as got_request_exception.
// Django, got_request_exception
func TestWhatBecomesA500IsToldOnce(t *testing.T) {
	fails := map[string]gin.HandlerFunc{
		"a panic":          func(*gin.Context) { panic(errFault) },
		"an error":         func(c *gin.Context) { _ = c.AbortWithError(http.StatusInternalServerError, errFault) },
		"a status":         func(c *gin.Context) { c.String(http.StatusBadGateway, "no") },
		"the cache within": func(c *gin.Context) { panic(errFault) },
	}
	for name, handler := range fails {
		for _, where := range []string{"inside", "outside", "behind the cache"} {
			t.Run(name+", with the recovery "+where, func(t *testing.T) {
				bus := new(signals.Bus)
				told := exceptions(bus)
				r := gin.New()
				lifecycle := gincache.Lifecycle(adaptertest.Lifecycle(t, bus)...)
				switch where {
				case "inside":
					r.Use(lifecycle, recovery(), gincache.Site())
				case "outside":
					r.Use(recovery(), lifecycle, gincache.Site())
				default:
					r.Use(lifecycle, gincache.Site(), recovery())
				}
				r.GET("/", handler)
				v := adaptertest.NewVisitor(t, r)
				for range 2 {
					if a := v.Get("/"); a.Status < http.StatusInternalServerError || a.IsHit() {
						t.Errorf("the answer is %d (%s)", a.Status, a.CacheStatus())
					}
					if err := adaptertest.Receive(t, "the exception is told", told); err == nil {
						t.Error("the exception has no error")
					}
					if len(told) > 0 {
						t.Errorf("it was told again: %v", <-told)
					}
				}
			})
		}
	}
}

// A handler that only attaches an error leaves the answer to outer middleware.
func TestAHandlerThatOnlyAttachesAnErrorLeavesTheAnswerToWhatIsOutside(t *testing.T) {
	for name, handler := range map[string]gin.HandlerFunc{
		"an error":              func(c *gin.Context) { c.Status(http.StatusTeapot); _ = c.Error(errFault) },
		"an error and a status": func(c *gin.Context) { _ = c.AbortWithError(http.StatusTeapot, errFault) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRouter(t)
			r.Use(func(c *gin.Context) {
				c.Next()
				if last := c.Errors.Last(); last != nil {
					c.String(-1, last.Error())
				}
			})
			r.GET("/", gincache.CachePage(ttl), handler)
			v := adaptertest.NewVisitor(t, r)
			for range 2 {
				v.Get("/").Want(t, http.StatusTeapot, "a fault")
			}
		})
	}
}

// A response that is aborted stays so behind a recovery middleware.
// RFC 9112, 8
func TestAResponseThatIsBrokenOffStaysSoBehindARecovery(t *testing.T) {
	r := gin.New()
	r.Use(recovery(), gincache.Lifecycle(adaptertest.Lifecycle(t, nil)...))
	r.GET("/", gincache.CachePage(ttl), func(c *gin.Context) {
		c.String(http.StatusOK, strings.Repeat("x", 10_000))
		c.Writer.Flush()
		panic(http.ErrAbortHandler)
	})
	v := adaptertest.NewVisitor(t, r)
	for range 2 {
		if a, err := v.Try(t.Context(), http.MethodGet, "/"); err == nil && a.Err == nil {
			t.Errorf("the client takes %d bytes for the whole (%s)", len(a.Body), a.CacheStatus())
		}
	}
}

// A stale page replaces a failure of the handler.
// RFC 5861, 4
func TestAnOldPageStandsInForAFailure(t *testing.T) {
	for name, fail := range map[string]gin.HandlerFunc{
		"a panic":  func(*gin.Context) { panic(errFault) },
		"a status": func(c *gin.Context) { c.String(http.StatusBadGateway, "no") },
	} {
		t.Run(name, func(t *testing.T) {
			var fails atomic.Bool
			s := newStaleSite(t, gin.HandlersChain{recovery()}, gin.HandlersChain{func(c *gin.Context) {
				if fails.Load() {
					fail(c)
					c.Abort()
				}
			}})
			s.Get("/page").WantMiss(t, "page 1")
			fails.Store(true)
			s.purgeSoftly()
			for range 3 {
				s.Get("/page").Want(t, http.StatusOK, "page 1")
			}
		})
	}
}
