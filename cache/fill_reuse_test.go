package cache_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// choosy is a loader whose caller is content with some values only.
type choosy struct {
	found *any
	wants func(v any) bool
	asked atomic.Int32
	loads atomic.Int32
	load  func(ctx context.Context) (cache.Loaded, error)
}

func (c *choosy) MayReuse() bool {
	c.asked.Add(1)
	return c.wants(*c.found)
}

func (c *choosy) Load(ctx context.Context) (cache.Loaded, error) {
	c.loads.Add(1)
	return c.load(ctx)
}

// discontent returns a loader that is not content with the value old, and loads value
// in its place.
func discontent(old any, value any) *choosy {
	return &choosy{
		found: new(any),
		wants: func(v any) bool { return v != old },
		load:  func(context.Context) (cache.Loaded, error) { return cache.Loaded{Value: value}, nil },
	}
}

// fill calls Fill with the loader, and returns what it gave.
func (c *choosy) fill(ctx context.Context, over cache.Cache, opts ...cache.Option) (any, cache.Outcome, error) {
	outcome, err := over.Fill(ctx, "k", c.found, c, opts...)
	return *c.found, outcome, err
}

// kindsOfStore are the stores that replace entries in different ways.
func kindsOfStore() map[string]func() (driver.Store, *mapStore) {
	return map[string]func() (driver.Store, *mapStore){
		"bytes":               func() (driver.Store, *mapStore) { s := newMapStore(); return s, s },
		"bytes, and compares": func() (driver.Store, *mapStore) { s := newMapStore(); return replacerStore{s, withReplacer{s}}, s },
		"native": func() (driver.Store, *mapStore) {
			s := newMapStore()
			return nativeStore{s, withNative{s: s, byDefault: true}}, s
		},
		"native, and compares": func() (driver.Store, *mapStore) {
			s := newMapStore()
			return struct {
				nativeStore
				withReplacer
			}{nativeStore{s, withNative{s: s}}, withReplacer{s}}, s
		},
	}
}

// An entry that its caller refuses to reuse is replaced by a load.
func TestARefusedEntryIsReplaced(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		store, s := newStore()
		c := newCache(t, store, cache.Config{})
		if err := c.Set(t.Context(), "k", "old"); err != nil {
			t.Fatal(err)
		}
		l := discontent("old", "new")
		v, outcome, err := l.fill(t.Context(), c)
		if v != "new" || err != nil || outcome != (cache.Outcome{Stored: true}) || l.asked.Load() != 1 || l.loads.Load() != 1 {
			t.Errorf("%s: Fill = %v, %+v, %v after %d loads, asked %d times", name, v, outcome, err, l.loads.Load(), l.asked.Load())
		}
		v, outcome, err = l.fill(t.Context(), c)
		if v != "new" || err != nil || outcome != (cache.Outcome{Hit: true}) || l.loads.Load() != 1 {
			t.Errorf("%s: Fill = %v, %+v, %v after %d loads, want a hit", name, v, outcome, err, l.loads.Load())
		}
		if name == "bytes, and compares" && s.count("Replace") != 1 {
			t.Errorf("%s: calls %v", name, s.calls)
		}
	}
}

// MayReuse is not called on a miss.
func TestOnAMissMayReuseIsNotCalled(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	l := discontent("old", "new")
	if v, outcome, err := l.fill(t.Context(), c); v != "new" || err != nil || !outcome.Stored || l.asked.Load() != 0 {
		t.Errorf("Fill = %v, %+v, %v; asked %d times", v, outcome, err, l.asked.Load())
	}
}

// A refused entry that another process has replaced meanwhile is not overwritten.
func TestAnEntryThatChangedMeanwhileIsNotOverwritten(t *testing.T) {
	s := newMapStore()
	store := replacerStore{s, withReplacer{s}}
	c, other := newCache(t, store, cache.Config{}), newCache(t, store, cache.Config{})
	if err := c.Set(t.Context(), "k", "old"); err != nil {
		t.Fatal(err)
	}
	l := discontent("old", "new")
	l.load = func(ctx context.Context) (cache.Loaded, error) {
		return cache.Loaded{Value: "new"}, other.Set(ctx, "k", "the other's")
	}
	v, outcome, err := l.fill(t.Context(), c)
	if v != "the other's" || err != nil || outcome != (cache.Outcome{Hit: true}) {
		t.Errorf("Fill = %v, %+v, %v, want what is stored", v, outcome, err)
	}
	holds(t, c, "the other's", "after the load")
}

// A refused entry that was deleted meanwhile, in this process or in another, stays deleted.
func TestAnEntryThatIsGoneMeanwhileStaysGone(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		store, _ := newStore()
		c := newCache(t, store, cache.Config{})
		deletes := c
		if name == "bytes, and compares" {
			deletes = newCache(t, store, cache.Config{})
		}
		if err := c.Set(t.Context(), "k", "old"); err != nil {
			t.Fatal(err)
		}
		l := discontent("old", "new")
		l.load = func(context.Context) (cache.Loaded, error) {
			_, err := deletes.Delete(t.Context(), "k")
			return cache.Loaded{Value: "new"}, err
		}
		if v, outcome, err := l.fill(t.Context(), c); v != "new" || err != nil || outcome.Stored {
			t.Errorf("%s: Fill = %v, %+v, %v, want what was loaded, not stored", name, v, outcome, err)
		}
		holds(t, c, "", name)
	}
}

