package echocache_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// An error that a handler returns is never stored or sent as an empty page.
func TestAnErrorIsNeverAnEmptyPage(t *testing.T) {
	for name, handler := range map[string]echo.HandlerFunc{
		"an error":                     func(echo.Context) error { return errFault },
		"an HTTPError":                 func(echo.Context) error { return echo.NewHTTPError(http.StatusForbidden, "no") },
		"ErrNotFound":                  func(echo.Context) error { return echo.ErrNotFound },
		"an error after a wrong value": func(c echo.Context) error { return c.JSON(http.StatusOK, make(chan int)) },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEcho(t)
			e.GET("/plain", handler)
			e.GET("/cached", handler, echocache.CachePage(ttl))
			v := adaptertest.NewVisitor(t, e)
			plain := v.Get("/plain")
			for range 2 {
				a := v.Get("/cached")
				a.Want(t, plain.Status, plain.Body)
				if a.IsHit() {
					t.Errorf("it was stored: %s", a.CacheStatus())
				}
			}
		})
	}
}

// An error that a handler returns is stored if the policy says so.
func TestAnErrorIsStoredIfThePolicySaysSo(t *testing.T) {
	e, runs := newEcho(t), 0
	e.GET("/", func(echo.Context) error { runs++; return echo.ErrNotFound },
		echocache.CachePage(ttl, middleware.StatusTTL(http.StatusNotFound, time.Minute)))
	v := adaptertest.NewVisitor(t, e)
	first, second := v.Get("/"), v.Get("/")
	second.Want(t, http.StatusNotFound, first.Body)
	if !second.IsHit() || runs != 1 || first.Body == "" {
		t.Errorf("%d runs, %s, %q", runs, second.CacheStatus(), first.Body)
	}
}

// A response that is followed by an error is not stored.
func TestAResponseThatIsFollowedByAnErrorIsNotStored(t *testing.T) {
	e := newEcho(t)
	e.GET("/", func(c echo.Context) error {
		_, _ = io.WriteString(c.Response(), "half a page")
		return errFault
	}, echocache.CachePage(ttl))
	e.GET("/streamed", func(c echo.Context) error {
		_, _ = io.WriteString(c.Response(), strings.Repeat("half a page", 1000))
		_ = http.NewResponseController(c.Response()).Flush()
		return errFault
	}, echocache.CachePage(ttl))
	v := adaptertest.NewVisitor(t, e)
	for range 2 {
		v.Get("/").WantMiss(t, "half a page")
		if a, err := v.Try(t.Context(), http.MethodGet, "/streamed"); err == nil && a.Err == nil {
			t.Errorf("the client takes %d bytes for the whole (%s)", len(a.Body), a.CacheStatus())
		}
	}
}

// An error handler that does not look at the response answers once.
func TestAnErrorHandlerThatLooksAtNothingAnswersOnce(t *testing.T) {
	for name, lifecycle := range map[string]bool{"with a Lifecycle": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			e := echo.New()
			if lifecycle {
				e.Use(echocache.Lifecycle(adaptertest.Lifecycle(t, nil)...))
			}
			handleErrors(e, func(c echo.Context, err error) {
				_ = c.String(http.StatusConflict, fmt.Sprintf("%v.", err))
			})
			e.GET("/", func(echo.Context) error { return errFault }, echocache.CachePage(ttl))
			e.POST("/", func(echo.Context) error { return errFault }, echocache.CachePage(ttl))
			v := adaptertest.NewVisitor(t, e)
			v.Get("/").Want(t, http.StatusConflict, "a fault.")
			v.Ask(http.MethodPost, "/").Want(t, http.StatusConflict, "a fault.")
		})
	}
}

// An error handler that writes nothing stores nothing.
func TestAnErrorHandlerThatWritesNothingStoresNothing(t *testing.T) {
	e, runs := newEcho(t), 0
	handleErrors(e, func(echo.Context, error) {})
	e.GET("/", func(echo.Context) error { runs++; return errFault }, echocache.CachePage(ttl))
	v := adaptertest.NewVisitor(t, e)
	for range 2 {
		v.Get("/").Want(t, http.StatusOK, "") // as without a cache
	}
	if runs != 2 {
		t.Errorf("%d runs, want 2", runs)
	}
}

