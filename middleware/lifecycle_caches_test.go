package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// The caches that a request used are closed once, however its handler ends.
// Django, close_caches
func TestCachesThatARequestUsedAreClosedOnce(t *testing.T) {
	use := func(r *http.Request) {
		for range 3 {
			_ = cache.From(r.Context(), cache.DefaultAlias).Set(r.Context(), "key", 1)
		}
	}
	for name, serve := range map[string]http.HandlerFunc{
		"returns": func(_ http.ResponseWriter, r *http.Request) { use(r) },
		"panics":  func(_ http.ResponseWriter, r *http.Request) { use(r); panic("x") },
		"aborts":  func(_ http.ResponseWriter, r *http.Request) { use(r); panic(http.ErrAbortHandler) },
		"flushes": func(w http.ResponseWriter, r *http.Request) { use(r); w.(http.Flusher).Flush() },
	} {
		b := new(backend)
		h := within(newCaches(t, b.config()), serve)
		for i := range 3 {
			panicOf(func() { ask(h, "/") })
			if n, opened := b.closed.Load(), b.opened.Load(); n != int32(i+1) || opened != n {
				t.Errorf("%s: %d caches were closed and %d opened, want %d", name, n, opened, i+1)
			}
		}
	}
}

// Caches that no request uses are never created.
// Django, close_caches
func TestCachesThatNoRequestUsedAreNeverCreated(t *testing.T) {
	b := new(backend)
	ask(within(newCaches(t, b.config()), http.NotFoundHandler()), "/")
	if n := b.opens.Load(); n != 0 {
		t.Errorf("%d stores were opened", n)
	}
}

// Caches are closed with a context that is not cancelled, even if the client has left.
func TestCachesAreClosedWithALiveContextAfterTheClientHasLeft(t *testing.T) {
	b := new(backend)
	ctx, cancel := context.WithCancel(t.Context())
	h := within(newCaches(t, b.config()), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = cache.From(r.Context(), cache.DefaultAlias).Set(r.Context(), "key", 1)
		cancel()
	}))
	send(h, request("GET", "/").WithContext(ctx))
	if b.closed.Load() != 1 || b.dead.Load() != 0 {
		t.Errorf("%d were closed, %d with a context that had ended", b.closed.Load(), b.dead.Load())
	}
}

// The receiver that closes caches can be disconnected.
// Django, close_caches
func TestCloseCachesCanBeDisconnected(t *testing.T) {
	b, bus := new(backend), new(signals.Bus)
	h := middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(newCaches(t, b.config())))(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_ = cache.From(r.Context(), cache.DefaultAlias).Set(r.Context(), "key", 1)
		}))
	if !bus.RequestFinished.Disconnect(middleware.CloseCachesUID) {
		t.Fatal("nothing was connected under the uid")
	}
	ask(h, "/")
	if n := b.closed.Load(); n != 0 {
		t.Errorf("%d caches were closed", n)
	}
}

// Nested Lifecycles have scopes of their own.
func TestNestedLifecyclesHaveScopesOfTheirOwn(t *testing.T) {
	b, bus, l := new(backend), new(signals.Bus), new(life)
	l.listen(bus)
	wrap := middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(newCaches(t, b.config())))
	use := func(r *http.Request) *cache.BaseCache {
		c := cache.From(r.Context(), cache.DefaultAlias)
		_ = c.Set(r.Context(), "key", 1)
		return c
	}
	var used []*cache.BaseCache
	inner := wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { used = append(used, use(r)) }))
	outer := wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		used = append(used, use(r))
		inner.ServeHTTP(w, r)
		if n := b.closed.Load(); n != 1 {
			t.Errorf("%d caches were closed by the inner one, want 1", n)
		}
		used = append(used, use(r))
	}))
	ask(outer, "/")
	l.want(t, "started /", "started /", "finished /", "finished /")
	if !slices.Equal(l.senders, []any{outer, inner, inner, outer}) {
		t.Errorf("the senders are %v", l.senders)
	}
	if used[0] == used[1] || used[0] != used[2] || b.closed.Load() != 2 {
		t.Errorf("the caches are %p; %d were closed", used, b.closed.Load())
	}
}

