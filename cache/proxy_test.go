package cache_test

import (
	"context"
	"errors"
	"testing"

	"github.com/larder-go/larder/cache"
)

// setDefault makes h the default handler until the end of the test.
func setDefault(t *testing.T, h *cache.Handler) {
	cache.SetDefault(h)
	t.Cleanup(func() { cache.SetDefault(nil) })
}

// storesOf returns a handler with a map store under each alias, and the stores.
func storesOf(t *testing.T, aliases ...string) (*cache.Handler, map[string]*mapStore) {
	t.Helper()
	stores := make(map[string]*mapStore)
	settings := make(cache.Settings)
	for _, alias := range aliases {
		s := newMapStore()
		stores[alias] = s
		settings[alias] = cache.Config{Opener: openerOf(struct {
			*mapStore
			withCounter
		}{s, withCounter{s}})}
	}
	return newHandler(t, settings), stores
}

// A Proxy finds its cache at each call: that of the scope, else that of the default Handler.
func TestAProxyFindsItsCacheAtEachCall(t *testing.T) {
	first, firstStores := storesOf(t, "default", "other")
	second, secondStores := storesOf(t, "default", "other")
	setDefault(t, first)
	outside, inside := t.Context(), second.Scope(t.Context())
	tests := []struct {
		name string
		ctx  context.Context
		c    cache.Cache
		want *mapStore
	}{
		{"Default without a scope", outside, cache.Default(), firstStores["default"]},
		{"Default in a scope", inside, cache.Default(), secondStores["default"]},
		{"From without a scope", outside, cache.From(outside, "other"), firstStores["other"]},
		{"From in a scope", outside, cache.From(inside, "other"), secondStores["other"]},
		{"a handler's proxy without a scope", outside, second.Proxy("other"), secondStores["other"]},
		{"a handler's proxy in its scope", inside, second.Proxy("other"), secondStores["other"]},
		{"a handler's proxy in another's scope", inside, first.Proxy("other"), firstStores["other"]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := test.want.count("Set")
			if err := test.c.Set(test.ctx, "k", 1); err != nil {
				t.Fatal(err)
			}
			if test.want.count("Set") != before+1 {
				t.Error("the value is in another store")
			}
		})
	}
}

// A Proxy follows SetDefault.
func TestAProxyFollowsTheDefaultHandler(t *testing.T) {
	first, firstStores := storesOf(t, "default")
	second, secondStores := storesOf(t, "default")
	c := cache.Default()
	for _, h := range []*cache.Handler{first, second} {
		setDefault(t, h)
		if cache.DefaultHandler() != h {
			t.Error("DefaultHandler is another one")
		}
		if err := c.Set(t.Context(), "k", 1); err != nil {
			t.Fatal(err)
		}
	}
	if firstStores["default"].count("Set") != 1 || secondStores["default"].count("Set") != 1 {
		t.Error("the proxy kept the handler that it found first")
	}
}

// A Proxy forwards each operation to the method of that name.
func TestAProxyForwardsEveryOperation(t *testing.T) {
	h, _ := storesOf(t, "default")
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, op := range everyOperation {
		err := op(t.Context(), h.Proxy("default"), "k")
		var wrapped *cache.Error
		if !errors.As(err, &wrapped) || wrapped.Op != name || !errors.Is(err, cache.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every operation of a Proxy whose cache does not exist returns that error.
func TestEveryOperationOfACacheThatDoesNotExistIsItsError(t *testing.T) {
	h, _ := storesOf(t, "default")
	scope := h.Scope(t.Context())
	withoutMemory(t)
	const noDefault = `invalid cache backend: there is no scope in the context and no default handler: import _ "github.com/larder-go/larder/backends/memstore" for a default cache in memory, or call cache.SetDefault, or give middleware.Lifecycle the caches by WithCaches`
	const unknown = `invalid cache backend: unknown alias "nope": the settings have default`
	tests := []struct {
		name   string
		ctx    context.Context
		c      cache.Cache
		alias  string
		target error
		text   string
	}{
		{"Default without a handler", t.Context(), cache.Default(), "default", cache.ErrInvalidBackend, noDefault},
		{"From without a handler", t.Context(), cache.From(t.Context(), "nope"), "nope", cache.ErrInvalidBackend, noDefault},
		{"From with an unknown alias", scope, cache.From(scope, "nope"), "nope", cache.ErrUnknownAlias, unknown},
		{"a proxy to an unknown alias", t.Context(), h.Proxy("nope"), "nope", cache.ErrUnknownAlias, unknown},
		{"a proxy to an unknown alias in a scope", scope, h.Proxy("nope"), "nope", cache.ErrUnknownAlias, unknown},
	}
	for _, test := range tests {
		check := func(name string, err error) {
			t.Helper()
			var wrapped *cache.Error
			if !errors.Is(err, test.target) || !errors.Is(err, cache.ErrInvalidBackend) || !errors.As(err, &wrapped) {
				t.Errorf("%s: %s: %v", test.name, name, err)
				return
			}
			if wrapped.Alias != test.alias || wrapped.Err.Error() != test.text {
				t.Errorf("%s: %s: the error is\n%v\nwant\n%s", test.name, name, err, test.text)
			}
		}
		for name, op := range everyOperation {
			check(name, op(test.ctx, test.c, "k"))
		}
		for name, op := range everyAsyncOperation {
			check(name+", asynchronously", op(test.ctx, cache.Async(test.c), "k"))
		}
		if err := test.c.Close(test.ctx); err != nil {
			t.Errorf("%s: there is nothing to close: %v", test.name, err)
		}
	}
}

// Closing a Proxy creates nothing.
func TestClosingAProxyCreatesNothing(t *testing.T) {
	h, stores := storesOf(t, "default", "other")
	other, _ := storesOf(t, "default")
	setDefault(t, h)
	scope := h.Scope(t.Context())
	for _, ctx := range []context.Context{t.Context(), scope, other.Scope(t.Context())} {
		for _, c := range []cache.Cache{cache.Default(), h.Proxy("default"), h.Proxy("nope")} {
			if err := c.Close(ctx); err != nil {
				t.Error(err)
			}
		}
	}
	for alias := range scope.All() {
		t.Errorf("closing created %s", alias)
	}
	if stores["default"].total() != 0 {
		t.Error("closing used the store")
	}
}

// Closing a Proxy closes the cache of its request and no other.
func TestClosingAProxyClosesTheRequestsCacheAndNoOther(t *testing.T) {
	h, _ := storesOf(t, "default", "other")
	closed := countCloses(h)
	mine, others := h.Scope(t.Context()), h.Scope(t.Context())
	for _, scope := range []*cache.Scope{mine, others} {
		cache.From(scope, "default")
		cache.From(scope, "other")
	}
	if err := h.Proxy("default").Close(mine); err != nil {
		t.Fatal(err)
	}
	wantCloses(t, closed, map[string]int{"default": 1})
	if err := mine.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCloses(t, closed, map[string]int{"default": 1, "other": 1})
}
