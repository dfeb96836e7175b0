package cache_test

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// processes are caches over one store that know nothing of each other, as those of several
// processes do.
type processes struct {
	store *mapStore
	a, b  *cache.BaseCache
	loads atomic.Int64
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// twoProcesses returns two processes over one store, whose clock is that of the bubble.
func twoProcesses(t *testing.T) *processes {
	s := newMapStore()
	s.clock = showing(wallClock{})
	shared := replacerStore{s, withReplacer{s}}
	return &processes{store: s, a: newCache(t, shared, cache.Config{}, quiet), b: newCache(t, shared, cache.Config{}, quiet)}
}

// load returns a load that takes d and counts.
func (p *processes) load(value string, d time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		p.loads.Add(1)
		select {
		case <-time.After(d):
			return value, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// ask starts a GetOrSet of key "k" and returns where its result will be.
func ask(ctx context.Context, c *cache.BaseCache, load func(context.Context) (string, error), opts ...cache.Option) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		value, err := cache.For[string](c).GetOrSet(ctx, "k", load, opts...)
		answers <- answer{value, err}
	}()
	return answers
}

type answer struct {
	value string
	err   error
}

func (a answer) expect(t *testing.T, want string) {
	t.Helper()
	if a.value != want || a.err != nil {
		t.Errorf("GetOrSet = %q, %v, want %q", a.value, a.err, want)
	}
}

// lease returns the lease under the key "k".
func (p *processes) lease() (envelope.Lease, bool) { return envelope.ParseLease(p.store.raw(":1:k")) }

// holds checks which value is stored under key "k", "" for none.
func (p *processes) holds(t *testing.T, want string) {
	t.Helper()
	var got string
	if _, err := p.a.Get(t.Context(), "k", &got); got != want || err != nil {
		t.Errorf("stored is %q, %v, want %q", got, err, want)
	}
}

// One load runs for callers in all processes.
func TestOneLoadRunsForAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		first := ask(t.Context(), p.a, p.load("loaded", time.Second))
		synctest.Wait()
		var got string
		outcome, err := p.b.Fill(t.Context(), "k", &got, returning(cache.Loaded{Value: "wrong"}))
		if got != "loaded" || err != nil || outcome != (cache.Outcome{Hit: true, Collapsed: true}) {
			t.Errorf("Fill in the other process = %q, %+v, %v", got, outcome, err)
		}
		(<-first).expect(t, "loaded")
		if n := p.loads.Load(); n != 1 {
			t.Errorf("%d loads", n)
		}
	})
}

// A load does not store its value if another process has deleted, cleared or set the key since it began.
func TestALoadDoesNotStoreOverAChangeOfAnotherProcess(t *testing.T) {
	for name, change := range map[string]struct {
		do   func(context.Context, *cache.BaseCache) error
		want string // that is stored
		gets string // who loaded
	}{
		"Delete":     {func(ctx context.Context, c *cache.BaseCache) error { _, err := c.Delete(ctx, "k"); return err }, "", "old"},
		"DeleteMany": {func(ctx context.Context, c *cache.BaseCache) error { return c.DeleteMany(ctx, []string{"k"}) }, "", "old"},
		"Clear":      {func(ctx context.Context, c *cache.BaseCache) error { return c.Clear(ctx) }, "", "old"},
		"Touch": {func(ctx context.Context, c *cache.BaseCache) error {
			_, err := c.Touch(ctx, "k", cache.After(0))
			return err
		}, "", "old"},
		"Set": {func(ctx context.Context, c *cache.BaseCache) error { return c.Set(ctx, "k", "new") }, "new", "new"},
		"Add": {func(ctx context.Context, c *cache.BaseCache) error {
			added, err := c.Add(ctx, "k", "new")
			if !added && err == nil {
				err = errors.New("not added")
			}
			return err
		}, "new", "new"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := twoProcesses(t)
				first := ask(t.Context(), p.a, p.load("old", time.Second))
				synctest.Wait()
				if err := change.do(t.Context(), p.b); err != nil {
					t.Fatal(err)
				}
				(<-first).expect(t, change.gets)
				p.holds(t, change.want)
			})
		})
	}
}

// Who asks after another process has deleted the key does not get a value that was loaded
// before, from whatever load under way.
func TestNobodyGetsAValueOlderThanTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		first := ask(t.Context(), p.a, p.load("old", time.Minute))
		synctest.Wait()
		if _, err := p.b.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		(<-ask(t.Context(), p.a, p.load("new", time.Second))).expect(t, "new")
		p.holds(t, "new")
		(<-first).expect(t, "new")
	})
}

// A caller who joins a load that waits for another process does not get what that has read
// before he asked: it may have been deleted since.
func TestAWaitingLoadHandsNothingOldToThoseWhoCameLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		slow := &slowReader{mapStore: p.store, withReplacer: withReplacer{p.store}}
		c := newCache(t, slow, cache.Config{}, quiet)
		first := ask(t.Context(), p.a, p.load("old", time.Second))
		synctest.Wait()
		waiting := ask(t.Context(), c, p.load("wrong", time.Second))
		(<-first).expect(t, "old")
		slow.reads.Store(true)
		time.Sleep(500 * time.Millisecond) // it has read the value, and has no answer yet
		if _, err := p.a.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		slow.reads.Store(false)
		later := ask(t.Context(), c, p.load("new", 0))
		(<-waiting).expect(t, "old")
		(<-later).expect(t, "new")
		p.holds(t, "new")
	})
}

