package cache_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// tagStores are stores of every kind that can keep tags.
func tagStores(t *testing.T) map[string]driver.Store {
	inSteps, atOnce := newMapStore(), newMapStore()
	for _, s := range []*mapStore{inSteps, atOnce} {
		s.hook = func(context.Context, string, string) error {
			if rand.IntN(2) == 0 {
				runtime.Gosched() // so that operations meet
			}
			return nil
		}
	}
	memory, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Shutdown(context.Background()) })
	return map[string]driver.Store{
		"in steps": struct {
			*mapStore
			withReplacer
			withCounter
		}{inSteps, withReplacer{inSteps}, withCounter{inSteps}},
		"at once": struct {
			*mapStore
			withReplacer
			withMany
			withInvalidator
		}{atOnce, withReplacer{atOnce}, withMany{atOnce}, withInvalidator{atOnce}},
		"memory": memory,
	}
}

// database is what cached values are made of: numbers that only rise.
type database [4]struct {
	now     atomic.Int64
	changed atomic.Int64 // the least that a read which begins now may find
}

// Whatever loads, stores, changes and readers do at the same time, in two processes: a read
// that begins after a change has returned does not find what was before it.
func TestNoReadFindsWhatWasInvalidatedBeforeItBegan(t *testing.T) {
	ctx := t.Context()
	for name, store := range tagStores(t) {
		t.Run(name, func(t *testing.T) {
			first := newCache(t, store, cache.Config{}, quiet)
			caches := []*cache.BaseCache{first, first}
			if name != "memory" {
				caches[1] = newCache(t, store, cache.Config{}, quiet)
			}
			db := new(database)
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					for range 2000 {
						row := rand.IntN(len(db))
						c := caches[i%len(caches)]
						if i < 2 {
							change(ctx, t, c, db, row)
						} else {
							readOrLoad(ctx, t, c, db, row, i)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// change changes a row, and then everything that is made of it.
func change(ctx context.Context, t *testing.T, c *cache.BaseCache, db *database, row int) {
	now := db[row].now.Add(1)
	var err error
	switch {
	case !hasTags(row):
		_, err = c.Delete(ctx, keyOf(row))
	case rand.IntN(4) == 0:
		err = c.InvalidateTagsSoft(ctx, "other", tagOf(row))
	default:
		err = c.InvalidateTags(ctx, tagOf(row), "other")
	}
	if err != nil {
		t.Error(err)
	}
	for floor := db[row].changed.Load(); floor < now && !db[row].changed.CompareAndSwap(floor, now); {
		floor = db[row].changed.Load()
	}
}

func keyOf(row int) string { return fmt.Sprint("row", row) }
func tagOf(row int) string { return fmt.Sprint("tag", row) }

// hasTags reports whether what is made of a row has a tag. The rest is deleted by its key.
func hasTags(row int) bool { return row > 0 }

// readOrLoad reads what is made of a row, in one of the ways that there are.
func readOrLoad(ctx context.Context, t *testing.T, c *cache.BaseCache, db *database, row, i int) {
	floor := db[row].changed.Load()
	load := func(context.Context) (string, error) {
		value := strconv.FormatInt(db[row].now.Load(), 10)
		for range rand.IntN(4) {
			runtime.Gosched()
		}
		if rand.IntN(8) == 0 {
			return "", errLoad
		}
		return value, nil
	}
	view := cache.For[string](c)
	var opts []cache.Option
	if rand.IntN(2) == 0 {
		opts = append(opts, cache.LeaseWait(0))
	}
	var value string
	var err error
	found := true
	switch {
	case i%3 == 0:
		value, found, err = view.Get(ctx, keyOf(row))
	case i%3 == 1 || !hasTags(row):
		if hasTags(row) {
			opts = append(opts, cache.Tags(tagOf(row)))
		}
		value, err = view.GetOrSet(ctx, keyOf(row), load, opts...)
	default: // with tags that only the load names
		_, err = view.Fill(ctx, keyOf(row), &value, cache.LoaderFunc(func(ctx context.Context) (cache.Loaded, error) {
			value, err := load(ctx)
			return cache.Loaded{Value: value, Tags: []string{tagOf(row)}, NoStore: rand.IntN(8) == 0}, err
		}), opts...)
	}
	if errors.Is(err, errLoad) {
		return
	}
	if n, _ := strconv.ParseInt(value, 10, 64); err != nil || found && n < floor {
		t.Errorf("%d reads %q, %v, though %d was there before", i, value, err, floor)
	}
}

// A tag that is given with an entry costs entries without tags no question to the store, until
// one is seen; and a hit with tags is one.
func TestWhatTagsCostAReader(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		*mapStore
		withReplacer
		withMany
		withInvalidator
	}{s, withReplacer{s}, withMany{s}, withInvalidator{s}}, cache.Config{}, quiet)
	read := func(key string) int {
		before := s.total()
		if _, found, err := cache.For[string](c).Get(t.Context(), key); !found || err != nil {
			t.Errorf("Get(%q) = %v, %v", key, found, err)
		}
		return s.total() - before
	}
	if err := c.Set(t.Context(), "plain", "value"); err != nil {
		t.Fatal(err)
	}
	if n := read("plain"); n != 1 || s.count("Get") != 1 {
		t.Errorf("an entry without tags is read in %d calls, %v", n, s.calls)
	}
	if err := c.Set(t.Context(), "tagged", "value", cache.Tags("a")); err != nil {
		t.Fatal(err)
	}
	if n := read("tagged"); n != 1 {
		t.Errorf("an entry with tags is read in %d calls", n)
	}
	before := s.total()
	if found, err := c.GetMany(t.Context(), []string{"plain", "tagged"}); len(found) != 2 || err != nil || s.total() != before+1 {
		t.Errorf("GetMany = %d values, %v, in %d calls", len(found), err, s.total()-before)
	}
	for range 2 { // the second time the process knows which records to ask for
		if err := c.InvalidateTags(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
		read("tagged")
	}
	if err := c.InvalidateTags(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if n := read("tagged"); n != 1 {
		t.Errorf("after an invalidation it is read in %d calls", n)
	}
}

// A load that waits for another process, and finds what was invalidated softly meanwhile, leaves
// that in the store until it has a value: it may be served where stale entries may be.
func TestAWaitingLoadKeepsWhatWasInvalidatedSoftly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoTaggingProcesses(t)
		first := ask(t.Context(), p.a, p.load("first", time.Second), cache.Tags("a"))
		synctest.Wait()
		p.store.hook = func(ctx context.Context, op, key string) error {
			if l, ok := p.lease(); op == "Get" && key == ":1:k" && !ok && l == (envelope.Lease{}) {
				p.store.hook = nil
				return p.a.InvalidateTagsSoft(ctx, "a")
			}
			return nil
		}
		second := ask(t.Context(), p.b, p.load("second", time.Second), cache.Tags("a"))
		(<-first).expect(t, "first")
		time.Sleep(500 * time.Millisecond)
		if raw := p.store.raw(":1:k"); !envelope.HasTags(raw) {
			t.Errorf("while the second load runs, %x is stored, want the entry of the first", raw)
		}
		(<-second).expect(t, "second")
		p.holds(t, "second")
	})
}

// twoTaggingProcesses is twoProcesses over a store that can count.
func twoTaggingProcesses(t *testing.T) *processes {
	s := newMapStore()
	s.clock = showing(wallClock{})
	shared := struct {
		*mapStore
		withReplacer
		withCounter
	}{s, withReplacer{s}, withCounter{s}}
	return &processes{store: s, a: newCache(t, shared, cache.Config{}, quiet), b: newCache(t, shared, cache.Config{}, quiet)}
}

// A value that is loaded while one of its tags is invalidated elsewhere is not for those who ask
// afterwards, however the load is fenced: also if another process holds the lease, so that it
// will not be stored, and if only the load has named the tag.
func TestWhatIsInvalidatedWhileItIsLoadedIsNotForThoseWhoAskAfterwards(t *testing.T) {
	for name, test := range map[string]struct {
		lease bool // another process holds one that nobody waits for
		late  bool
	}{
		"stored":               {},
		"not stored":           {lease: true},
		"late tags":            {late: true},
		"late, and not stored": {lease: true, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := twoTaggingProcesses(t)
				if err := p.b.Set(t.Context(), "other", "value", cache.Tags("a")); err != nil {
					t.Fatal(err) // from here on there are a count and a record
				}
				if test.lease {
					p.store.plant(":1:k", envelope.NewLease(envelope.Alone).Append(nil))
				}
				var value atomic.Pointer[string]
				ask := func() <-chan answer {
					answers := make(chan answer, 1)
					go func() {
						var got string
						load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
							loaded := cache.Loaded{Value: *value.Load()}
							if test.late {
								loaded.Tags = []string{"a"}
							}
							time.Sleep(time.Second)
							return loaded, nil
						})
						opts := []cache.Option{cache.Tags("a")}
						if test.late {
							opts = nil
						}
						_, err := p.a.Fill(t.Context(), "k", &got, load, opts...)
						answers <- answer{got, err}
					}()
					return answers
				}
				old, changed := "old", "new"
				value.Store(&old)
				first := ask()
				synctest.Wait()
				before := ask()
				synctest.Wait()
				value.Store(&changed)
				if err := p.b.InvalidateTags(t.Context(), "a"); err != nil {
					t.Fatal(err)
				}
				after := ask()
				(<-first).expect(t, "old")
				(<-after).expect(t, "new")
				if a := <-before; a.err != nil {
					t.Error(a.err)
				}
			})
		})
	}
}

