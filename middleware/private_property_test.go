package middleware_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/middleware"
)

// Handlers mark each response with all of the request that it depends
// on, in each way in which a handler may tell a cache so, or rely on it to
// know. Many clients ask at random, change and purge pages, leave, and are failed.
// Whatever they get must bear their marks, be whole, and be younger than the last
// purge.

// randomRequest returns a random request with a nonce of its own.
func (g *markedSite) randomRequest(random *rand.Rand, path string, nonce int64) *http.Request {
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	host, query := pick("a.test", "a.test", "a.test", "b.test", "A.test:80"), pick("", "", "", "", "?x=1", "?utm_a=1&x=1", "?x=1&y=2", "?y=2&x=1")
	target := "http://" + host + path + query
	r := httptest.NewRequest(pick("GET", "GET", "GET", "HEAD"), target, nil)
	r.Header.Set("X-Nonce", fmt.Sprint(nonce))
	for _, field := range [...]struct {
		name   string
		values []string
	}{
		{"Authorization", []string{"alice", "bob"}},
		{"Cookie", []string{"session=alice", "session=bob", "locale=de", "locale=de; session=alice", "_ga=1", "_ga=2; session=bob"}},
		{"X-Api-Key", []string{"alice", "bob"}},
		{"X-Secret", []string{"alice", "bob", ""}},
		{"X-Tenant", []string{"alice", "bob"}},
		{"Accept-Language", []string{"de", "en", ""}},
		{"Accept-Encoding", []string{"gzip", "br, gzip", "gzip;q=0", "identity"}},
		{"X-Forwarded-Host", []string{"evil.test"}},
		{"Connection", []string{"X-Secret, Accept-Language"}},
		{"Range", []string{"bytes=0-3", "bytes=0-999", "bytes=2-1,0-5"}},
		{"If-None-Match", []string{"*", `"x"`}},
		{"Cache-Control", []string{"no-cache", "max-age=0", "max-stale", "only-if-cached", "no-store"}},
	} {
		if random.IntN(12) == 0 {
			r.Header.Set(field.name, pick(field.values...))
		}
	}
	return r
}

// choose returns where a client asks next: mostly where the others do, too.
func choose(sites []*markedSite, random *rand.Rand, asked int64) (g *markedSite, path string) {
	if random.IntN(5) > 0 {
		random = rand.New(rand.NewPCG(uint64(asked/100), 0))
	}
	g = sites[random.IntN(len(sites))]
	return g, g.paths[random.IntN(len(g.paths))]
}

// randomOptions returns random options.
func randomOptions(random *rand.Rand) (opts []middleware.PageOption) {
	milliseconds := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, opt := range []middleware.PageOption{
		middleware.IgnoreCookies("_ga"), middleware.VaryByCookie("locale"), middleware.IgnoreQuery("utm_*"),
		middleware.SortQuery(), middleware.StripSetCookie(), middleware.MaxBody(3000), middleware.BrowserTTL(time.Minute),
		middleware.VaryByHeader("X-Tenant"), middleware.Normalize(), middleware.HeedRequests(), middleware.MaxWait(milliseconds(2)),
		middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-Secret") }),
		middleware.Grace(milliseconds(150)),
	} {
		if random.IntN(3) == 0 {
			opts = append(opts, opt)
		}
	}
	// Whatever the routes say, their time is over soon.
	return append(opts, middleware.StatusTTL(http.StatusOK, milliseconds(1+random.IntN(200))))
}