// slowReader takes a second to answer what it has read.
type slowReader struct {
	*mapStore
	withReplacer
	reads atomic.Bool
}

func (s *slowReader) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, err := s.mapStore.Get(ctx, key)
	if s.reads.Load() {
		time.Sleep(time.Second)
	}
	return value, err
}

// The lease of a process that has died is gone after its ttl, and if the store did not remove it,
// after one and a half of that: then another process loads.
func TestTheLoadOfADeadProcessIsTakenOver(t *testing.T) {
	for name, test := range map[string]struct {
		ttl  time.Duration
		from time.Duration
	}{
		"it expires":       {5 * time.Second, 5 * time.Second},
		"it never expires": {driver.Never, 7500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := twoProcesses(t)
				if err := p.store.Set(t.Context(), []byte(":1:k"), envelope.NewLease(envelope.Loading).Append(nil), test.ttl); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				(<-ask(t.Context(), p.a, p.load("loaded", 0))).expect(t, "loaded")
				if took := time.Since(began); took < test.from || took > test.from+100*time.Millisecond {
					t.Errorf("taken over after %v, want %v", took, test.from)
				}
				p.holds(t, "loaded")
			})
		})
	}
}

// A load that takes longer than a lease lives keeps it; callers in other processes wait for no
// longer than the limit, load for themselves, and do not store.
func TestALongLoadKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		first := ask(t.Context(), p.a, p.load("first", time.Minute))
		synctest.Wait()
		began := time.Now()
		(<-ask(t.Context(), p.b, p.load("second", 0))).expect(t, "second")
		if took := time.Since(began); took != cache.DefaultLeaseWait {
			t.Errorf("waited %v", took)
		}
		p.holds(t, "")
		(<-first).expect(t, "first")
		p.holds(t, "first")
	})
}

// A caller with LeaseWait(0) does not wait for another process, and does not store.
func TestLeaseWaitOfZeroDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		first := ask(t.Context(), p.a, p.load("first", time.Second))
		synctest.Wait()
		began := time.Now()
		(<-ask(t.Context(), p.b, p.load("second", 0), cache.LeaseWait(0))).expect(t, "second")
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %v", took)
		}
		(<-first).expect(t, "first")
		p.holds(t, "first")
	})
}

// After a load that fails, nobody waits for the next one for a second; and it stores its value.
func TestAFailedLoadMakesNobodyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		fails := errors.New("fails")
		failing := func(context.Context) (string, error) { time.Sleep(time.Second); return "", fails }
		first := ask(t.Context(), p.a, failing)
		synctest.Wait()
		second := ask(t.Context(), p.b, p.load("loaded", time.Second))
		if a := <-first; !errors.Is(a.err, fails) {
			t.Errorf("GetOrSet of a failing load: %+v", a)
		}
		time.Sleep(100 * time.Millisecond)
		if l, ok := p.lease(); !ok || l.State != envelope.Alone {
			t.Errorf("while the next load runs: %+v, %v, want a lease that is alone", l, ok)
		}
		began := time.Now()
		(<-ask(t.Context(), p.a, p.load("own", 0))).expect(t, "own")
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %v", took)
		}
		(<-second).expect(t, "loaded")
		p.holds(t, "loaded")
	})
}

// If all callers of a load have left, another process takes it over at once, for all.
func TestALoadThatIsGivenUpIsTakenOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		ctx, leave := context.WithCancel(t.Context())
		first := ask(ctx, p.a, p.load("first", time.Minute))
		synctest.Wait()
		second := ask(t.Context(), p.b, p.load("second", time.Second))
		synctest.Wait()
		leave()
		if a := <-first; !errors.Is(a.err, context.Canceled) {
			t.Errorf("GetOrSet of a caller who has left: %+v", a)
		}
		time.Sleep(50 * time.Millisecond)
		if l, ok := p.lease(); !ok || l.State != envelope.Loading {
			t.Errorf("after the first has left: %+v, %v, want the lease of the second", l, ok)
		}
		(<-second).expect(t, "second")
		p.holds(t, "second")
	})
}