// A request whose store gives it a session finds there what it has stored with tags itself, and
// what it invalidates is invalid for all at once.
func TestTagsInASession(t *testing.T) {
	s := newMapStore()
	shared := struct {
		*mapStore
		withReplacer
		withCounter
		withSessions
	}{s, withReplacer{s}, withCounter{s}, withSessions{s}}
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(shared)}})
	in, other := h.Scope(t.Context()), h.Scope(t.Context())
	if err := cache.From(in, "default").Set(in, "k", "value", cache.Tags("a")); err != nil {
		t.Fatal(err)
	}
	gets := func(ctx context.Context, want bool) {
		t.Helper()
		if _, found, err := cache.For[string](cache.From(ctx, "default")).Get(ctx, "k"); found != want || err != nil {
			t.Errorf("Get = %v, %v, want %v", found, err, want)
		}
	}
	before := len(s.sessions)
	gets(in, true)
	gets(other, true)
	if before != 1 || len(s.sessions) != 2 {
		t.Errorf("%d sessions, and then %d", before, len(s.sessions))
	}
	if err := cache.From(in, "default").InvalidateTags(in, "a"); err != nil {
		t.Fatal(err)
	}
	gets(in, false)
	gets(other, false)
}

// withoutPrimary is a store that cannot tell what is at its primary.
type withoutPrimary struct{}

