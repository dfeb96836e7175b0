package cache_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/hooks"
)

// follower is a loader that can use a published value. Its load
// publishes it, and returns when finish is closed, or its context ends.
type follower struct {
	value   any
	leave   func()
	how     fill.JoinOptions
	publish chan struct{}
	finish  chan struct{}
	ended   error
	loads   int
	loaded  cache.Loaded
	err     error

	got     string
	outcome cache.Outcome
	fillErr error
	done    chan struct{}
}

func newFollower() *follower {
	return &follower{
		publish: make(chan struct{}), finish: make(chan struct{}), done: make(chan struct{}),
		loaded: cache.Loaded{Value: "whole"}, got: "untouched",
	}
}

func (f *follower) Receive(value any, leave func()) { f.value, f.leave = value, leave }
func (f *follower) Join() fill.JoinOptions          { return f.how }

func (f *follower) Load(ctx context.Context) (cache.Loaded, error) {
	f.loads++
	<-f.publish
	run := hooks.Cache.RunFrom(ctx)
	run.Publish(f)
	run.Publish("another")
	select {
	case <-f.finish:
	case <-ctx.Done():
		f.ended = ctx.Err()
		return cache.Loaded{}, ctx.Err()
	}
	return f.loaded, f.err
}

// start has the follower fill the key in a goroutine of its own, and returns when
// that waits.
func (f *follower) start(ctx context.Context, c cache.Cache) *follower {
	go func() {
		defer close(f.done)
		f.outcome, f.fillErr = c.Fill(ctx, "k", &f.got, f)
	}()
	synctest.Wait()
	return f
}

// wantReceived fails the test unless the follower received what by's load
// published, and nothing else.
func (f *follower) wantReceived(t *testing.T, by *follower) {
	t.Helper()
	synctest.Wait()
	select {
	case <-f.done:
	default:
		t.Fatal("Fill has not returned")
	}
	want := cache.Outcome{Collapsed: f != by}
	if f.value != any(by) || f.outcome != want || f.fillErr != nil || f.got != "untouched" {
		t.Errorf("Fill = %+v, %v, published %v, dst %q; want %+v", f.outcome, f.fillErr, f.value, f.got, want)
	}
}

// Subscribers of a load receive what it publishes.
func TestSubscribersReceiveAPublishedValue(t *testing.T) {
	for name, newStore := range kindsOfStore() {
		synctest.Test(t, func(t *testing.T) {
			store, _ := newStore()
			c := newCache(t, store, cache.Config{})
			leader := newFollower().start(t.Context(), c)
			waits := newFollower().start(t.Context(), c)
			plain := make(chan string, 1)
			go func() {
				v, err := cache.For[string](c).GetOrSet(t.Context(), "k", func(context.Context) (string, error) {
					t.Errorf("%s: a second load", name)
					return "", nil
				})
				if err != nil {
					t.Errorf("%s: GetOrSet: %v", name, err)
				}
				plain <- v
			}()
			synctest.Wait()
			close(leader.publish)
			leader.wantReceived(t, leader)
			waits.wantReceived(t, leader)
			newFollower().start(t.Context(), c).wantReceived(t, leader)
			select {
			case v := <-plain:
				t.Errorf("%s: GetOrSet = %q before the load was over", name, v)
			default:
			}
			close(leader.finish)
			if v := <-plain; v != "whole" {
				t.Errorf("%s: GetOrSet = %q", name, v)
			}
			holds(t, c, "whole", name)
			late := newFollower().start(t.Context(), c)
			if late.got != "whole" || late.outcome != (cache.Outcome{Hit: true}) || late.value != nil {
				t.Errorf("%s: after the load: %q, %+v, published %v", name, late.got, late.outcome, late.value)
			}
		})
	}
}

// A load is cancelled when its last subscriber leaves.
func TestALoadIsCancelledWhenItsLastSubscriberLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		leader := newFollower().start(t.Context(), c)
		other := newFollower().start(t.Context(), c)
		close(leader.publish)
		synctest.Wait()
		leader.leave()
		leader.leave()
		synctest.Wait()
		if leader.ended != nil {
			t.Fatal("the load was cancelled while it had a subscriber")
		}
		other.leave()
		synctest.Wait()
		if leader.ended == nil {
			t.Error("the load was not cancelled")
		}
		holds(t, c, "", "after the load was cancelled")
	})
}