// An error that becomes a 500 is sent once as got_request_exception.
// Django, got_request_exception
func TestWhatBecomesA500IsToldOnce(t *testing.T) {
	for name, handler := range map[string]echo.HandlerFunc{
		"a panic":      func(echo.Context) error { panic(errFault) },
		"an error":     func(echo.Context) error { return errFault },
		"an HTTPError": func(echo.Context) error { return echo.NewHTTPError(http.StatusBadGateway, "no") },
	} {
		for _, where := range []string{"inside", "outside", "behind the cache"} {
			t.Run(name+", with the recovery "+where, func(t *testing.T) {
				bus := new(signals.Bus)
				told := exceptions(bus)
				e := echo.New()
				lifecycle := echocache.Lifecycle(adaptertest.Lifecycle(t, bus)...)
				switch where {
				case "inside":
					e.Use(lifecycle, recovery(), echocache.Site())
				case "outside":
					e.Use(recovery(), lifecycle, echocache.Site())
				default:
					e.Use(lifecycle, echocache.Site(), recovery())
				}
				e.GET("/", handler)
				v := adaptertest.NewVisitor(t, e)
				for range 2 {
					if a := v.Get("/"); a.Status < http.StatusInternalServerError || a.IsHit() {
						t.Errorf("the answer is %d (%s)", a.Status, a.CacheStatus())
					}
					err := adaptertest.Receive(t, "the exception is told", told)
					if name == "an error" && !errors.Is(err, errFault) {
						t.Errorf("it is %v, want the handler's error", err)
					}
					if len(told) > 0 {
						t.Errorf("it was told again: %v", <-told)
					}
				}
			})
		}
	}
}

// An error that becomes a 404 is not sent as got_request_exception.
// Django, got_request_exception
func TestAnErrorThatBecomesA404IsNoException(t *testing.T) {
	bus := new(signals.Bus)
	told := exceptions(bus)
	e := echo.New()
	e.Use(echocache.Lifecycle(adaptertest.Lifecycle(t, bus)...))
	handleErrors(e, func(c echo.Context, _ error) { _ = c.NoContent(http.StatusNotFound) })
	e.GET("/", func(echo.Context) error { return errFault })
	v := adaptertest.NewVisitor(t, e)
	v.Get("/").Want(t, http.StatusNotFound, "")
	if len(told) > 0 {
		t.Errorf("it was told: %v", <-told)
	}
}

// A response that is aborted stays so behind a recovery middleware.
// RFC 9112, 8
func TestAResponseThatIsBrokenOffStaysSoBehindARecovery(t *testing.T) {
	e := echo.New()
	e.Use(recovery(), echocache.Lifecycle(adaptertest.Lifecycle(t, nil)...))
	e.GET("/", func(c echo.Context) error {
		_ = c.String(http.StatusOK, strings.Repeat("x", 10_000))
		_ = http.NewResponseController(c.Response()).Flush()
		panic(http.ErrAbortHandler)
	}, echocache.CachePage(ttl))
	v := adaptertest.NewVisitor(t, e)
	for range 2 {
		if a, err := v.Try(t.Context(), http.MethodGet, "/"); err == nil && a.Err == nil {
			t.Errorf("the client takes %d bytes for the whole (%s)", len(a.Body), a.CacheStatus())
		}
	}
}

// A stale page replaces an error that a handler returns.
// RFC 5861, 4
func TestAnOldPageStandsInForAFailure(t *testing.T) {
	for name, fail := range map[string]echo.HandlerFunc{
		"a panic":  func(echo.Context) error { panic(errFault) },
		"an error": func(echo.Context) error { return errFault },
	} {
		t.Run(name, func(t *testing.T) {
			var fails atomic.Bool
			s := newStaleSite(t, recovery(), failing(&fails, fail))
			s.Get("/page").WantMiss(t, "page 1")
			fails.Store(true)
			s.purgeSoftly()
			for range 3 {
				s.Get("/page").Want(t, http.StatusOK, "page 1")
			}
		})
	}
}

// Wrapped middleware sees the response that becomes of an error.
func TestWrappedMiddlewareSeesWhatBecomesOfAnError(t *testing.T) {
	e := newEcho(t)
	e.GET("/", func(echo.Context) error { return errFault },
		echocache.Wrap(middleware.CacheControl(middleware.Public, middleware.MaxAge(ttl))))
	v := adaptertest.NewVisitor(t, e)
	a := v.Get("/")
	if control := a.Header.Get("Cache-Control"); a.Status != http.StatusInternalServerError || control != "" {
		t.Errorf("%d with Cache-Control %q", a.Status, control)
	}
}
