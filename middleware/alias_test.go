package middleware_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// cachesLoggingTo returns caches with the alias "default" and a logger of their own.
func cachesLoggingTo(t testing.TB, log *bytes.Buffer) *cache.Handler {
	t.Helper()
	h, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}}, cache.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Shutdown(t.Context()) })
	return h
}

// A page whose alias does not exist is served by the handler, says so in Cache-Status, and is
// logged once.
func TestAPageWhoseAliasDoesNotExistSaysSo(t *testing.T) {
	for _, body := range []string{"page", strings.Repeat("page", 1000)} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			p := behindAMux(cachesLoggingTo(t, &log), middleware.CachePage(ttl, middleware.Alias("nope"))(answering(body)))
			elsewhere := logged(func() {
				for range 2 {
					for range 50 {
						a := ask(p, "/page")
						a.wantBody(t, body)
						a.wantStatus(t, "larder; fwd=uri-miss; detail=unknown-alias")
					}
					time.Sleep(11 * time.Second)
				}
			})
			if n := strings.Count(log.String(), `unknown alias \"nope\": the settings have default`); n != 2 || strings.Count(log.String(), "level=ERROR") != 2 {
				t.Errorf("it was logged %d times, want twice in 20 s: %s", n, log.String())
			}
			if elsewhere != "" {
				t.Errorf("the default logger has %s", elsewhere)
			}
		})
	}
}

// An explanation says that the alias of a page does not exist.
func TestAnExplanationSaysThatTheAliasDoesNotExist(t *testing.T) {
	p := behindAMux(inMemory(t), middleware.CachePage(ttl, middleware.Alias("nope"), middleware.Explain("let-me-see"))(answering("page")))
	if a := ask(p, "/page", "Larder-Explain: let-me-see"); !strings.Contains(a.body, "names a cache that the request's caches do not have") {
		t.Error(a.body)
	}
}

// Lifecycle panics at construction if its caches lack the alias of the pages directly inside, or
// cannot hold their MaxBody.
func TestLifecyclePanicsIfItsCachesDoNotSuitThePagesDirectlyInside(t *testing.T) {
	caches := newCaches(t, cache.Config{Backend: "memory", MaxInFlight: 1 << 20})
	with := middleware.WithCaches(caches)
	bus := middleware.WithBus(new(signals.Bus))
	for want, page := range map[string]func(http.Handler) http.Handler{
		`Alias: invalid cache backend: unknown alias "nope": the settings have default`: middleware.Site(middleware.Alias("nope"), middleware.MaxBody(1)),
		`MaxBody is 8388608, and max_in_flight of the caches 1048576`:                   middleware.Site(),
	} {
		if text := fmt.Sprint(panicOf(func() { middleware.Lifecycle(bus, with)(page(answering("page"))) })); !strings.Contains(text, want) {
			t.Errorf("it panics with %q, want %q", text, want)
		}
	}
	// Of the program's caches no more is known than there is.
	middleware.Lifecycle(bus)(middleware.Site(middleware.Alias("nope"))(answering("page")))
}

// What pages report goes to the logger of their caches.
func TestThePanicOfARunIsLoggedByTheCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		h := &handler{}
		h.serve = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=1, stale-while-revalidate=60")
			if h.runs.Load() > 1 {
				panic("no page today")
			}
		}
		p := behindAMux(cachesLoggingTo(t, &log), middleware.Site()(h))
		elsewhere := logged(func() {
			ask(p, "/page")
			time.Sleep(2 * time.Second)
			ask(p, "/page")
			synctest.Wait()
		})
		if !strings.Contains(log.String(), "no page today") || elsewhere != "" {
			t.Errorf("the caches' logger has %q, and the default one %q", log.String(), elsewhere)
		}
	})
}

// Lifecycle panics at construction if an option is nil or given twice.
func TestLifecyclePanicsIfAnOptionIsGivenTwice(t *testing.T) {
	bus, caches := middleware.WithBus(new(signals.Bus)), middleware.WithCaches(inMemory(t))
	for want, opts := range map[string][]middleware.LifecycleOption{
		"an option is nil": {bus, nil},
		"WithBus is given 2 times and WithCaches 1 times": {bus, caches, bus},
		"WithBus is given 0 times and WithCaches 2 times": {caches, caches},
	} {
		if text := fmt.Sprint(panicOf(func() { middleware.Lifecycle(opts...) })); !strings.Contains(text, want) {
			t.Errorf("it panics with %q, want %q", text, want)
		}
	}
}