// A caller waits for another's load for MaxWait at most.
func TestACallerWaitsForAnotherLoadUpToMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		leader, hasty := newFollower(), newFollower()
		leader.how.MaxWait, hasty.how.MaxWait = time.Second, time.Second
		leader.start(t.Context(), c)
		hasty.start(t.Context(), c)
		time.Sleep(time.Second)
		<-hasty.done
		var e *cache.Error
		if !errors.Is(hasty.fillErr, fill.ErrWaitTimeout) || !errors.As(hasty.fillErr, &e) || e.Key != "k" || !hasty.outcome.Collapsed || hasty.loads != 0 {
			t.Errorf("Fill = %+v, %v", hasty.outcome, hasty.fillErr)
		}
		close(leader.publish)
		close(leader.finish)
		leader.wantReceived(t, leader)
		holds(t, c, "whole", "after the load")
	})
}

// A load that fails after it has published stores nothing.
func TestALoadThatFailsAfterPublishingStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		leader := newFollower()
		leader.err = errLoad
		leader.start(t.Context(), c)
		plain := make(chan error, 1)
		go func() {
			_, err := cache.For[string](c).GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "", nil })
			plain <- err
		}()
		synctest.Wait()
		close(leader.publish)
		leader.wantReceived(t, leader)
		close(leader.finish)
		if err := <-plain; !errors.Is(err, errLoad) {
			t.Errorf("GetOrSet: %v", err)
		}
		holds(t, c, "", "after the load")
	})
}

// A published load is not stored after an invalidation.
func TestAPublishedLoadIsNotStoredAfterADeletion(t *testing.T) {
	for name, invalidate := range invalidations {
		synctest.Test(t, func(t *testing.T) {
			c := newCache(t, newMapStore(), cache.Config{})
			if err := c.Set(t.Context(), "k", "of version 2", cache.Version(2)); err != nil {
				t.Fatal(err)
			}
			leader := newFollower().start(t.Context(), c)
			close(leader.publish)
			leader.wantReceived(t, leader)
			if err := invalidate.do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			close(leader.finish)
			synctest.Wait()
			holds(t, c, invalidate.want, name)
		})
	}
}

// Subscribers wait for a load that publishes nothing.
func TestSubscribersWaitForALoadThatPublishesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		go func() {
			_, _ = c.Fill(t.Context(), "k", new(string), afterLoadTime(cache.Loaded{Value: "whole"}))
		}()
		synctest.Wait()
		f := newFollower().start(t.Context(), c)
		time.Sleep(loadTime)
		<-f.done
		if f.got != "whole" || f.value != nil || f.outcome != (cache.Outcome{Collapsed: true, Stored: true}) {
			t.Errorf("Fill = %q, %+v, published %v", f.got, f.outcome, f.value)
		}
	})
}

// A load that releases its callers after publishing releases those that wait for the whole.
func TestReleaseAfterPublishing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMapStore(), cache.Config{})
		release := make(chan struct{})
		f := newFollower()
		go func() {
			defer close(f.done)
			f.outcome, f.fillErr = c.Fill(t.Context(), "k", &f.got, releasing{f, release})
		}()
		synctest.Wait()
		f.wantReceived(t, f)
		plain := make(chan error, 1)
		go func() {
			_, err := cache.For[string](c).GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "", nil })
			plain <- err
		}()
		synctest.Wait()
		close(release)
		if err := <-plain; !errors.Is(err, cache.ErrNotShared) {
			t.Errorf("GetOrSet: %v", err)
		}
		holds(t, c, "", "after the release")
	})
}

// releasing is a follower whose load publishes it, and is then released.
type releasing struct {
	*follower
	release chan struct{}
}

func (r releasing) Load(ctx context.Context) (cache.Loaded, error) {
	hooks.Cache.RunFrom(ctx).Publish(r.follower)
	<-r.release
	hooks.Cache.RunFrom(ctx).Release()
	return cache.Loaded{Value: "dropped"}, nil
}
