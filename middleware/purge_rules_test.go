package middleware

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/internal/pagecache/engine"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
)

// later is the n-th second of these tests.
func later(n int) time.Time { return time.Unix(1_000_000+int64(n), 0) }

// A purge rule matches its path and all paths under it.
func TestARuleIsAboutAPathAndAllUnderIt(t *testing.T) {
	pageAt := func(host, path string) policy.Target { return policy.NewTarget("https", host, path, "a=1") }
	rule := page.PurgeRule{KeyPrefix: "p", Scheme: "https", Host: "example.org", Path: "/shop", At: later(10)}
	for _, test := range []struct {
		prefix    string
		page      policy.Target
		requested time.Time
		want      bool
	}{
		{"p", pageAt("example.org", "/shop"), later(9), true},
		{"p", pageAt("EXAMPLE.org:443", "/shop/"), later(9), true},
		{"p", pageAt("example.org", "/shop/hats/1"), later(9), true},
		{"p", pageAt("example.org", "/shop"), later(10), true}, // in the same moment
		{"p", pageAt("example.org", "/shop"), later(11), false},
		{"p", pageAt("example.org", "/shopping"), later(9), false},
		{"p", pageAt("example.org", "/"), later(9), false},
		{"p", pageAt("example.org", "/a/shop"), later(9), false},
		{"p", pageAt("shop.example.org", "/shop"), later(9), false},
		{"p", pageAt("example.org:8443", "/shop"), later(9), false},
		{"p", policy.NewTarget("http", "example.org", "/shop", ""), later(9), false},
		{"", pageAt("example.org", "/shop"), later(9), false},
	} {
		if got := rule.Matches(test.prefix, test.page, test.requested); got != test.want {
			t.Errorf("%q, %v, %v: %v", test.prefix, test.page, test.requested.Unix()-later(0).Unix(), got)
		}
	}
}

// The list of purge rules is bounded: rules are merged, and none is forgotten.
func TestTheListOfRulesIsBoundedAndForgetsNoPurge(t *testing.T) {
	var rules []page.PurgeRule
	const n = 3 * page.MaxRules
	for i := range n {
		rules = purge.WithRule(rules, page.PurgeRule{KeyPrefix: fmt.Sprint(i % 3), Scheme: "https", Host: "example.org", Path: fmt.Sprintf("/%d", i), At: later(i)})
		if len(rules) > page.MaxRules {
			t.Fatalf("after %d purges there are %d rules", i+1, len(rules))
		}
	}
	list := &purge.Known{Rules: rules}
	for i := range n {
		page := policy.NewTarget("https", "example.org", fmt.Sprintf("/%d/x", i), "")
		if how, _ := list.Find(fmt.Sprint(i%3), page, later(i-1)); how != purge.Hard {
			t.Fatalf("purge %d is forgotten", i)
		}
		if how, _ := list.Find(fmt.Sprint(i%3), page, later(n)); how != purge.NotPurged {
			t.Fatalf("purge %d is about pages that were made after all", i)
		}
	}
}

// A purge rule replaces those that it includes.
func TestARuleTakesThePlaceOfThoseThatItMakesNeedless(t *testing.T) {
	rule := func(path string, at int, soft bool) page.PurgeRule {
		return page.PurgeRule{Scheme: "https", Host: "example.org", Path: path, At: later(at), Soft: soft}
	}
	var rules []page.PurgeRule
	for i := range 10 {
		rules = purge.WithRule(rules, rule("/a", i, false))
		rules = purge.WithRule(rules, rule("/b", i, true))
	}
	if len(rules) != 2 {
		t.Errorf("%d rules, want 2", len(rules))
	}
	// A soft purge does not soften a hard one of before.
	rules = purge.WithRule(rules, rule("/a", 20, true))
	list := &purge.Known{Rules: rules}
	page := policy.NewTarget("https", "example.org", "/a", "")
	if how, _ := list.Find("", page, later(5)); how != purge.Hard {
		t.Errorf("before both: %d", how)
	}
	if how, _ := list.Find("", page, later(15)); how != purge.Soft {
		t.Errorf("between: %d", how)
	}
}

