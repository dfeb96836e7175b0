package cache_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// namespacedStore knows the namespace of each key by itself, as Memcached's does.
type namespacedStore struct {
	*mapStore
	bound map[driver.Namespace]*mapStore
}

func newNamespacedStore() *namespacedStore {
	return &namespacedStore{newMapStore(), make(map[driver.Namespace]*mapStore)}
}

func (s *namespacedStore) In(ns driver.Namespace) driver.Store {
	bound := s.bound[ns]
	if bound == nil {
		bound = newMapStore()
		s.bound[ns] = bound
	}
	return &clearedWhole{bound}
}

// clearedWhole holds the keys of one namespace, whatever their form.
type clearedWhole struct{ *mapStore }

func (s *clearedWhole) Clear(context.Context, driver.Namespace) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.entries)
	return nil
}

// withSessionOf is a store of one namespace with a session for each request.
type withSessionOf struct{ *namespacedStore }

func (s withSessionOf) In(ns driver.Namespace) driver.Store {
	return sessionOfSpace{s.namespacedStore.In(ns)}
}

type sessionOfSpace struct{ driver.Store }

func (s sessionOfSpace) OpenSession(context.Context) (driver.Store, error) {
	return sessionOfSpace{s.Store}, nil
}

func (sessionOfSpace) Shutdown(context.Context) error { return nil }

// Clear on a store that knows the namespace of each key keeps the loads under way from storing
// their values, whatever form the KeyFunc gives the keys. Loads of
// other namespaces are not affected.
func TestClearInvalidatesTheLoadsOfItsNamespaceWhateverTheirKeys(t *testing.T) {
	for name, store := range map[string]driver.Store{
		"store":          newNamespacedStore(),
		"with a session": withSessionOf{newNamespacedStore()},
	} {
		for form, keyFunc := range map[string]cache.KeyFunc{"default": nil, "hidden": hiddenPrefix} {
			for loading, stored := range map[string]bool{"shop": false, "news": true} {
				t.Run(fmt.Sprint(name, ", ", form, ", a load of ", loading), func(t *testing.T) {
					shared := openerOf(store)
					h := newHandler(t, cache.Settings{
						"default": {Opener: shared, KeyPrefix: "shop", KeyFunc: keyFunc},
						"news":    {Opener: shared, KeyPrefix: "news", KeyFunc: keyFunc},
					})
					scope := h.Scope(t.Context())
					defer scope.Close(t.Context())
					shop := cache.From(scope, "default")
					loaded := map[string]cache.Cache{"shop": shop, "news": cache.From(scope, "news")}[loading]
					outcome, err := loaded.Fill(scope, "k", new(string), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
						return cache.Loaded{Value: "old"}, shop.Clear(scope)
					}))
					found, hasErr := loaded.Has(scope, "k")
					if outcome.Stored != stored || found != stored || err != nil || hasErr != nil {
						t.Errorf("Fill = %+v, %v; afterwards Has = %v, %v; want stored %v", outcome, err, found, hasErr, stored)
					}
					if err := loaded.Clear(scope); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// Aliases that share a namespace of such a store share its loads.
func TestAliasesOfOneNamespaceInvalidateEachOthersLoads(t *testing.T) {
	shared := openerOf(newNamespacedStore())
	h := newHandler(t, cache.Settings{
		"default": {Opener: shared, KeyPrefix: "shop", KeyFunc: hiddenPrefix},
		"same":    {Opener: shared, KeyPrefix: "shop", KeyFunc: hiddenPrefix},
	})
	for name, invalidate := range map[string]func(cache.Cache) error{
		"Clear":  func(c cache.Cache) error { return c.Clear(t.Context()) },
		"Delete": func(c cache.Cache) error { _, err := c.Delete(t.Context(), "k"); return err },
	} {
		same, err := h.Cache("same")
		if err != nil {
			t.Fatal(err)
		}
		c, err := h.Cache("default")
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := c.Fill(t.Context(), "k", new(string), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
			return cache.Loaded{Value: "old"}, invalidate(same)
		}))
		if outcome.Stored || err != nil {
			t.Errorf("%s by the other alias: Fill = %+v, %v, want it not stored", name, outcome, err)
		}
	}
}
