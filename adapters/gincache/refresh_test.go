package gincache_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/internal/adaptertest"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// staleSite is a page that is declared stale by a test, and says how many there
// have been.
type staleSite struct {
	*adaptertest.Visitor
	t      *testing.T
	router *gin.Engine
	bus    *signals.Bus
	policy *middleware.Policy
	runs   atomic.Int32
	scope  context.Context
}

// newStaleSite puts outside between the Lifecycle and the cache of GET /page.
func newStaleSite(t *testing.T, outside, inside gin.HandlersChain, opts ...middleware.PageOption) *staleSite {
	s := &staleSite{t: t, router: gin.New(), bus: new(signals.Bus)}
	s.policy = middleware.NewPolicy(ttl, append(opts, middleware.Grace(ttl))...)
	caches := adaptertest.NewCaches(t)
	s.scope = caches.Scope(t.Context())
	s.router.Use(gincache.Lifecycle(middleware.WithCaches(caches), middleware.WithBus(s.bus)))
	s.router.Use(outside...)
	s.router.GET("/page", append(append(gin.HandlersChain{gincache.Cached(s.policy)}, inside...), func(c *gin.Context) {
		c.String(http.StatusOK, fmt.Sprintf("page %d", s.runs.Add(1)))
	})...)
	s.Visitor = adaptertest.NewVisitor(t, s.router)
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

// A refresh has a Context of its own.
func TestARefreshHasAContextOfItsOwn(t *testing.T) {
	var mu sync.Mutex
	inUse := make(map[*gin.Context]bool)
	kept, hold := make(chan *gin.Context, 9), make(chan struct{})
	holding := atomic.Bool{}
	outside := func(c *gin.Context) {
		mu.Lock()
		if inUse[c] {
			t.Error("a Context is used for two requests at the same time")
		}
		inUse[c] = true
		mu.Unlock()
		c.Next()
		if c.GetHeader("X-Hold") != "" && holding.Load() {
			<-hold // the request that found the stale page is not over
		}
		mu.Lock()
		delete(inUse, c)
		mu.Unlock()
	}
	s := newStaleSite(t, gin.HandlersChain{outside}, gin.HandlersChain{func(c *gin.Context) { kept <- c }}, middleware.VaryBy(func(*http.Request) string { return "" }))
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
	outer := make(chan http.Header, 9)
	s := newStaleSite(t, gin.HandlersChain{func(c *gin.Context) {
		c.Header("X-Outside", "1")
		c.Next()
		outer <- c.Writer.Header()
	}}, nil)
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
	s := newStaleSite(t, gin.HandlersChain{func(c *gin.Context) {
		if _, err := c.Cookie("member"); err != nil {
			c.String(http.StatusOK, "log in first")
			c.Abort()
			stopped <- struct{}{}
		}
	}}, nil, middleware.IgnoreCookies("member"))
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
	s := newStaleSite(t, gin.HandlersChain{func(c *gin.Context) {
		user, _ := c.Cookie("user")
		c.Set("user", user)
		arrived <- user
	}}, nil, middleware.IgnoreCookies("user"), gincache.VaryByKey("user"))
	s.Get("/page", "Cookie: user=alice").WantMiss(t, "page 1")
	s.Get("/page", "Cookie: user=bob").WantMiss(t, "page 2")
	s.Get("/page", "Cookie: user=alice").WantHit(t, "page 1")
	s.Get("/page", "Cookie: user=bob").WantHit(t, "page 2")
	for range 4 {
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
	s := newStaleSite(t, gin.HandlersChain{gincache.Site(middleware.KeyPrefix("site"))}, nil)
	s.Get("/page").WantMiss(t, "page 1")
	s.purgeSoftly()
	s.Get("/page").WantHit(t, "page 1")
	s.await("page 2")
	s.Get("/page").WantHit(t, "page 2")
}

// A refresh that panics does not store an empty page.
func TestARefreshThatPanicsIsNoEmptyPage(t *testing.T) {
	var fails atomic.Bool
	panicked := make(chan struct{}, 9999)
	s := newStaleSite(t, gin.HandlersChain{recovery()}, gin.HandlersChain{func(*gin.Context) {
		if fails.Load() {
			panicked <- struct{}{}
			panic(errFault)
		}
	}})
	s.Get("/page")
	s.purgeSoftly()
	fails.Store(true)
	adaptertest.Await(t, "two refreshes have panicked", func() bool {
		s.Get("/page").WantHit(t, "page 1")
		return len(panicked) >= 2
	})
	fails.Store(false)
	adaptertest.Await(t, "a new page is stored", func() bool { return s.Get("/page").Body == "page 2" })
}