// many is caches with one alias in memory.
func many(t *testing.T) *cache.Handler {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caches.Shutdown(context.Background()) })
	return caches
}

// Concurrent purges by prefix are all kept.
func TestConcurrentPurgesAreAllKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := many(t).Scope(t.Context())
		const n = 50
		failed := make(chan error, n)
		for i := range n {
			go func() { failed <- NewPolicy(0).PurgePrefix(ctx, fmt.Sprintf("https://example.org/%d", i)) }()
		}
		for range n {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		entry, _, err := engine.Pages.Over(cache.From(ctx, cache.DefaultAlias)).Get(ctx, purge.RulesKey)
		if err != nil || len(entry.(*page.Purges).Rules) != n {
			t.Errorf("%d purges are kept, %v", len(entry.(*page.Purges).Rules), err)
		}
	})
}

// A process that died while it held the list of purges does not stop the purges of others.
func TestThePurgeOfAProcessThatDiedDoesNotStopOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := many(t).Scope(t.Context())
		c := cache.From(ctx, cache.DefaultAlias)
		if _, err := purge.LockRules(ctx, c); err != nil { // and nobody unlocks
			t.Fatal(err)
		}
		if err := NewPolicy(0).PurgePrefix(ctx, "https://example.org/"); err != nil {
			t.Error(err)
		}
	})
}

// A purge that waits for the list of purges ends with its context.
func TestAPurgeThatHasToWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scope := many(t).Scope(t.Context())
		if _, err := purge.LockRules(scope, cache.From(scope, cache.DefaultAlias)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(scope, time.Second)
		defer cancel()
		if err := NewPolicy(0).PurgePrefix(ctx, "https://example.org/"); err == nil || ctx.Err() == nil {
			t.Errorf("%v", err)
		}
	})
}

// A purge by prefix in another process counts within a second.
func TestAnotherProcessesPurgeCountsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := many(t).Scope(t.Context())
		c := engine.Pages.Over(cache.From(ctx, cache.DefaultAlias))
		list := &purge.List{}
		list.Fetch(ctx, c)
		made := time.Now()
		time.Sleep(time.Second / 2)
		if err := NewPolicy(0).PurgePrefix(ctx, "https://example.org/shop"); err != nil {
			t.Fatal(err)
		}
		purge.LocalPurges.Add(-1) // it was another process
		page := policy.NewTarget("https", "example.org", "/shop", "")
		if list.IsDue(time.Now()) {
			t.Error("the list is fetched more than once a second")
		}
		time.Sleep(time.Second / 2)
		if !list.IsDue(time.Now()) || list.IsDue(time.Now()) {
			t.Error("after a second the list is not fetched, or by more than one")
		}
		list.Fetch(ctx, c)
		if how, _ := list.Known.Load().Find("", page, made); how != purge.Hard {
			t.Error("the purge is not known")
		}
	})
}

// A page that was purged by prefix is replaced, and not stored beside a variant.
func TestAPageThatWasPurgedByPrefixIsReplacedAndNotPutBesideAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := many(t).Scope(t.Context())
		p := CachePage(time.Hour)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		get := func() string {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, httptest.NewRequest("GET", "https://example.org/shop", nil).WithContext(ctx))
			return w.Header().Get("Cache-Status")
		}
		for range 2 {
			if got := get(); got != "larder; fwd=uri-miss; fwd-status=200; stored" {
				t.Errorf("Cache-Status is %q", got)
			}
			time.Sleep(time.Second)
			if err := NewPolicy(0).PurgePrefix(ctx, "https://example.org/shop"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		get()
		j := p.(*engine.Handler).Classify(nil, httptest.NewRequest("GET", "https://example.org/shop", nil))
		entry, ok, err := engine.Pages.Over(cache.From(ctx, cache.DefaultAlias)).Get(ctx, page.Key(p.(*engine.Handler).AppendPrimary(nil, 0, j.Target, nil)))
		if _, isIndex := entry.(*page.Index); !ok || err != nil || isIndex {
			t.Errorf("it is an index of variants, or not there: %v, %v", ok, err)
		}
	})
}