// Two loads in two processes that ask for each other's keys come to their ends.
func TestLoadsOfTwoProcessesThatNeedEachOtherEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		done := make(chan answer, 2)
		start := func(c *cache.BaseCache, key, other string) {
			view := cache.For[string](c)
			value, err := view.GetOrSet(t.Context(), key, func(ctx context.Context) (string, error) {
				time.Sleep(time.Second)
				inner, err := view.GetOrSet(ctx, other, func(context.Context) (string, error) { return "inner", nil })
				return key + inner, err
			})
			done <- answer{value, err}
		}
		began := time.Now()
		go start(p.a, "1", "2")
		go start(p.b, "2", "1")
		for range 2 {
			if a := <-done; a.err != nil {
				t.Error(a.err)
			}
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// A renewal whose answer is lost leaves the lease in one of two forms; the value is stored over
// either.
func TestALoadStoresAfterARenewalWithoutAnAnswer(t *testing.T) {
	for _, made := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p := twoProcesses(t)
			lost := errors.New("lost")
			failing := &lossyReplacer{withReplacer: withReplacer{p.store}, made: made, err: lost}
			c := newCache(t, struct {
				*mapStore
				*lossyReplacer
			}{p.store, failing}, cache.Config{}, quiet)
			first := ask(t.Context(), c, p.load("loaded", 2*time.Second))
			synctest.Wait()
			failing.loses.Store(true)
			time.Sleep(1900 * time.Millisecond)
			failing.loses.Store(false)
			(<-first).expect(t, "loaded")
			p.holds(t, "loaded")
		})
	}
}

// lossyReplacer loses answers, of replacements that were made or not.
type lossyReplacer struct {
	withReplacer
	loses atomic.Bool
	made  bool
	err   error
}

func (r *lossyReplacer) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
	if !r.loses.Load() {
		return r.withReplacer.Replace(ctx, key, old, value, ttl)
	}
	if r.made {
		if _, err := r.withReplacer.Replace(ctx, key, old, value, ttl); err != nil {
			return false, err
		}
	}
	return false, r.err
}

// While the store refuses leases, a load runs for all callers of the process and its value is
// returned, with the error of the store.
func TestAStoreThatTakesNoLeaseIsAnErrorBesideTheValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		full := errors.New("full")
		p.store.hook = func(_ context.Context, op, _ string) error {
			if op == "Add" {
				return full
			}
			return nil
		}
		var answers []<-chan answer
		for range 3 {
			answers = append(answers, ask(t.Context(), p.a, p.load("loaded", time.Second)))
			time.Sleep(100 * time.Millisecond)
		}
		for _, c := range answers {
			if a := <-c; a.value != "loaded" || !errors.Is(a.err, full) {
				t.Errorf("GetOrSet = %+v", a)
			}
		}
		if n := p.loads.Load(); n != 1 {
			t.Errorf("%d loads", n)
		}
	})
}

// A lease that nobody renews is replaced also where no load waits for it, by the process that
// has seen the same bytes for long enough.
func TestADeadLeaseForWhichNobodyWaitsIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		p.store.plant(":1:k", envelope.NewLease(envelope.Loading).Append(nil))
		for range 8 {
			(<-ask(t.Context(), p.a, p.load("loaded", 0), cache.LeaseWait(0))).expect(t, "loaded")
			p.holds(t, "")
			time.Sleep(time.Second)
		}
		(<-ask(t.Context(), p.a, p.load("loaded", 0), cache.LeaseWait(0))).expect(t, "loaded")
		p.holds(t, "loaded")
	})
}

// The counts say which loads ran, which were joined, in this process and in others, and what
// became of them.
func TestStatsCountLoadsByWhatBecameOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoProcesses(t)
		first := ask(t.Context(), p.a, p.load("first", time.Second))
		synctest.Wait()
		joined := ask(t.Context(), p.a, p.load("wrong", 0))
		waiting := ask(t.Context(), p.b, p.load("wrong", 0))
		for _, c := range []<-chan answer{first, joined, waiting} {
			(<-c).expect(t, "first")
		}
		p.store.plant(":1:k", envelope.NewLease(envelope.Loading).Append(nil))
		(<-ask(t.Context(), p.b, p.load("second", 0))).expect(t, "second")
		if _, err := p.a.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		third := ask(t.Context(), p.a, p.load("third", time.Second))
		synctest.Wait()
		if _, err := p.b.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		(<-third).expect(t, "third")
		if got, want := p.a.Stats(), (cache.Stats{Loads: 2, Joined: 1, RefusedStores: 1}); got != want {
			t.Errorf("the first process counts %+v, want %+v", got, want)
		}
		if got, want := p.b.Stats(), (cache.Stats{Loads: 1, LeaseWaits: 2, JoinedElsewhere: 1, Takeovers: 1}); got != want {
			t.Errorf("the second process counts %+v, want %+v", got, want)
		}
	})
}

// A handler has the counts of each of its aliases.
func TestAHandlerHasTheCountsOfItsAliases(t *testing.T) {
	h, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}, "other": {Backend: "memory", Location: "other"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Shutdown(context.Background()) }()
	ctx := h.Scope(t.Context())
	c := cache.From(ctx, "other")
	if _, err := cache.For[string](c).GetOrSetValue(ctx, "k", "value", cache.Tags("a")); err != nil {
		t.Fatal(err)
	}
	if err := c.InvalidateTags(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	want := map[string]cache.Stats{"default": {}, "other": {Loads: 1, Invalidations: 1}}
	if got := h.Stats(); !maps.Equal(got, want) {
		t.Errorf("Stats = %+v, want %+v", got, want)
	}
}
