package cache_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
)

// closeCounts counts the EventClose of each alias.
type closeCounts struct {
	mu      sync.Mutex
	byAlias map[string]int
}

func countCloses(h *cache.Handler) *closeCounts {
	counts := &closeCounts{byAlias: make(map[string]int)}
	h.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		counts.mu.Lock()
		defer counts.mu.Unlock()
		if e.Kind == cache.EventClose {
			counts.byAlias[e.Alias]++
		}
		return nil
	})
	return counts
}

func wantCloses(t *testing.T, counts *closeCounts, want map[string]int) {
	t.Helper()
	counts.mu.Lock()
	defer counts.mu.Unlock()
	if !maps.Equal(counts.byAlias, want) {
		t.Errorf("closed: %v, want %v", counts.byAlias, want)
	}
}

// A scope gives one object for each alias; two scopes give two objects over one store.
// Django, caches
func TestAScopeGivesOneCacheForEachAlias(t *testing.T) {
	h, stores := storesOf(t, "default", "other")
	one, two := h.Scope(t.Context()), h.Scope(t.Context())
	c, err := one.Cache("default")
	if err != nil {
		t.Fatal(err)
	}
	if cache.From(one, "default") != c || cache.From(context.WithoutCancel(one), "default") != c {
		t.Error("one scope gives two objects for one alias")
	}
	if cache.From(two, "default") == c || mustCache(t, h, "default") == c || cache.From(one, "other") == c {
		t.Error("two scopes or two aliases share an object")
	}
	if err := c.Set(one, "k", 1); err != nil {
		t.Fatal(err)
	}
	if found, err := cache.From(two, "default").Get(two, "k", new(int)); !found || err != nil {
		t.Errorf("the other scope does not see the entry: %v, %v", found, err)
	}
	if stores["default"].count("Set") != 1 || c.Alias() != "default" || hooks.Cache.HandlerFrom(one) != h {
		t.Error("not the cache that was asked for")
	}
}

// Ranging over a scope and closing it create nothing.
// Django, caches.all
func TestRangingAndClosingCreateNothing(t *testing.T) {
	h, stores := storesOf(t, "default", "a", "b")
	closed := countCloses(h)
	scope := h.Scope(t.Context())
	for alias := range scope.All() {
		t.Errorf("an unused scope has %s", alias)
	}
	if err := scope.Close(t.Context()); err != nil {
		t.Error(err)
	}
	wantCloses(t, closed, map[string]int{})

	b, a := cache.From(scope, "b"), cache.From(scope, "a")
	var got []*cache.BaseCache
	for alias, c := range scope.All() {
		if c.Alias() != alias {
			t.Errorf("%s under the alias %s", c.Alias(), alias)
		}
		got = append(got, c)
	}
	if len(got) != 2 || got[0] != a || got[1] != b {
		t.Errorf("All gives %v", got)
	}
	for range scope.All() {
		break
	}
	for alias, s := range stores {
		if s.total() != 0 {
			t.Errorf("the store of %s was used", alias)
		}
	}
}

// A scope closes the caches that its request used, once, and nothing else.
// Django, close_caches
func TestAScopeClosesWhatTheRequestUsedOnceAndNothingElse(t *testing.T) {
	h, _ := storesOf(t, "default", "sessions", "unused")
	closed := countCloses(h)
	scope := h.Scope(t.Context())
	for range 3 {
		cache.From(scope, "default")
		if err := h.Proxy("sessions").Set(scope, "k", 1); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := scope.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wantCloses(t, closed, map[string]int{"default": 1, "sessions": 1})
}

// A cache is usable after Close.
func TestACacheIsUsableAfterClose(t *testing.T) {
	h, _ := storesOf(t, "default")
	closed := countCloses(h)
	scope := h.Scope(t.Context())
	before := cache.From(scope, "default")
	if err := scope.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := cache.From(scope, "default")
	for _, c := range []*cache.BaseCache{before, after} {
		if err := c.Set(scope, "k", 1); err != nil {
			t.Error(err)
		}
	}
	if before == after {
		t.Error("a closed cache is handed out again")
	}
	if err := scope.Close(t.Context()); err != nil {
		t.Error(err)
	}
	wantCloses(t, closed, map[string]int{"default": 2})
}

// CloseCaches closes the scope of its context, also after the client has left.
// Django, close_caches
func TestCloseCachesClosesTheScopeOfTheContext(t *testing.T) {
	h, _ := storesOf(t, "default")
	setDefault(t, h)
	closed := countCloses(h)
	scope := h.Scope(t.Context())
	ctx, cancel := context.WithCancel(scope)
	cache.From(ctx, "default")
	cancel() // the client has left
	if err := cache.CloseCaches(ctx); err != nil {
		t.Error(err)
	}
	wantCloses(t, closed, map[string]int{"default": 1})
	if err := cache.CloseCaches(t.Context()); err != nil {
		t.Errorf("without a scope: %v", err)
	}
	wantCloses(t, closed, map[string]int{"default": 1})
}

// A scope is a context with the deadline and the values of its parent.
func TestAScopeIsTheContextThatItWasMadeOf(t *testing.T) {
	type key struct{}
	h, _ := storesOf(t, "default")
	parent, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "v"), time.Hour)
	scope := h.Scope(parent)
	want, _ := parent.Deadline()
	if got, ok := scope.Deadline(); !ok || !got.Equal(want) || scope.Value(key{}) != "v" || scope.Err() != nil {
		t.Error("value, deadline or error of the parent is lost")
	}
	child, stop := context.WithCancel(scope)
	defer stop()
	cancel()
	<-child.Done()
	if scope.Err() == nil || child.Err() == nil {
		t.Error("the end of the parent does not reach scope and child")
	}
}

// Of nested scopes the innermost counts.
func TestTheInnermostScopeCounts(t *testing.T) {
	one, _ := storesOf(t, "default")
	two, _ := storesOf(t, "default")
	outer := one.Scope(t.Context())
	inner := two.Scope(outer)
	cache.From(inner, "default")
	for range outer.All() {
		t.Error("the outer scope was used")
	}
	for range inner.All() {
		return
	}
	t.Error("the inner scope was not used")
}

// A scope that is not used allocates at most once.
func TestAScopeCostsNextToNothingWhenUnused(t *testing.T) {
	h, _ := storesOf(t, "default")
	ctx := t.Context()
	var scope *cache.Scope
	if n := testing.AllocsPerRun(100, func() {
		scope = h.Scope(ctx)
		_ = cache.CloseCaches(scope)
		_ = scope.Close(ctx)
	}); n > 1 {
		t.Errorf("a scope that nobody uses costs %v allocations", n)
	}
	cache.From(scope, "default")
	if n := testing.AllocsPerRun(100, func() { cache.From(scope, "default") }); n != 0 {
		t.Errorf("From in a scope that has the cache costs %v allocations", n)
	}
	setDefault(t, h)
	if n := testing.AllocsPerRun(100, func() { cache.From(ctx, "default") }); n != 0 {
		t.Errorf("From without a scope costs %v allocations", n)
	}
}
