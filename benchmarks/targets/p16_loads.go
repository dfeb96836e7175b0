package targets

import (
	"context"
	"strconv"

	"github.com/maypok86/otter/v2"
	"github.com/viccon/sturdyc"
	"golang.org/x/sync/singleflight"

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

func loadPerson(context.Context) (person, error) { return person{1, "Ada"}, nil }

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
	getOrSet := withNewKeys(func(key string) {
		_, err := people.GetOrSet(ctx, key, loadPerson)
		must(err)
	})
	native := withNewKeys(func(key string) {
		_, err := people.GetOrSet(ctx, key, loadPerson, cache.Native)
		must(err)
	})

	loading, err := l.otterOfPeople()
	if err != nil {
		return err
	}
	otterLoad := otter.LoaderFunc[string, person](func(ctx context.Context, _ string) (person, error) { return loadPerson(ctx) })
	ofOtter := withNewKeys(func(key string) {
		_, err := loading.Get(ctx, key, otterLoad)
		must(err)
	})

	apart, err := l.otterOfPeople()
	if err != nil {
		return err
	}
	handed := withNewKeys(func(key string) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err := apart.Get(ctx, key, otterLoad)
			must(err)
		}()
		<-done
	})

	collapsed, err := l.otterOfPeople()
	if err != nil {
		return err
	}
	ofSingleflight := withNewKeys(collapsedLoads(ctx, collapsed))

	fetching := sturdyc.New[person](loadedEntries, 64, rivals.TTL, 10, sturdyc.WithNoContinuousEvictions())
	ofSturdyc := withNewKeys(func(key string) {
		_, err := fetching.GetOrFetch(ctx, key, loadPerson)
		must(err)
	})

	for range 2 * loadedEntries {
		getOrSet()
	}
	keyAlone := allocations(withNewKeys(func(key string) { kept.key = key }))
	l.report("GetOrSet that loads a struct", Allocations, allocations(getOrSet)-keyAlone, AtMost(12))
	l.report("otter's Get that loads it", Allocations, allocations(ofOtter)-keyAlone, Bound{})
	compared := l.compare(paired.Serial("otter", ofOtter), paired.Serial("larder", getOrSet), paired.Serial("native", native),
		paired.Serial("handed", handed), paired.Serial("sturdyc", ofSturdyc), paired.Serial("singleflight", ofSingleflight))
	l.ratio("GetOrSet that loads a struct, to otter's Get that loads it", compared, "larder", AtMost(2))
	l.ratio("the same with Native, which encodes nothing", compared, "native", Bound{})
	l.ratio("otter's Get that loads it, in a goroutine of its own", compared, "handed", Bound{})
	l.ratio("sturdyc's GetOrFetch", compared, "sturdyc", Bound{})
	l.ratio("singleflight over otter", compared, "singleflight", Bound{})
	return nil
}

// otterOfPeople returns an otter with room for the entries of P16.
func (l *Lab) otterOfPeople() (*otter.Cache[string, person], error) {
	c, err := otter.New(&otter.Options[string, person]{MaximumSize: loadedEntries, ExpiryCalculator: otter.ExpiryWriting[string, person](rivals.TTL)})
	if err == nil {
		l.cleanup(func() { c.StopAllGoroutines() })
	}
	return c, err
}

// collapsedLoads returns a get-or-set as many programs write it.
func collapsedLoads(ctx context.Context, c *otter.Cache[string, person]) func(key string) {
	group := new(singleflight.Group)
	return func(key string) {
		if _, found := c.GetIfPresent(key); found {
			panic("a hit of " + key)
		}
		_, err, _ := group.Do(key, func() (any, error) {
			loaded, err := loadPerson(ctx)
			if err == nil {
				c.Set(key, loaded)
			}
			return loaded, err
		})
		must(err)
	}
}

// kept keeps the compiler from leaving a key out, or on the stack.
var kept struct{ key string }

// withNewKeys returns an operation that has another key each time.
func withNewKeys(operation func(key string)) func() {
	count := 0
	return func() {
		count++
		operation("person:" + strconv.Itoa(count))
	}
}
