package middleware_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// effect is what an option does to a kind of cache: what is observed with it, and without.
// An option that does nothing fails its test, as `make mutants` shows.
type effect struct {
	kind          string // "" for CachePage
	option        middleware.PageOption
	observe       func(t *testing.T, page func(http.Handler) http.Handler) string
	with, without string
}

// optionEffects has an entry for each option.
var optionEffects = map[string]effect{
	"Alias": {
		option:  middleware.Alias("other"),
		observe: afterClearing("other"),
		with:    "run 1, run 2", without: "run 1, run 1",
	},
	"KeyPrefix": {
		option:  middleware.KeyPrefix("other"),
		observe: besidePagesWithoutPrefix,
		with:    "run 1, other", without: "run 1, run 1",
	},
	"MaxBody": {
		option:  middleware.MaxBody(4), // run 1 has five bytes
		observe: asking("", ""),
		with:    "run 1, run 2", without: "run 1, run 1",
	},
	"DefaultTTL": {
		kind:    "Site",
		option:  middleware.DefaultTTL(7 * time.Second),
		observe: after6And8Seconds(http.StatusOK),
		with:    "run 1, run 1, run 2", without: "run 1, run 1, run 1",
	},
	"StatusTTL": {
		option:  middleware.StatusTTL(http.StatusNotFound, 7*time.Second),
		observe: after6And8Seconds(http.StatusNotFound),
		with:    "run 1, run 1, run 2", without: "run 1, run 2, run 3",
	},
	"Grace": {
		option:  middleware.Grace(7 * time.Second),
		observe: staleFor6And8SecondsWhileTheHandlerFails,
		with:    "200, 200, 500", without: "200, 500, 500",
	},
	"RefreshTimeout": {
		option:  middleware.RefreshTimeout(7 * time.Second),
		observe: timeOfARefresh,
		with:    "7s", without: "30s",
	},
	"MaxWait": {
		option:  middleware.MaxWait(7 * time.Second),
		observe: waitForARunOfAMinute,
		with:    "7s", without: "30s",
	},
	"LeaseWait": {
		option:  middleware.LeaseWait(7 * time.Second),
		observe: waitForARunOfAnotherProcess,
		with:    "7s", without: "0s",
	},
	"MaxConcurrentRuns": {
		option:  middleware.MaxConcurrentRuns(3),
		observe: runsOfAMinute,
		with:    "3", without: "1",
	},
	"When": {
		option:  middleware.When(func(r *http.Request) bool { return r.Header.Get("X-Skip") == "" }),
		observe: asking("X-Skip: 1", "X-Skip: 1"),
		with:    "run 1, run 2", without: "run 1, run 1",
	},
	"VaryByHeader": {
		option:  middleware.VaryByHeader("X-A", "x-b"),
		observe: asking("X-A: 1", "X-A: 2", "X-B: 1", "X-A: 1"),
		with:    "run 1, run 2, run 3, run 1", without: "run 1, run 1, run 1, run 1",
	},
	"VaryBy": {
		option:  middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-A") }),
		observe: asking("X-A: 1", "X-A: 2", "X-A: 1"),
		with:    "run 1, run 2, run 1", without: "run 1, run 1, run 1",
	},
	"VaryByNamed": {
		option:  middleware.VaryByNamed("a", func(r *http.Request) string { return r.Header.Get("X-A") }),
		observe: asking("X-A: 1", "X-A: 2", "X-A: 1"),
		with:    "run 1, run 2, run 1", without: "run 1, run 1, run 1",
	},
	"Normalize": {
		option:  middleware.Normalize(),
		observe: askingFor([]string{"Vary: Accept-Language"}, "Accept-Language: de, en", "Accept-Language: de,EN"),
		with:    "run 1, run 1", without: "run 1, run 2",
	},
	"HeedRequests": {
		option:  middleware.HeedRequests(),
		observe: asking("", "Cache-Control: no-cache"),
		with:    "run 1, run 2", without: "run 1, run 1",
	},
	"Targets": {
		kind:    "Site",
		option:  middleware.Targets("A-Cache-Control", "b-cache-control"),
		observe: askingFor([]string{"Cache-Control: max-age=60", "B-Cache-Control: no-store"}, "", ""),
		with:    "run 1, run 2", without: "run 1, run 1",
	},
	"Literal": {
		kind:    "Shared",
		option:  middleware.Literal(),
		observe: askingFor([]string{"Cache-Control: max-age=60", "Set-Cookie: a=1"}, "", ""),
		with:    "run 1, run 1", without: "run 1, run 2",
	},
	"DjangoHeaders": {
		option:  middleware.DjangoHeaders(),
		observe: told("Cache-Control", "Expires"),
		with:    "max-age=3600 | Sat, 01 Jan 2000 01:00:00 GMT", without: "max-age=0, must-revalidate | ",
	},
	"BrowserTTL": {
		option:  middleware.BrowserTTL(7 * time.Second),
		observe: told("Cache-Control"),
		with:    "max-age=7", without: "max-age=0, must-revalidate",
	},
	"StripSetCookie": {
		option:  middleware.StripSetCookie(),
		observe: askingFor([]string{"Set-Cookie: a=1"}, "", ""),
		with:    "run 1, run 1", without: "run 1, run 2",
	},
	"IgnoreCookies": {
		option:  middleware.IgnoreCookies("a", "b_*"),
		observe: asking("Cookie: a=1", "Cookie: b_c=2; a=3", "Cookie: c=1"),
		with:    "run 1, run 1, run 2", without: "run 1, run 2, run 3",
	},
	"VaryByCookie": {
		option:  middleware.VaryByCookie("a", "b"),
		observe: asking("Cookie: a=1", "Cookie: a=1", "Cookie: a=2", "Cookie: b=1"),
		with:    "run 1, run 1, run 2, run 3", without: "run 1, run 2, run 3, run 4",
	},
	"CredentialHeaders": {
		option:  middleware.CredentialHeaders("X-Acme", "*-Account"),
		observe: asking("X-Acme: 1", "X-Acme: 1", "X-My-Account: 1"),
		with:    "run 1, run 2, run 3", without: "run 1, run 1, run 1",
	},
	"IgnoreHeaders": {
		option:  middleware.IgnoreHeaders("X-Forwarded-User", "X-Acme-*"),
		observe: asking("X-Forwarded-User: ada", "X-Forwarded-User: bob", "X-Acme-Token: 1"),
		with:    "run 1, run 1, run 1", without: "run 1, run 2, run 3",
	},
	"IgnoreQuery": {
		option:  middleware.IgnoreQuery("utm_*", "fbclid"),
		observe: askingForQueries("utm_source=a", "fbclid=b", "", "page=2"),
		with:    "run 1, run 1, run 1, run 2", without: "run 1, run 2, run 3, run 4",
	},
	"OnlyQuery": {
		option:  middleware.OnlyQuery("page", "q*"),
		observe: askingForQueries("x=1", "x=2", "page=2", "q1=1"),
		with:    "run 1, run 1, run 2, run 3", without: "run 1, run 2, run 3, run 4",
	},
	"SortQuery": {
		option:  middleware.SortQuery(),
		observe: askingForQueries("a=1&b=2", "b=2&a=1"),
		with:    "run 1, run 1", without: "run 1, run 2",
	},
	"HostAliases": {
		option: middleware.HostAliases("example.com", "www.example.com"),
		observe: func(t *testing.T, page func(http.Handler) http.Handler) string {
			p := within(inMemory(t), page(countingRuns()))
			return send(p, ofHost("GET", "www.example.com", "/page")).body + ", " + send(p, ofHost("GET", "example.com", "/page")).body
		},
		with: "run 1, run 1", without: "run 1, run 2",
	},
	"TrustProxies": {
		option:  middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")), // where httptest.NewRequest comes from
		observe: asking("X-Forwarded-Host: a.example", "X-Forwarded-Host: b.example"),
		with:    "run 1, run 2", without: "run 1, run 1",
	},
	"Explain": {
		option: middleware.Explain("let-me-see"),
		observe: func(t *testing.T, page func(http.Handler) http.Handler) string {
			return ask(within(inMemory(t), page(countingRuns())), "/page", "Larder-Explain: let-me-see").header.Get("Larder-Explain")
		},
		with: "explained", without: "",
	},
}