// newMarkedSites returns two sites for each face, all in one cache.
func newMarkedSites(caches *cache.Handler, ctx context.Context, random *rand.Rand) (all []*markedSite) {
	for i := range 8 {
		g := &markedSite{ctx: caches.Scope(ctx), paths: sharedPaths, floors: make(map[string]int64)}
		opts := append(randomOptions(random), middleware.KeyPrefix(fmt.Sprint("site ", random.Uint64())))
		switch i % 4 {
		case 0:
			g.name, g.policy, g.paths = "view", middleware.NewPolicy(100*time.Millisecond, opts...), viewPaths
		case 1:
			g.name, g.policy, g.paths = "site", middleware.NewSitePolicy(opts...), viewPaths
		case 2:
			g.name, g.policy = "shared", middleware.NewSharedPolicy(suiting("Shared", opts...)...)
		case 3:
			opts = append([]middleware.PageOption{middleware.Literal()}, opts...)
			g.name, g.literal, g.policy = "literal", true, middleware.NewSharedPolicy(suiting("Shared", opts...)...)
		}
		g.page = within(caches, g.policy.Handler(g))
		all = append(all, g)
	}
	return all
}

func placeOf(r *http.Request) string {
	return strings.TrimSuffix(strings.ToLower(r.Host), ":80") + r.URL.Path
}

func (g *markedSite) floor(r *http.Request) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.floors[placeOf(r)]
}

// invalidate changes or purges the page of r in some way, and notes it if nothing
// old may be seen afterwards.
func (g *markedSite) invalidate(t *testing.T, random *rand.Rand, r *http.Request) {
	before := g.runs.Load()
	url := "http://" + r.Host + r.URL.RequestURI()
	var err error
	hard := true
	switch random.IntN(6) {
	case 0:
		err, hard = g.policy.PurgeSoft(g.ctx, url), false
	case 1:
		err, hard = g.policy.PurgePrefixSoft(g.ctx, "http://"+r.Host), false
	case 2:
		err = g.policy.PurgePrefix(g.ctx, "http://"+r.Host+r.URL.Path)
	case 3:
		change := httptest.NewRequest("POST", url, nil)
		a := send(g.page, change.WithContext(g.ctx))
		hard = a.status < 400
	default:
		err = g.policy.Purge(g.ctx, url)
	}
	if err != nil {
		t.Errorf("%s: purging %s: %v", g.name, url, err)
		return
	}
	if !hard || r.URL.RawQuery != "" {
		return // the floor is of the page without a query
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.floors[placeOf(r)] = max(g.floors[placeOf(r)], before)
}

// visitAtRandom asks until ctx ends, and reports leaks.
func visitAtRandom(ctx context.Context, t *testing.T, sites []*markedSite, random *rand.Rand, count *tally) {
	for ctx.Err() == nil {
		nonce := count.asked.Add(1)
		g, path := choose(sites, random, nonce)
		r := g.randomRequest(random, path, nonce)
		if random.IntN(40) == 0 {
			g.invalidate(t, random, r)
		}
		floor := int64(0)
		if r.URL.RawQuery == "" {
			floor = g.floor(r)
		}
		own, leave := context.WithCancel(t.Context())
		if random.IntN(10) == 0 {
			time.AfterFunc(time.Duration(random.IntN(500))*time.Microsecond, leave)
		}
		var a answer
		aborted := panicOf(func() { a = send(g.page, r.WithContext(own)) })
		leave()
		if aborted != nil {
			if aborted != http.ErrAbortHandler {
				t.Errorf("%s: %s %s: panic: %v", g.name, r.Method, r.URL, aborted)
			}
			continue
		}
		if leak := g.leakIn(r, a, floor); leak != "" {
			t.Errorf("%s: %s: %s %s %q got %d %q %.200q", g.name, leak, r.Method, r.URL, r.Header, a.status, a.header, a.body)
			return
		}
		count.add(a)
	}
}

// tally counts, to see that the requests were of each kind.
type tally struct{ asked, hits, collapsed, stale atomic.Int64 }

func (c *tally) add(a answer) {
	if a.isHit() {
		c.hits.Add(1)
	}
	if strings.Contains(a.cacheStatus(), "collapsed") {
		c.collapsed.Add(1)
	}
	if strings.Contains(a.cacheStatus(), "ttl=-") || strings.Contains(a.cacheStatus(), "stale-if-error") {
		c.stale.Add(1)
	}
}

// smallConfig is a cache on a backend. That in memory is small, so that
// it evicts.
func smallConfig(t *testing.T, backend testbackends.Backend) cache.Config {
	t.Helper()
	config := backend.Config(t)
	if backend.Name == "memory" {
		config.Options = map[string]any{"max_entries": 500}
	}
	return config
}

// No client ever gets a page that was made for another, over random requests, purges and expiries
// on every backend.
// RFC 9111, 3.5; RFC 9111, 4.1; RFC 9111, 7.3
func TestNobodyEverGetsAPageThatIsNotTheirs(t *testing.T) {
	const (
		clients  = 12
		lifetime = 2 * time.Second
	)
	for _, backend := range testbackends.All() {
		t.Run(backend.Name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("the seed is %d", seed)
			caches := newCaches(t, smallConfig(t, backend))
			sites := newMarkedSites(caches, t.Context(), rand.New(rand.NewPCG(seed, 0)))
			ctx, cancel := context.WithTimeout(t.Context(), lifetime)
			defer cancel()
			var count tally
			var wg sync.WaitGroup
			for i := range clients {
				wg.Go(func() { visitAtRandom(ctx, t, sites, rand.New(rand.NewPCG(seed, uint64(i+1))), &count) })
			}
			wg.Wait()
			t.Logf("%d requests, %d hits, %d collapsed, %d stale", count.asked.Load(), count.hits.Load(), count.collapsed.Load(), count.stale.Load())
			if hits := count.hits.Load(); hits == 0 || hits == count.asked.Load() {
				t.Error("no request was a hit, or all were")
			}
		})
	}
}

