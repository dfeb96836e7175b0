package cache_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
)

// everyOperation calls each method of Cache but Close, which concerns no key,
// on a key. The first key of the many-forms is a good one.
var everyOperation = map[string]func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error{
	"Get": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Get(ctx, key, new(any), opts...)
		return err
	},
	"GetBytes": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, _, err := c.GetBytes(ctx, key, opts...)
		return err
	},
	"Has": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Has(ctx, key, opts...)
		return err
	},
	"Set": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		return c.Set(ctx, key, 1, opts...)
	},
	"SetBytes": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		return c.SetBytes(ctx, key, []byte("v"), opts...)
	},
	"Add": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Add(ctx, key, 1, opts...)
		return err
	},
	"Touch": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Touch(ctx, key, opts...)
		return err
	},
	"Delete": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Delete(ctx, key, opts...)
		return err
	},
	"Clear": func(ctx context.Context, c cache.Cache, _ string, _ ...cache.Option) error {
		return c.Clear(ctx)
	},
	"InvalidateTags": func(ctx context.Context, c cache.Cache, _ string, _ ...cache.Option) error {
		return c.InvalidateTags(ctx, "tag")
	},
	"InvalidateTagsSoft": func(ctx context.Context, c cache.Cache, _ string, _ ...cache.Option) error {
		return c.InvalidateTagsSoft(ctx, "tag")
	},
	"GetMany": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.GetMany(ctx, []string{"good", key}, opts...)
		return err
	},
	"SetMany": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.SetMany(ctx, map[string]any{"good": 1, key: 1}, opts...)
		return err
	},
	"DeleteMany": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		return c.DeleteMany(ctx, []string{"good", key}, opts...)
	},
	"Incr": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Incr(ctx, key, 1, opts...)
		return err
	},
	"Decr": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Decr(ctx, key, 1, opts...)
		return err
	},
	"IncrVersion": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.IncrVersion(ctx, key, 1, opts...)
		return err
	},
	"DecrVersion": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.DecrVersion(ctx, key, 1, opts...)
		return err
	},
	"Fill": func(ctx context.Context, c cache.Cache, key string, opts ...cache.Option) error {
		_, err := c.Fill(ctx, key, new(any), loadOne, opts...)
		return err
	},
}

// concernsNoKey reports whether an operation of these tables is about no key.
func concernsNoKey(operation string) bool {
	return operation == "Clear" || strings.HasPrefix(operation, "InvalidateTags")
}

// loadOne loads the integer 1.
var loadOne = cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
	return cache.Loaded{Value: 1}, nil
})

// everyAsyncOperation calls each asynchronous twin and awaits it.
var everyAsyncOperation = map[string]func(ctx context.Context, a *cache.AsyncCache, key string) error{
	"Get": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Get(ctx, key, new(any)))
	},
	"GetBytes": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.GetBytes(ctx, key))
	},
	"Has": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Has(ctx, key))
	},
	"Set": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Set(ctx, key, 1))
	},
	"SetBytes": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.SetBytes(ctx, key, []byte("v")))
	},
	"Add": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Add(ctx, key, 1))
	},
	"Touch": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Touch(ctx, key))
	},
	"Delete": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Delete(ctx, key))
	},
	"Clear": func(ctx context.Context, a *cache.AsyncCache, _ string) error {
		return await(ctx, a.Clear(ctx))
	},
	"InvalidateTags": func(ctx context.Context, a *cache.AsyncCache, _ string) error {
		return await(ctx, a.InvalidateTags(ctx, "tag"))
	},
	"InvalidateTagsSoft": func(ctx context.Context, a *cache.AsyncCache, _ string) error {
		return await(ctx, a.InvalidateTagsSoft(ctx, "tag"))
	},
	"GetMany": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.GetMany(ctx, []string{"good", key}))
	},
	"SetMany": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.SetMany(ctx, map[string]any{"good": 1, key: 1}))
	},
	"DeleteMany": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.DeleteMany(ctx, []string{"good", key}))
	},
	"Incr": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Incr(ctx, key, 1))
	},
	"Decr": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Decr(ctx, key, 1))
	},
	"IncrVersion": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.IncrVersion(ctx, key, 1))
	},
	"DecrVersion": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.DecrVersion(ctx, key, 1))
	},
	"Fill": func(ctx context.Context, a *cache.AsyncCache, key string) error {
		return await(ctx, a.Fill(ctx, key, new(any), loadOne))
	},
}

func await[T any](ctx context.Context, f *cache.Future[T]) error {
	_, err := f.Await(ctx)
	return err
}

// The tables of operations in these tests have every method of Cache.
func TestTheTablesHaveEveryMethodOfTheInterface(t *testing.T) {
	var methods []string
	for i, all := 0, reflect.TypeFor[cache.Cache](); i < all.NumMethod(); i++ {
		if name := all.Method(i).Name; name != "Close" {
			methods = append(methods, name)
		}
	}
	for name, table := range map[string][]string{
		"everyOperation":      slices.Sorted(maps.Keys(everyOperation)),
		"everyAsyncOperation": slices.Sorted(maps.Keys(everyAsyncOperation)),
	} {
		if !slices.Equal(table, methods) {
			t.Errorf("%s has %v, the interface %v", name, table, methods)
		}
	}
}
