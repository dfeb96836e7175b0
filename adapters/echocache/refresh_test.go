package echocache_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// around returns middleware that calls before and after the rest of the chain.
func around(before, after func(echo.Context)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			before(c)
			defer after(c)
			return next(c)
		}
	}
}

func nothing(echo.Context) {}

// A refresh has a Context of its own.
func TestARefreshHasAContextOfItsOwn(t *testing.T) {
	var mu sync.Mutex
	inUse := make(map[echo.Context]bool)
	kept, hold := make(chan echo.Context, 9), make(chan struct{})
	var holding atomic.Bool
	enter := func(c echo.Context) {
		mu.Lock()
		defer mu.Unlock()
		if inUse[c] {
			t.Error("a Context is used for two requests at the same time")
		}
		inUse[c] = true
	}
	leave := func(c echo.Context) {
		if c.Request().Header.Get("X-Hold") != "" && holding.Load() {
			<-hold // the request that found the stale page is not over
		}
		mu.Lock()
		defer mu.Unlock()
		delete(inUse, c)
	}
	s := newStaleSite(t, around(enter, leave), around(func(c echo.Context) { kept <- c }, nothing),
		middleware.VaryBy(func(*http.Request) string { return "" }))
	s.Get("/page").WantMiss(t, "page 1")
	adaptertest.Receive(t, "the first run", kept)
	s.purgeSoftly()
	holding.Store(true)
	held := make(chan adaptertest.Answer, 1)
	go func() { held <- s.Get("/page", "X-Hold: 1") }()
	adaptertest.Receive(t, "the refresh", kept)
	holding.Store(false)
	close(hold)
	adaptertest.Receive(t, "the held request", held).WantHit(t, "page 1")
	s.await("page 2")
}

// A refresh is no request of a client to loggers and metrics.
func TestARefreshIsNoRequestOfAClient(t *testing.T) {
	s := newStaleSite(t, around(func(c echo.Context) { c.Response().Header().Set("X-Outside", "1") }, nothing), nil)
	told := exceptions(s.bus)
	var started atomic.Int32
	s.bus.RequestStarted.Connect(func(context.Context, any, signals.StartedEvent) error { started.Add(1); return nil })
	s.Get("/page")
	s.purgeSoftly()
	s.Get("/page").WantHit(t, "page 1")
	asked := int32(2)
	adaptertest.Await(t, "page 2 is stored", func() bool { asked++; return s.Get("/page").Body == "page 2" })
	if started.Load() != asked || len(told) != 0 {
		t.Errorf("%d requests started of %d, %d exceptions", started.Load(), asked, len(told))
	}
	if hit := s.Get("/page"); len(hit.Header["X-Outside"]) != 1 {
		t.Errorf("what is outside is stored in the page: %q", hit.Header["X-Outside"])
	}
}

// A refresh that outer middleware stops leaves the page as it was.
func TestARefreshThatIsStoppedOutsideLeavesThePageAsItWas(t *testing.T) {
	stopped := make(chan struct{}, 9999)
	s := newStaleSite(t, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if _, err := c.Cookie("member"); err != nil {
				stopped <- struct{}{}
				return c.String(http.StatusOK, "log in first")
			}
			return next(c)
		}
	}, nil, middleware.IgnoreCookies("member"))
	s.Get("/page", "Cookie: member=1").WantMiss(t, "page 1")
	s.purgeSoftly()
	s.Get("/page", "Cookie: member=1").WantHit(t, "page 1")
	adaptertest.Receive(t, "the refresh is stopped", stopped)
	s.Get("/page", "Cookie: member=1").WantHit(t, "page 1")
	s.Get("/page").Want(t, http.StatusOK, "log in first")
	if runs := s.runs.Load(); runs != 1 {
		t.Errorf("%d runs, want 1", runs)
	}
}

// A refresh that outer middleware has given another user is refused.
func TestARefreshThatComesAsSomebodyElseIsRefused(t *testing.T) {
	arrived := make(chan string, 99)
	s := newStaleSite(t, around(func(c echo.Context) {
		user := ""
		if cookie, err := c.Cookie("user"); err == nil {
			user = cookie.Value
		}
		c.Set("user", user)
		arrived <- user
	}, nothing), nil, middleware.IgnoreCookies("user"), echocache.VaryByKey("user"))
	s.Get("/page", "Cookie: user=alice").WantMiss(t, "page 1")
	s.Get("/page", "Cookie: user=bob").WantMiss(t, "page 2")
	s.Get("/page", "Cookie: user=alice").WantHit(t, "page 1")
	for range 3 {
		<-arrived
	}
	s.purgeSoftly()
	s.Get("/page", "Cookie: user=alice").WantHit(t, "page 1")
	if user := adaptertest.Receive(t, "the client's request", arrived); user != "alice" {
		t.Errorf("it is of %q", user)
	}
	if user := adaptertest.Receive(t, "the refresh", arrived); user != "" {
		t.Errorf("the refresh is of %q", user)
	}
	s.Get("/page", "Cookie: user=alice").WantHit(t, "page 1")
	if runs := s.runs.Load(); runs != 2 {
		t.Errorf("%d runs, want 2: nobody's page is stored as alice's", runs)
	}
}

// An outer cache lets the refresh of an inner one pass.
func TestACacheOutsideLetsTheRefreshOfOneInsidePass(t *testing.T) {
	s := newStaleSite(t, echocache.Site(middleware.KeyPrefix("site")), nil)
	s.Get("/page").WantMiss(t, "page 1")
	s.purgeSoftly()
	s.Get("/page").WantHit(t, "page 1")
	s.await("page 2")
	s.Get("/page").WantHit(t, "page 2")
}

// A refresh that panics does not store an empty page.
func TestARefreshThatPanicsIsNoEmptyPage(t *testing.T) {
	var fails atomic.Bool
	var panicked atomic.Int32
	s := newStaleSite(t, recovery(), failing(&fails, func(echo.Context) error { panicked.Add(1); panic(errFault) }))
	s.Get("/page")
	s.purgeSoftly()
	fails.Store(true)
	adaptertest.Await(t, "two refreshes have panicked", func() bool {
		s.Get("/page").WantHit(t, "page 1")
		return panicked.Load() >= 2
	})
	fails.Store(false)
	s.await("page 2")
}