// withoutBackends makes the rest of a test one of a program that imports no backend and sets
// no default, so that none is implied either.
func withoutBackends(t *testing.T) {
	registry := driver.DefaultRegistry
	driver.DefaultRegistry = new(driver.Registry)
	cache.SetDefault(nil)
	t.Cleanup(func() { driver.DefaultRegistry = registry })
}

// Without caches and without a backend, cache operations return ErrInvalidBackend.
func TestWithoutCachesThereIsNoScope(t *testing.T) {
	withoutBackends(t)
	h, _ := lifecycle(func(w http.ResponseWriter, r *http.Request) {
		if err := cache.From(r.Context(), cache.DefaultAlias).Set(r.Context(), "key", 1); !errors.Is(err, cache.ErrInvalidBackend) {
			t.Errorf("Set: %v", err)
		}
	})
	ask(h, "/")
}

// A request uses the implied default cache while none is set.
func TestARequestHasTheImpliedDefaultWhileNoneIsSet(t *testing.T) {
	cache.SetDefault(nil)
	defer cache.SetDefault(nil)
	pages := 0
	h := middleware.Lifecycle()(middleware.CachePage(time.Minute, middleware.Explain("let-me-see"))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		pages++
		if err := cache.From(r.Context(), cache.DefaultAlias).Set(r.Context(), "key", 1); err != nil {
			t.Error(err)
		}
	})))
	for range 3 {
		ask(h, "/")
	}
	if pages != 1 {
		t.Errorf("the page was made %d times, want once", pages)
	}
	const want = `CachePage with a ttl of 1m0s, in the cache "default", which is implied: in memory, since cache.SetDefault has not been called`
	if got, _ := explain(t, h, "/", why).says("policy"); got != want {
		t.Errorf("the explanation says %q, want %q", got, want)
	}
	cache.SetDefault(newCaches(t, cache.Config{Backend: "memory"}))
	if got, _ := explain(t, h, "/", why).says("policy"); strings.Contains(got, "implied") {
		t.Errorf("with a default that is set, the explanation says %q", got)
	}
}

// Lifecycle accepts pages of any alias while the default is implied, since settings given later may
// have it.
func TestLifecycleTakesPagesOfAnyAliasWhileTheDefaultIsImplied(t *testing.T) {
	cache.SetDefault(nil)
	defer cache.SetDefault(nil)
	pages := middleware.Site(middleware.Alias("pages"))(http.NotFoundHandler())
	_ = cache.DefaultHandler()
	middleware.Lifecycle()(pages)
}

// The default handler is looked up at each request.
func TestTheDefaultHandlerIsAskedForAtEachRequest(t *testing.T) {
	b := new(backend)
	h, _ := lifecycle(func(_ http.ResponseWriter, r *http.Request) {
		_ = cache.From(r.Context(), cache.DefaultAlias).Set(r.Context(), "key", 1)
	})
	cache.SetDefault(newCaches(t, b.config()))
	defer cache.SetDefault(nil)
	ask(h, "/")
	if n := b.closed.Load(); n != 1 {
		t.Errorf("%d caches were closed, want 1", n)
	}
}

// A cache that a receiver of request_finished opens is closed, whenever the receiver was connected.
func TestACacheThatAReceiverOfRequestFinishedOpensIsClosed(t *testing.T) {
	b, bus := new(backend), new(signals.Bus)
	h := middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(newCaches(t, b.config())))(http.NotFoundHandler())
	bus.RequestFinished.Connect(func(ctx context.Context, _ any, _ signals.FinishedEvent) error {
		return cache.From(ctx, cache.DefaultAlias).Set(ctx, "visits", 1)
	})
	ask(h, "/")
	if opened, closed := b.opened.Load(), b.closed.Load(); opened != 1 || closed != 1 {
		t.Errorf("%d caches were opened, and %d closed", opened, closed)
	}
}