// Each page option has its documented effect.
func TestEachOptionHasItsEffect(t *testing.T) {
	for name, e := range optionEffects {
		t.Run(name, func(t *testing.T) {
			for _, test := range []struct {
				which string
				opts  []middleware.PageOption
				want  string
			}{{"with", []middleware.PageOption{e.option}, e.with}, {"without", nil, e.without}} {
				synctest.Test(t, func(t *testing.T) {
					page := map[string]func(...middleware.PageOption) func(http.Handler) http.Handler{
						"": viewFor(time.Hour), "Site": middleware.Site, "Shared": middleware.Shared,
					}[e.kind](test.opts...)
					if got := e.observe(t, page); got != test.want {
						t.Errorf("%s the option: %s, want %s", test.which, got, test.want)
					}
				})
			}
		})
	}
}

func viewFor(ttl time.Duration) func(...middleware.PageOption) func(http.Handler) http.Handler {
	return func(opts ...middleware.PageOption) func(http.Handler) http.Handler {
		return middleware.CachePage(ttl, opts...)
	}
}

// Each option of Lifecycle has its documented effect.
func TestEachLifecycleOptionHasItsEffect(t *testing.T) {
	own, other := inMemory(t), inMemory(t)
	for name, test := range lifecycleEffects {
		t.Run(name, func(t *testing.T) {
			bus := new(signals.Bus)
			test(t, bus, own, other)
		})
	}
}

