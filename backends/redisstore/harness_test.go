package redisstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

const abilities = cachetest.Many | cachetest.Counter | cachetest.Replacer | cachetest.Peeker | cachetest.Expirer | cachetest.Async | cachetest.Replicated |
	cachetest.HeadReplacer | cachetest.Invalidator

const maxValueSize = 1 << 20

// place is where the entries of a store are: a database, or a cluster.
type place struct {
	opts redisstore.Options
	raw  redis.UniversalClient // to look at the entries, and to change them, from outside
}

// topology makes harnesses. Its stores have their places from fresh.
type topology struct {
	fresh  func(tb testing.TB) place
	opened func(tb testing.TB, s *redisstore.Store)        // called with each new store, unless it is nil
	shared func(s *redisstore.Store)                       // called with each of two stores of one place, unless it is nil
	settle func(tb testing.TB)                             // returns when all servers know all, unless it is nil
	kill   func(tb testing.TB) (has func(key []byte) bool) // ends a server until the end of the test, unless it is nil
	places sync.Map                                        // from store to place
	serial bool                                            // its stores share a place
}

func (top *topology) harness() cachetest.Harness {
	h := cachetest.Harness{
		Abilities:    abilities,
		MaxValueSize: maxValueSize,
		Parallel:     !top.serial,
		New: func(tb testing.TB, _ driver.Clock) driver.Store {
			return top.open(tb, top.fresh(tb))
		},
		Reopen: func(tb testing.TB, store driver.Store, _ driver.Clock) driver.Store {
			top.settled(tb)
			second := top.open(tb, top.of(store))
			if top.shared != nil {
				top.shared(store.(*redisstore.Store))
				top.shared(second.(*redisstore.Store))
			}
			return second
		},
		Damage: func(tb testing.TB, store driver.Store, key []byte) {
			damage(tb, top.of(store).raw, key)
			top.settled(tb)
		},
		Advance: func(tb testing.TB, store driver.Store, d time.Duration) {
			age(tb, top.of(store).raw, d)
			top.settled(tb)
		},
	}
	if top.kill != nil {
		h.PartDown = func(tb testing.TB, _ driver.Store) (isDown func(key []byte) bool) { return top.kill(tb) }
	}
	return h
}

func (top *topology) open(tb testing.TB, p place) driver.Store {
	s := open(tb, p.opts)
	if top.opened != nil {
		top.opened(tb, s)
	}
	top.places.Store(driver.Store(s), p)
	return s
}

func (top *topology) of(store driver.Store) place {
	p, _ := top.places.Load(store)
	return p.(place)
}

func (top *topology) settled(tb testing.TB) {
	if top.settle != nil {
		top.settle(tb)
	}
}

// rawClient returns a client that is closed when the test ends.
func rawClient[C redis.UniversalClient](tb testing.TB, client C) C {
	tb.Cleanup(func() {
		if err := client.Close(); err != nil {
			tb.Error(err)
		}
	})
	return client
}

// damage puts under key what another program may have: a list.
func damage(tb testing.TB, raw redis.UniversalClient, key []byte) {
	tb.Helper()
	_, err := raw.Pipelined(tb.Context(), func(p redis.Pipeliner) error {
		p.Del(tb.Context(), string(key))
		p.RPush(tb.Context(), string(key), "a")
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// age makes every entry d older.
func age(tb testing.TB, raw redis.UniversalClient, d time.Duration) {
	tb.Helper()
	err := onEach(tb.Context(), raw, func(ctx context.Context, c *redis.Client) error {
		for keys := c.Scan(ctx, 0, "*", 1000).Iterator(); keys.Next(ctx); {
			left, err := c.PTTL(ctx, keys.Val()).Result()
			if err != nil {
				return err
			}
			if left >= 0 { // zero is less than a millisecond; what never expires is below
				if err := c.PExpire(ctx, keys.Val(), left-d).Err(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// onEach calls do for each primary.
func onEach(ctx context.Context, raw redis.UniversalClient, do func(context.Context, *redis.Client) error) error {
	if cluster, ok := raw.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, do)
	}
	return do(ctx, raw.(*redis.Client))
}
