package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// routeOf shows what a handler knows of its route.
func routeOf(r *http.Request) string { return r.Pattern + " " + r.PathValue("id") }

func routeHandler() *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, routeOf(r)) }}
}

// routed returns a mux with h for "/p/{id}", with its pages cached.
func routed(t testing.TB, method string, h http.Handler, opts ...middleware.PageOption) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(method+"/p/{id}", middleware.CachePage(time.Minute, opts...)(h))
	return within(inMemory(t), mux)
}

// A handler knows its route in each kind of run.
func TestTheRouteIsKnownInEachRun(t *testing.T) {
	const want = "/p/{id} 7"
	tests := map[string]struct {
		r    *http.Request
		opts []middleware.PageOption
	}{
		"a miss":                  {request("GET", "/p/7"), nil},
		"a run for a HEAD":        {request("HEAD", "/p/7"), nil},
		"past the cache":          {request("GET", "/p/7", "Cookie: a=1"), nil},
		"a method that is unsafe": {request("POST", "/p/7"), nil},
		"a query that is dropped": {request("GET", "/p/7?utm_source=x"), []middleware.PageOption{middleware.IgnoreQuery("utm_*")}},
		"a path with escapes":     {request("GET", "/p/%37"), nil},
		"a range":                 {request("GET", "/p/7", "Range: bytes=0-100"), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			h := &handler{serve: func(_ http.ResponseWriter, r *http.Request) { got = routeOf(r) }}
			send(routed(t, "", h, test.opts...), test.r)
			if got != want {
				t.Errorf("the handler knows %q, want %q", got, want)
			}
		})
	}
}