// lifecycleEffects has an entry for each option of Lifecycle.
var lifecycleEffects = map[string]func(t *testing.T, bus *signals.Bus, own, other *cache.Handler){
	"WithBus": func(t *testing.T, bus *signals.Bus, own, _ *cache.Handler) {
		started := 0
		bus.RequestStarted.Connect(func(_ context.Context, _ any, _ signals.StartedEvent) error { started++; return nil })
		ask(middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(own))(answering("page")), "/")
		if started != 1 {
			t.Errorf("the bus was sent %d signals of a request that starts", started)
		}
	},
	"WithCaches": func(t *testing.T, bus *signals.Bus, own, other *cache.Handler) {
		for _, caches := range []*cache.Handler{own, other} {
			var got *cache.Handler
			h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = hooks.Cache.HandlerFrom(r.Context()) })
			if ask(middleware.Lifecycle(middleware.WithBus(bus), middleware.WithCaches(caches))(h), "/"); got != caches {
				t.Error("a request has other caches")
			}
		}
	},
}

// Each exported option has a test of its effect. The test reads the package, so that a new option
// needs one.
func TestNoOptionIsWithoutATestOfItsEffect(t *testing.T) {
	for result, tested := range map[string][]string{
		"PageOption":      slices.Sorted(maps.Keys(optionEffects)),
		"LifecycleOption": slices.Sorted(maps.Keys(lifecycleEffects)),
	} {
		if options := functionsReturning(t, result); !slices.Equal(options, tested) {
			t.Errorf("there are the options %q of type %s, and effects of %q", options, result, tested)
		}
	}
}