func (withoutPrimary) Primary() (driver.Store, error) { return nil, driver.ErrUnsupported }

// Where reads may come from replicas and there is no way around them, entries can have no tags,
// those that others have stored are misses, and loads take no leases.
func TestWithoutAPrimaryThereAreNoTagsAndNoLeases(t *testing.T) {
	s := newMapStore()
	able := struct {
		*mapStore
		withReplacer
		withCounter
	}{s, withReplacer{s}, withCounter{s}}
	if err := newCache(t, able, cache.Config{}, quiet).Set(t.Context(), "tagged", "value", cache.Tags("a")); err != nil {
		t.Fatal(err)
	}
	c := newCache(t, struct {
		*mapStore
		withReplacer
		withCounter
		withoutPrimary
	}{s, withReplacer{s}, withCounter{s}, withoutPrimary{}}, cache.Config{}, quiet)
	view := cache.For[string](c)
	for range 2 {
		if _, found, err := view.Get(t.Context(), "tagged"); found || err != nil {
			t.Errorf("Get = %v, %v", found, err)
		}
	}
	for name, err := range map[string]error{
		"Set":            c.Set(t.Context(), "k", "value", cache.Tags("a")),
		"InvalidateTags": c.InvalidateTags(t.Context(), "a"),
	} {
		if !errors.Is(err, cache.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	replaced := s.count("Replace")
	if got, err := view.GetOrSetValue(t.Context(), "k", "loaded"); got != "loaded" || err != nil || s.count("Replace") != replaced {
		t.Errorf("GetOrSet = %q, %v, with a lease: %v", got, err, s.count("Replace") != replaced)
	}
}

// The record of a tag lives as long as the entries that have it, however long those live that
// are stored later, by whatever process.
func TestTheRecordOfATagLivesAsLongAsItsEntries(t *testing.T) {
	s := newMapStore()
	process := func() *cache.BaseCache {
		return newCache(t, struct {
			*mapStore
			withReplacer
			withCounter
			withExpirer
		}{s, withReplacer{s}, withCounter{s}, withExpirer{s}}, cache.Config{}, quiet)
	}
	for _, ttl := range []cache.Timeout{cache.After(time.Hour), cache.Never, cache.After(time.Minute)} {
		c := process()
		if err := c.Set(t.Context(), fmt.Sprint("for", ttl), "value", cache.Tags("a"), ttl); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.Advance(1000 * time.Hour)
	c := process()
	if err := c.InvalidateTags(t.Context(), "another"); err != nil { // so that the record is looked at
		t.Fatal(err)
	}
	if _, found, err := cache.For[string](c).Get(t.Context(), fmt.Sprint("for", cache.Never)); !found || err != nil {
		t.Errorf("after 1000 hours, Get of what never expires = %v, %v", found, err)
	}
}