// A failed load leaves the refused entry.
func TestAFailedLoadLeavesARefusedEntry(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		store, _ := newStore()
		c := newCache(t, store, cache.Config{})
		if err := c.Set(t.Context(), "k", "old"); err != nil {
			t.Fatal(err)
		}
		for _, loaded := range []cache.Loaded{{}, {Value: "x", NoStore: true}, {Value: "x", Private: true}} {
			l := discontent("old", nil)
			l.load = func(context.Context) (cache.Loaded, error) {
				if loaded.Value == nil {
					return loaded, errLoad
				}
				return loaded, nil
			}
			if _, outcome, _ := l.fill(t.Context(), c); outcome.Stored {
				t.Errorf("%s: %+v was stored", name, loaded)
			}
			holds(t, c, "old", name)
		}
	}
}

// Of many callers that refuse an entry, one loads.
func TestOneOfManyCallersThatRefuseLoads(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		synctest.Test(t, func(t *testing.T) {
			store, _ := newStore()
			c := newCache(t, store, cache.Config{})
			if err := c.Set(t.Context(), "k", "old"); err != nil {
				t.Fatal(err)
			}
			var loads atomic.Int32
			for range 50 {
				go func() {
					l := discontent("old", "new")
					l.load = func(context.Context) (cache.Loaded, error) {
						loads.Add(1)
						time.Sleep(loadTime)
						return cache.Loaded{Value: "new"}, nil
					}
					if v, _, err := l.fill(t.Context(), c); v != "new" || err != nil {
						t.Errorf("%s: Fill = %v, %v", name, v, err)
					}
				}()
			}
			time.Sleep(2 * loadTime)
			if n := loads.Load(); n != 1 {
				t.Errorf("%s: %d loads, want 1", name, n)
			}
		})
	}
}

// pausedGet holds up one caller between its look-up and its load.
type pausedGet struct {
	driver.Store
	goOn chan struct{}
}

type paused struct{}

func (s pausedGet) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, err := s.Store.Get(ctx, key)
	if ctx.Value(paused{}) != nil {
		<-s.goOn
	}
	return value, err
}

// pausedNative is pausedGet for Go values.
type pausedNative struct {
	nativeStore
	goOn chan struct{}
}

func (s pausedNative) GetNative(ctx context.Context, key []byte) ([]byte, any, bool, error) {
	value, native, isNative, err := s.nativeStore.GetNative(ctx, key)
	if ctx.Value(paused{}) != nil {
		<-s.goOn
	}
	return value, native, isNative, err
}

// A refused entry is looked up again if another key, or the same, was stored between the lookup and
// the load.
func TestARefusedEntryDoesNotComeBackWhenOthersStore(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(c cache.Cache) error
		want      any
		loads     int32
	}{
		"other keys": {func(c cache.Cache) error {
			for i := range 1000 { // some are of the same shard
				key := fmt.Sprint("other", i)
				if _, err := c.Fill(context.Background(), key, new(any), returning(cache.Loaded{Value: i})); err != nil {
					return err
				}
			}
			return nil
		}, "new", 1},
		"this key": {func(c cache.Cache) error {
			_, _, err := discontent("old", "the other's").fill(context.Background(), c)
			return err
		}, "the other's", 0},
	} {
		for kind, newStore := range map[string]func(s *mapStore, goOn chan struct{}) driver.Store{
			"bytes": func(s *mapStore, goOn chan struct{}) driver.Store { return pausedGet{s, goOn} },
			"native": func(s *mapStore, goOn chan struct{}) driver.Store {
				return pausedNative{nativeStore{s, withNative{s: s, byDefault: true}}, goOn}
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				goOn := make(chan struct{})
				c := newCache(t, newStore(newMapStore(), goOn), cache.Config{})
				if err := c.Set(t.Context(), "k", "old"); err != nil {
					t.Fatal(err)
				}
				l := discontent("old", "new")
				done := make(chan struct{})
				go func() {
					defer close(done)
					v, _, err := l.fill(context.WithValue(t.Context(), paused{}, true), c)
					if v != test.want || err != nil {
						t.Errorf("%s, %s: Fill = %v, %v, want %v", name, kind, v, err, test.want)
					}
				}()
				synctest.Wait()
				if err := test.meanwhile(c); err != nil {
					t.Error(err)
				}
				close(goOn)
				<-done
				if n := l.loads.Load(); n != test.loads {
					t.Errorf("%s, %s: %d loads, want %d", name, kind, n, test.loads)
				}
			})
		}
	}
}

// Refused bytes are replaced as other values are.
func TestBytesAreReplacedAsOtherValuesAre(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		t.Run(name, func(t *testing.T) {
			store, _ := newStore()
			c := newCache(t, store, cache.Config{})
			load := func(context.Context) (cache.Loaded, error) { return cache.Loaded{Value: []byte("new")}, nil }
			never := func(any) bool { return false }
			for what, put := range map[string]error{
				"bytes":            c.SetBytes(t.Context(), "bytes", []byte("old")),
				"a string":         c.Set(t.Context(), "a string", "old"),
				"damaged":          store.Set(t.Context(), []byte(":1:damaged"), []byte("no entry"), driver.Never),
				"nothing readable": store.Set(t.Context(), []byte(":1:nothing readable"), []byte{}, driver.Never),
			} {
				if put != nil {
					t.Fatal(put)
				}
				var dst any
				outcome, err := c.Fill(t.Context(), what, &dst, &choosy{found: &dst, wants: never, load: load})
				if err != nil || !outcome.Stored {
					t.Errorf("Fill over %s = %+v, %v", what, outcome, err)
				}
				if got, _, err := c.GetBytes(t.Context(), what); string(got) != "new" || err != nil {
					t.Errorf("GetBytes after Fill over %s = %q, %v", what, got, err)
				}
			}
		})
	}
}
