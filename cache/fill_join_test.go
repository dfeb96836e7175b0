package cache_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
)

// joiner is a follower that says how it takes part.
type joiner struct {
	*follower
	prepared int
}

func newJoiner(how fill.JoinOptions) *joiner {
	j := &joiner{follower: newFollower()}
	j.how = how
	return j
}

func (j *joiner) Prepare(error) { j.prepared++ }

// start has the joiner fill the key in a goroutine of its own.
func (j *joiner) start(t *testing.T, c cache.Cache) *joiner {
	go func() {
		defer close(j.done)
		j.outcome, j.fillErr = c.Fill(t.Context(), "k", &j.got, j)
	}()
	synctest.Wait()
	return j
}

// finishAll lets loads publish and end.
func finishAll(joiners ...*joiner) {
	for _, j := range joiners {
		close(j.publish)
		close(j.finish)
	}
	synctest.Wait()
}

// Callers share a load within one partition only.
func TestLoadsAreSharedWithinAPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, _ := kindsOfStore()["bytes"]()
		c := newCache(t, store, cache.Config{})
		a := newJoiner(fill.JoinOptions{Partition: "a"}).start(t, c)
		b := newJoiner(fill.JoinOptions{Partition: "b"}).start(t, c)
		none := newFollower().start(t.Context(), c)
		second := newJoiner(fill.JoinOptions{Partition: "a"}).start(t, c)
		close(a.publish)
		synctest.Wait()
		a.wantReceived(t, a.follower)
		second.wantReceived(t, a.follower)
		close(b.publish)
		close(none.publish)
		b.wantReceived(t, b.follower)
		none.wantReceived(t, none)
		close(b.finish)
		close(a.finish)
		close(none.finish)
		synctest.Wait()
		if a.loads+b.loads+none.loads+second.loads != 3 || second.prepared != 1 {
			t.Errorf("%d loads of a, %d of b, %d without a partition", a.loads, b.loads, none.loads)
		}
		holds(t, c, "whole", "after three loads")
	})
}

// A load that runs alone starts immediately, and is stored unless another one was.
func TestAloneLoadsAtOnceAndStoresUnlessAnotherHas(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		synctest.Test(t, func(t *testing.T) {
			store, _ := newStore()
			c := newCache(t, store, cache.Config{})
			waits := newFollower().start(t.Context(), c)
			first, second := newJoiner(fill.JoinOptions{Alone: true}), newJoiner(fill.JoinOptions{Alone: true})
			first.loaded.Value, second.loaded.Value = "first", "second"
			first.start(t, c)
			second.start(t, c)
			finishAll(second)
			finishAll(first)
			holds(t, c, "second", name)
			close(waits.publish)
			close(waits.finish)
			synctest.Wait()
			if first.loads != 1 || second.loads != 1 || waits.loads != 1 {
				t.Errorf("%s: %d, %d and %d loads", name, first.loads, second.loads, waits.loads)
			}
			holds(t, c, "second", name)
		})
	}
}

// A load that runs alone is not stored after a deletion.
func TestALoadThatIsAloneDoesNotOutliveADeletion(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		synctest.Test(t, func(t *testing.T) {
			store, _ := newStore()
			c := newCache(t, store, cache.Config{})
			alone := newJoiner(fill.JoinOptions{Alone: true}).start(t, c)
			if _, err := c.Delete(t.Context(), "k"); err != nil {
				t.Fatal(err)
			}
			finishAll(alone)
			if found, err := c.Has(t.Context(), "k"); found || err != nil {
				t.Errorf("%s: Has = %v, %v", name, found, err)
			}
		})
	}
}

// A caller that wants a published value only starts no load.
func TestPublishedOnlyStartsNoLoad(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		synctest.Test(t, func(t *testing.T) {
			store, _ := newStore()
			c := newCache(t, store, cache.Config{})
			only := fill.JoinOptions{PublishedOnly: true}
			wantNone := func(when string) {
				t.Helper()
				j := newJoiner(only).start(t, c)
				if !errors.Is(j.fillErr, cache.ErrNotFound) || j.loads+j.prepared != 0 || j.outcome != (cache.Outcome{}) {
					t.Errorf("%s, %s: %+v, %v, %d loads", name, when, j.outcome, j.fillErr, j.loads)
				}
			}
			wantNone("without a load")
			leader := newFollower().start(t.Context(), c)
			wantNone("before it is published")
			close(leader.publish)
			leader.wantReceived(t, leader)
			j := newJoiner(only).start(t, c)
			j.wantReceived(t, leader)
			leader.leave()
			synctest.Wait()
			if leader.ended != nil {
				t.Errorf("%s: the load ended, though it has a subscriber", name)
			}
			close(leader.finish)
			synctest.Wait()
			if hit := newJoiner(only).start(t, c); hit.got != "whole" || !hit.outcome.Hit || hit.fillErr != nil {
				t.Errorf("%s: after the load: %q, %+v, %v", name, hit.got, hit.outcome, hit.fillErr)
			}
		})
	}
}

// Another load is started after the interval, up to the given number.
func TestAfterAnIntervalAnotherLoadIsStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, _ := kindsOfStore()["bytes"]()
		c := newCache(t, store, cache.Config{})
		how := fill.JoinOptions{Interval: time.Second, MaxLoads: 2}
		joiners := make([]*joiner, 5)
		for i := range joiners {
			joiners[i] = newJoiner(how).start(t, c)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		var loading []*joiner
		for _, j := range joiners {
			if j.loads > 0 {
				loading = append(loading, j)
			}
		}
		if len(loading) != how.MaxLoads || loading[0] != joiners[0] {
			t.Fatalf("%d loads", len(loading))
		}
		first, other := loading[0], loading[1]
		close(other.publish)
		synctest.Wait()
		for _, j := range joiners[1:] {
			j.wantReceived(t, other.follower)
		}
		close(other.finish)
		synctest.Wait()
		holds(t, c, "whole", "by the other load")
		first.loaded.Value = "late"
		finishAll(first)
		first.wantReceived(t, first.follower)
		holds(t, c, "whole", "though the first has loaded, too")
	})
}