// The random test of privacy finds a leak that is put in on purpose.
func TestTheRandomTestOfPrivacyFindsALeak(t *testing.T) {
	g := &markedSite{floors: make(map[string]int64)}
	text := func(r *http.Request, run int64) string { return g.mark(httptest.NewRecorder(), r, run) }
	alice := request("GET", "http://a.test/two", "X-Secret: alice", "Accept-Language: de", "X-Nonce: 1")
	bob := request("GET", "http://a.test/two", "X-Secret: bob", "Accept-Language: de", "X-Nonce: 2")
	page := func(body string, fields ...string) answer {
		a := answer{status: 200, header: make(http.Header), body: body}
		addFields(a.header, fields)
		return a
	}
	whole := text(alice, 5)
	for name, test := range map[string]struct {
		r     *http.Request
		a     answer
		floor int64
		leaks bool
	}{
		"own":             {r: alice, a: page(whole)},
		"another's":       {r: bob, a: page(whole), leaks: true},
		"another host's":  {r: request("GET", "http://b.test/two", "X-Secret: alice", "Accept-Language: de"), a: page(whole), leaks: true},
		"another query's": {r: request("GET", "http://a.test/two?x=1", "X-Secret: alice", "Accept-Language: de"), a: page(whole), leaks: true},
		"half":            {r: alice, a: page(whole + "-"), leaks: true},
		"empty":           {r: alice, a: page(""), leaks: true},
		"cookie":          {r: alice, a: page(whole, "Set-Cookie: for=2"), leaks: true},
		"own cookie":      {r: alice, a: page(whole, "Set-Cookie: for=1")},
		"encoding":        {r: alice, a: page(whole, "Content-Encoding: gzip"), leaks: true},
		"purged":          {r: alice, a: page(whole), floor: 5, leaks: true},
		"not purged":      {r: alice, a: page(whole), floor: 4},
	} {
		if leak := g.leakIn(test.r, test.a, test.floor); (leak != "") != test.leaks {
			t.Errorf("%s: %q", name, leak)
		}
	}
	if !bytes.Contains([]byte(whole), []byte("X-Secret: alice")) {
		t.Errorf("the mark is %.100q", whole)
	}
}