// functionsReturning returns the names of this package's exported functions with that
// result, sorted.
func functionsReturning(t *testing.T, result string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			if of, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && of.Name == result {
				names = append(names, f.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// countingRuns returns a handler that says which run it is, with these fields.
func countingRuns(fields ...string) *handler {
	h := new(handler)
	h.serve = func(w http.ResponseWriter, _ *http.Request) {
		addFields(w.Header(), fields)
		fmt.Fprintf(w, "run %d", h.runs.Load())
	}
	return h
}

// asking asks once for each field, which may be "" for none, and observes the bodies.
func asking(fields ...string) func(*testing.T, func(http.Handler) http.Handler) string {
	return askingFor(nil, fields...)
}

// askingFor is asking for a page that says these fields.
func askingFor(says []string, fields ...string) func(*testing.T, func(http.Handler) http.Handler) string {
	return func(t *testing.T, page func(http.Handler) http.Handler) string {
		p := within(inMemory(t), page(countingRuns(says...)))
		var bodies []string
		for _, field := range fields {
			var each []string
			if field != "" {
				each = []string{field}
			}
			bodies = append(bodies, ask(p, "/page", each...).body)
		}
		return strings.Join(bodies, ", ")
	}
}

func askingForQueries(queries ...string) func(*testing.T, func(http.Handler) http.Handler) string {
	return func(t *testing.T, page func(http.Handler) http.Handler) string {
		p := within(inMemory(t), page(countingRuns()))
		var bodies []string
		for _, query := range queries {
			bodies = append(bodies, ask(p, "/page?"+query).body)
		}
		return strings.Join(bodies, ", ")
	}
}

// told asks for a page and observes what these fields of the answer say.
func told(names ...string) func(*testing.T, func(http.Handler) http.Handler) string {
	return func(t *testing.T, page func(http.Handler) http.Handler) string {
		a := ask(within(inMemory(t), page(countingRuns())), "/page")
		var values []string
		for _, name := range names {
			values = append(values, a.header.Get(name))
		}
		return strings.Join(values, " | ")
	}
}

// afterClearing asks for a page before and after the cache of an alias is cleared.
func afterClearing(alias string) func(*testing.T, func(http.Handler) http.Handler) string {
	return func(t *testing.T, page func(http.Handler) http.Handler) string {
		caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory"}, alias: {Backend: "memory", Location: alias}})
		if err != nil {
			t.Fatal(err)
		}
		defer caches.Shutdown(t.Context())
		p := within(caches, page(countingRuns()))
		first := ask(p, "/page").body
		c, err := caches.Cache(alias)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		return first + ", " + ask(p, "/page").body
	}
}

// besidePagesWithoutPrefix asks for a page whose URL is that of another in the cache.
func besidePagesWithoutPrefix(t *testing.T, page func(http.Handler) http.Handler) string {
	caches := inMemory(t)
	first := ask(within(caches, middleware.CachePage(ttl)(countingRuns())), "/page").body
	return first + ", " + ask(within(caches, page(answering("other"))), "/page").body
}

// after6And8Seconds asks for a page with that status at once and then.
func after6And8Seconds(status int) func(*testing.T, func(http.Handler) http.Handler) string {
	return func(t *testing.T, page func(http.Handler) http.Handler) string {
		h := new(handler)
		h.serve = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, "run %d", h.runs.Load())
		}
		p := within(inMemory(t), page(h))
		bodies := []string{ask(p, "/page").body}
		for _, d := range []time.Duration{6 * time.Second, 2 * time.Second} {
			time.Sleep(d)
			bodies = append(bodies, ask(p, "/page").body)
		}
		return strings.Join(bodies, ", ")
	}
}

// staleFor6And8SecondsWhileTheHandlerFails observes the status of a page that is fresh
// for an hour.
func staleFor6And8SecondsWhileTheHandlerFails(t *testing.T, page func(http.Handler) http.Handler) string {
	h := new(handler)
	h.serve = func(w http.ResponseWriter, _ *http.Request) {
		if h.runs.Load() > 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
	p := within(inMemory(t), page(h))
	statuses := []string{fmt.Sprint(ask(p, "/page").status)}
	for _, d := range []time.Duration{time.Hour + 6*time.Second, 2 * time.Second} {
		time.Sleep(d)
		statuses = append(statuses, fmt.Sprint(ask(p, "/page").status))
		synctest.Wait()
	}
	return strings.Join(statuses, ", ")
}

// timeOfARefresh observes when a refresh that would take for ever ends.
func timeOfARefresh(t *testing.T, page func(http.Handler) http.Handler) string {
	var took time.Duration
	h := new(handler)
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "stale-while-revalidate=600")
		if h.runs.Load() > 1 {
			start := time.Now()
			<-r.Context().Done()
			took = time.Since(start)
		}
	}
	p := within(inMemory(t), page(h))
	ask(p, "/page")
	time.Sleep(time.Hour + time.Second)
	ask(p, "/page")
	time.Sleep(time.Minute)
	synctest.Wait()
	return took.String()
}

// waitForARunOfAMinute observes how long a second client waits for the first one's run.
func waitForARunOfAMinute(t *testing.T, page func(http.Handler) http.Handler) string {
	h := new(handler)
	h.serve = func(http.ResponseWriter, *http.Request) {
		if h.runs.Load() == 1 {
			time.Sleep(time.Minute)
		}
	}
	p := within(inMemory(t), page(h))
	go ask(p, "/page")
	synctest.Wait()
	start := time.Now()
	ask(p, "/page")
	took := time.Since(start)
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	return took.String()
}

// waitForARunOfAnotherProcess observes how long a client of one process waits for the run of
// another.
func waitForARunOfAnotherProcess(t *testing.T, page func(http.Handler) http.Handler) string {
	h := new(handler)
	h.serve = func(http.ResponseWriter, *http.Request) {
		if h.runs.Load() == 1 {
			time.Sleep(time.Minute)
		}
	}
	dir := t.TempDir()
	process := func() http.Handler {
		return within(newCaches(t, cache.Config{Backend: "file", Location: dir}), page(h))
	}
	go ask(process(), "/page")
	synctest.Wait()
	start := time.Now()
	ask(process(), "/page")
	took := time.Since(start)
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	return took.String()
}

// runsOfAMinute observes how many runs are under way for eight clients after half of it.
func runsOfAMinute(t *testing.T, page func(http.Handler) http.Handler) string {
	h := taking(time.Minute, writes("page"))
	p := within(inMemory(t), page(h))
	clients := startMany(t, p, 8)
	time.Sleep(29 * time.Second)
	synctest.Wait()
	runs := h.runs.Load()
	for _, c := range clients {
		c.wait()
	}
	return fmt.Sprint(runs)
}
