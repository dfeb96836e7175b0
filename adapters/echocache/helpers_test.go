package echocache_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// ttl is longer than any test.
const ttl = time.Hour

// errFault is what handlers fail with.
var errFault = errors.New("a fault")

// newEcho returns an echo with a Lifecycle in memory.
func newEcho(t testing.TB) *echo.Echo {
	e := echo.New()
	e.Use(echocache.Lifecycle(adaptertest.Lifecycle(t, nil)...))
	return e
}

// recovery is echo's, without its log.
func recovery() echo.MiddlewareFunc {
	return echomiddleware.RecoverWithConfig(echomiddleware.RecoverConfig{DisablePrintStack: true})
}

// exceptions connects to a bus and returns what it is told.
func exceptions(bus *signals.Bus) <-chan error {
	told := make(chan error, 10)
	bus.GotRequestException.Connect(func(_ context.Context, _ any, e signals.ExceptionEvent) error {
		told <- e.Err
		return nil
	})
	return told
}

// staleSite is a page that is declared stale by a test, and says how many there
// have been.
type staleSite struct {
	*adaptertest.Visitor
	t      *testing.T
	bus    *signals.Bus
	policy *middleware.Policy
	runs   atomic.Int32
	scope  context.Context
}

// newStaleSite puts outside between the Lifecycle and the cache of GET /page, and
// inside behind that.
func newStaleSite(t *testing.T, outside, inside echo.MiddlewareFunc, opts ...middleware.PageOption) *staleSite {
	caches := adaptertest.NewCaches(t)
	s := &staleSite{t: t, bus: new(signals.Bus), scope: caches.Scope(t.Context())}
	s.policy = middleware.NewPolicy(ttl, append(opts, middleware.Grace(ttl))...)
	e := echo.New()
	e.Use(echocache.Lifecycle(middleware.WithCaches(caches), middleware.WithBus(s.bus)))
	if outside != nil {
		e.Use(outside)
	}
	chain := []echo.MiddlewareFunc{echocache.Cached(s.policy)}
	if inside != nil {
		chain = append(chain, inside)
	}
	e.GET("/page", func(c echo.Context) error {
		return c.String(http.StatusOK, fmt.Sprintf("page %d", s.runs.Add(1)))
	}, chain...)
	s.Visitor = adaptertest.NewVisitor(t, e)
	return s
}

// purgeSoftly declares the page stale.
func (s *staleSite) purgeSoftly() {
	s.t.Helper()
	if err := s.policy.PurgeSoft(s.scope, s.URL("/page")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *staleSite) await(page string, fields ...string) {
	s.t.Helper()
	adaptertest.Await(s.t, page+" is stored", func() bool { return s.Get("/page", fields...).Body == page })
}

// failing returns middleware that fails while fails is true.
func failing(fails *atomic.Bool, fail echo.HandlerFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if fails.Load() {
				return fail(c)
			}
			return next(c)
		}
	}
}
