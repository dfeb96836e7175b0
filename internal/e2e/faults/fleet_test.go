package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// everyFleet runs a test for each backend of several servers, given the URL of a
// cache on three of them and one of these to kill.
func everyFleet(t *testing.T, test func(t *testing.T, url string, victim *testserver.Process)) {
	t.Run("Memcached", func(t *testing.T) {
		load.Leaks(t)
		var addrs []string
		var servers []*testserver.Process
		for range 3 {
			server := testserver.StartMemcached(t)
			servers, addrs = append(servers, server), append(addrs, server.Addr())
		}
		test(t, "memcached://"+strings.Join(addrs, ",")+"?clear_lag=1s", servers[1])
	})
	for _, pipeline := range []bool{false, true} {
		t.Run(fmt.Sprintf("Redis Cluster, pipeline=%t", pipeline), func(t *testing.T) {
			load.Leaks(t)
			nodes := testserver.StartRedisCluster(t, 3)
			test(t, fmt.Sprintf("redis+cluster://%s?pipeline=%t", strings.Join(nodes.Addrs(), ","), pipeline), nodes[2])
		})
	}
}

// What single operations find on the healthy servers, the many-operations and the
// asynchronous ones find, and they name the other keys, no more and no less.
func TestOneServerOfAFleetIsDown(t *testing.T) {
	everyFleet(t, func(t *testing.T, url string, victim *testserver.Process) {
		returns := newHandler(t, url).Proxy(cache.DefaultAlias)
		misses := newHandler(t, url+"&on_error=miss").Proxy(cache.DefaultAlias)
		items, keys := make(map[string]any), make([]string, 0, 60)
		for i := range cap(keys) {
			key := fmt.Sprintf("k%02d", i)
			items[key], keys = i, append(keys, key)
		}
		if _, err := returns.SetMany(t.Context(), items); err != nil {
			t.Fatal(err)
		}
		victim.Kill()

		var lost []string // the keys of the victim
		for _, key := range keys {
			if found, err := returns.Has(t.Context(), key); err != nil {
				lost = append(lost, key)
			} else if !found {
				t.Errorf("%s, whose server is there, is gone", key)
			}
		}
		if len(lost) == 0 || len(lost) == len(keys) {
			t.Fatalf("%d of %d keys are those of one server of three", len(lost), len(keys))
		}
		found, err := returns.GetMany(t.Context(), keys)
		wantLost(t, "GetMany", err, lost)
		if len(found) != len(keys)-len(lost) {
			t.Errorf("GetMany finds %d of %d, %d are lost", len(found), len(keys), len(lost))
		}
		if found, err := misses.GetMany(t.Context(), keys); len(found) != len(keys)-len(lost) || err != nil {
			t.Errorf("with MissOnError: %d values, %v", len(found), err)
		}
		failed, err := returns.SetMany(t.Context(), items)
		wantLost(t, "SetMany", err, lost)
		if !slices.Equal(failed, lost) {
			t.Errorf("SetMany returns %q, lost are %q", failed, lost)
		}
		getAsync(t, returns, keys, lost)
		wantLost(t, "DeleteMany", returns.DeleteMany(t.Context(), keys), lost)

		if err := victim.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		testserver.Await(t, func(ctx context.Context) error {
			_, err := returns.SetMany(ctx, items)
			return err
		})
	})
}

func wantLost(t *testing.T, what string, err error, lost []string) {
	t.Helper()
	var failed *cache.KeysError
	if !errors.As(err, &failed) || !slices.Equal(failed.Keys, lost) {
		t.Errorf("%s: %v, want an error that names %q", what, err, lost)
	}
}

// getAsync starts a Get of each key at once.
func getAsync(t *testing.T, c cache.Cache, keys, lost []string) {
	t.Helper()
	values := make([]int, len(keys))
	futures := make([]*cache.Future[bool], len(keys))
	for i, key := range keys {
		futures[i] = cache.Async(c).Get(t.Context(), key, &values[i])
	}
	for i, key := range keys {
		found, err := futures[i].Await(t.Context())
		if isLost := slices.Contains(lost, key); found == isLost || (err != nil) != isLost {
			t.Errorf("Get of %s, asynchronously: %t, %v; it is lost: %t", key, found, err, isLost)
		}
	}
}