// A handler knows its route in a background refresh.
func TestTheRouteIsKnownInARunInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"1"`)
			seen = append(seen, routeOf(r)+r.Header.Get("If-None-Match"))
			_, _ = fmt.Fprint(w, routeOf(r))
		}}
		p := routed(t, "GET ", h, middleware.Grace(time.Hour))
		for _, id := range []string{"7", "8"} {
			ask(p, "/p/"+id).wantBody(t, "GET /p/{id} "+id)
		}
		time.Sleep(2 * time.Minute)
		for _, id := range []string{"7", "8"} {
			ask(p, "/p/"+id).wantHit(t, "GET /p/{id} "+id) // stale
			synctest.Wait()                                // it is refreshed
		}
		want := []string{"GET /p/{id} 7", "GET /p/{id} 8", `GET /p/{id} 7"1"`, `GET /p/{id} 8"1"`}
		if !slices.Equal(seen, want) {
			t.Errorf("the runs know\n%q\nwant\n%q", seen, want)
		}
	})
}

// A handler knows its route when the client that started the run has left.
func TestTheRouteIsKnownWhenTheClientThatStartedTheRunHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			<-release
			_, _ = fmt.Fprint(w, routeOf(r))
		}}
		p := routed(t, "GET ", h)
		first, second := start(t, p, request("GET", "/p/7")), start(t, p, request("GET", "/p/7"))
		first.leave()
		synctest.Wait()
		close(release)
		second.wait().wantBody(t, "GET /p/{id} 7")
		h.wantRuns(t, 1)
	})
}

// A mux behind the cache has routes of its own.
func TestAMuxBehindTheCacheHasRoutesOfItsOwn(t *testing.T) {
	h := routeHandler()
	inner := http.NewServeMux()
	inner.Handle("GET /shop/p/{id}", h)
	inner.Handle("GET /shop/{rest...}", answering("rest"))
	outer := http.NewServeMux()
	outer.Handle("/{id}/", middleware.CachePage(ttl)(inner))
	p := within(inMemory(t), outer)
	for range 2 {
		ask(p, "/shop/p/7").wantBody(t, "GET /shop/p/{id} 7")
		ask(p, "/shop/x").wantBody(t, "rest")
	}
	h.wantRuns(t, 1)
}

// VaryBy and When functions know the route.
func TestKeysAndConditionsKnowTheRoute(t *testing.T) {
	var known []string
	note := func(who string) func(*http.Request) string {
		return func(r *http.Request) string {
			known = append(known, who+" "+routeOf(r))
			return r.PathValue("id")
		}
	}
	when := note("When")
	p := routed(t, "GET ", routeHandler(), middleware.VaryBy(note("VaryBy")),
		middleware.When(func(r *http.Request) bool { return when(r) != "" }))
	ask(p, "/p/7")
	ask(p, "/p/7").wantHit(t, "GET /p/{id} 7")
	once := []string{"When GET /p/{id} 7", "VaryBy GET /p/{id} 7"}
	if want := slices.Repeat(once, 2); !slices.Equal(known, want) {
		t.Errorf("they know %q, want %q", known, want)
	}
}

// Routes that share a policy have pages of their own.
func TestRoutesThatShareAPolicyAreToldApart(t *testing.T) {
	h := routeHandler()
	shared := middleware.NewPolicy(ttl)
	mux := http.NewServeMux()
	mux.Handle("GET /p/{id}", shared.Handler(h))
	mux.Handle("GET /q/{id}", shared.Handler(h))
	p := within(inMemory(t), mux)
	for range 2 {
		ask(p, "/p/7").wantBody(t, "GET /p/{id} 7")
		ask(p, "/q/7").wantBody(t, "GET /q/{id} 7")
	}
	h.wantRuns(t, 2)
}

// Metrics know the route and what the cache did, of hits, too.
func TestMetricsKnowTheRouteOfHitsToo(t *testing.T) {
	bus := new(signals.Bus)
	var finished, counted []string
	defer bus.RequestFinished.Connect(func(_ context.Context, _ any, e signals.FinishedEvent) error {
		finished = append(finished, e.Request.Pattern)
		return nil
	})()
	count := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			counted = append(counted, r.Pattern+" "+w.Header().Get("Cache-Status"))
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/p/{id}", middleware.CachePage(ttl)(routeHandler()))
	lifecycle := middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(inMemory(t)))
	p := middleware.Chain(lifecycle, count)(mux)
	for _, r := range []*http.Request{request("GET", "/p/7"), request("HEAD", "/p/7"), request("POST", "/p/7"), request("GET", "/")} {
		send(p, r)
	}
	if want := []string{"/p/{id}", "/p/{id}", "/p/{id}", ""}; !slices.Equal(finished, want) {
		t.Errorf("RequestFinished knows %q, want %q", finished, want)
	}
	want := []string{
		"/p/{id} larder; fwd=uri-miss; fwd-status=200; stored",
		"/p/{id} larder; hit; ttl=3599",
		"/p/{id} larder; fwd=method; detail=method",
		" ",
	}
	if !slices.Equal(counted, want) {
		t.Errorf("middleware around the mux knows\n%q\nwant\n%q", counted, want)
	}
}

// A counter with two labels: the route, and what the cache did. It stands within
// Lifecycle and around the mux.
func ExampleLifecycle_metrics() {
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		panic(err)
	}
	defer func() { _ = caches.Shutdown(context.Background()) }()
	answers := make(map[[2]string]int)
	count := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			outcome, _, _ := strings.Cut(strings.TrimPrefix(w.Header().Get("Cache-Status"), "larder; "), ";")
			answers[[2]string{r.Pattern, outcome}]++
		})
	}
	mux := http.NewServeMux()
	mux.Handle("GET /p/{id}", middleware.CachePage(time.Minute)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "product ", r.PathValue("id"))
	})))
	site := middleware.Chain(middleware.Lifecycle(middleware.WithCaches(caches)), count)(mux)

	for _, path := range []string{"/p/7", "/p/7", "/p/8", "/p/7"} {
		site.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	fmt.Println(answers)
	// Output:
	// map[[GET /p/{id} fwd=uri-miss]:2 [GET /p/{id} hit]:2]
}
