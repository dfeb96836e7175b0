package targets

import (
	"context"
	"strconv"

	"github.com/maypok86/otter/v2"
	"github.com/viccon/sturdyc"

	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/benchmarks/rivals"
	"github.com/larder-go/larder/cache"
)

// loadedEntries is how many entries the caches of P16 may have: loads push each other out, as
// they do in a cache that has been used for a while.
const loadedEntries = 10_000

// person is what P16 loads: larder encodes it, and the others keep it as it is.
type person struct {
	ID   int
	Name string
}

func loads(ctx context.Context, l *Lab) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	caches, err := l.cachesOf(ctx, cache.Config{Backend: "memory", Options: map[string]any{"max_entries": loadedEntries}})
	if err != nil {
		return err
	}
	c, err := caches.Cache("default")
	if err != nil {
		return err
	}
	people := cache.For[person](c)
	load := func(context.Context) (person, error) { return person{1, "Ada"}, nil }
	getOrSet := withNewKeys(func(key string) {
		_, err := people.GetOrSet(ctx, key, load)
		must(err)
	})
	native := withNewKeys(func(key string) {
		_, err := people.GetOrSet(ctx, key, load, cache.Native)
		must(err)
	})

	loading, err := otter.New(&otter.Options[string, person]{MaximumSize: loadedEntries, ExpiryCalculator: otter.ExpiryWriting[string, person](rivals.TTL)})
	if err != nil {
		return err
	}
	l.cleanup(func() { loading.StopAllGoroutines() })
	otterLoad := otter.LoaderFunc[string, person](func(context.Context, string) (person, error) { return person{1, "Ada"}, nil })
	ofOtter := withNewKeys(func(key string) {
		_, err := loading.Get(ctx, key, otterLoad)
		must(err)
	})

	fetching := sturdyc.New[person](loadedEntries, 64, rivals.TTL, 10, sturdyc.WithNoContinuousEvictions())
	ofSturdyc := withNewKeys(func(key string) {
		_, err := fetching.GetOrFetch(ctx, key, load)
		must(err)
	})

	for range 2 * loadedEntries {
		getOrSet()
	}
	keyAlone := allocations(withNewKeys(func(key string) { lastKey = key }))
	l.report("GetOrSet that loads a struct", Allocations, allocations(getOrSet)-keyAlone, AtMost(12))
	l.report("otter's Get that loads it", Allocations, allocations(ofOtter)-keyAlone, Bound{})
	compared := l.compare(paired.Serial("otter", ofOtter), paired.Serial("larder", getOrSet), paired.Serial("native", native), paired.Serial("sturdyc", ofSturdyc))
	l.ratio("GetOrSet that loads a struct, to otter's Get that loads it", compared, "larder", AtMost(2))
	l.ratio("the same with Native, which encodes nothing", compared, "native", Bound{})
	l.ratio("sturdyc's GetOrFetch", compared, "sturdyc", Bound{})
	return nil
}

// lastKey keeps the compiler from leaving a key out.
var lastKey string

// withNewKeys returns an operation that has another key each time.
func withNewKeys(operation func(key string)) func() {
	count := 0
	return func() {
		count++
		operation("person:" + strconv.Itoa(count))
	}
}
