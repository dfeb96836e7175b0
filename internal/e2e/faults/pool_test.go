package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/connections"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// probes are keys beside those of the load, enough that each server has some.
func probes() (keys []string) {
	for i := range 120 {
		keys = append(keys, fmt.Sprintf("probe-%d", i))
	}
	return keys
}

func startPool(t *testing.T) (servers []*testserver.Process, url string) {
	t.Helper()
	var addrs []string
	for range 3 {
		servers = append(servers, testserver.StartMemcached(t))
		addrs = append(addrs, servers[len(servers)-1].Addr())
	}
	return servers, fmt.Sprintf("memcached://%s?io_timeout=2s&clear_lag=0&max_conns=16", strings.Join(addrs, ","))
}

func store(t *testing.T, c cache.Cache, keys []string, value string) {
	t.Helper()
	for _, key := range keys {
		if err := c.Set(t.Context(), key, value+" of "+key); err != nil {
			t.Fatal(err)
		}
	}
}

// look reads every key, and returns those that are there, with the value that
// they should have, and those whose server has failed.
func look(t *testing.T, c cache.Cache, keys []string, value string) (found, failed []string, servers map[string]bool) {
	t.Helper()
	servers = make(map[string]bool)
	for _, key := range keys {
		var got string
		ok, err := c.Get(t.Context(), key, &got)
		var failure *memcachestore.ServerError
		switch {
		case errors.As(err, &failure):
			failed = append(failed, key)
			servers[failure.Addr] = true
		case err != nil:
			t.Errorf("%s: %v", key, err)
		case ok && got != value+" of "+key:
			t.Errorf("%s has %q", key, got)
		case ok:
			found = append(found, key)
		}
	}
	return found, failed, servers
}

// Each server is gone once. The operations on its keys fail, and say whose fault
// that is, and no key ever wanders to another server.
func TestOneMemcachedOfThreeIsGone(t *testing.T) {
	load.Leaks(t)
	servers, url := startPool(t)
	s := underLoad(t, url, load.Options{Kind: load.MemcachedErrors})
	keys := probes()
	var affected []string
	for _, gone := range servers {
		store(t, s.cache, keys, "value")
		gone.Kill()
		s.await(load.Failed(enough))
		found, failed, blamed := look(t, s.cache, keys, "value")
		if len(failed) == 0 || len(failed) > len(keys)/2 || len(found)+len(failed) != len(keys) {
			t.Errorf("without %s, %d keys of %d are found and %d fail", gone.Addr(), len(found), len(keys), len(failed))
		}
		if len(blamed) != 1 || !blamed[gone.Addr()] {
			t.Errorf("%v are blamed, but %s is gone", blamed, gone.Addr())
		}
		affected = append(affected, failed...)

		s.Lost()
		if err := gone.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.wantRecovery()
		again, failed, _ := look(t, s.cache, keys, "value")
		if !slices.Equal(again, found) || len(failed) > 0 {
			t.Errorf("after the return of %s, empty, %d keys are found and %d fail; want the %d of the others", gone.Addr(), len(again), len(failed), len(found))
		}
	}
	slices.Sort(affected)
	if all := slices.Sorted(slices.Values(keys)); !slices.Equal(affected, all) {
		t.Errorf("%d keys were affected in all, want each once, by its own server", len(affected))
	}
	var counts []connections.Count
	for _, server := range servers {
		counts = append(counts, connections.OfMemcached(t, server.Addr()))
	}
	s.wantNothingLeft(counts...)
}

// A server that cannot be reached keeps its memory. Clear says that it has not
// been cleared; once it has, nothing of before comes back, whatever becomes of
// the server.
func TestNoOldValueIsRevivedAfterClear(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartMemcached(t)
	proxy := load.NewProxy(t, server.Addr())
	url := fmt.Sprintf("memcached://%s,%s?io_timeout=2s", testserver.StartMemcached(t).Addr(), proxy.Addr())
	one, other := newHandler(t, url).Proxy(cache.DefaultAlias), newHandler(t, url).Proxy(cache.DefaultAlias)
	keys := probes()
	store(t, one, keys, "old")
	look(t, other, keys, "old") // it holds the epochs of before

	proxy.Refuse()
	var failure *memcachestore.ServerError
	if err := one.Clear(t.Context()); !errors.As(err, &failure) || failure.Addr != proxy.Addr() {
		t.Errorf("Clear without a server: %v, want its ServerError", err)
	}
	found, kept, _ := look(t, one, keys, "old")
	if len(found) > 0 || len(kept) == 0 {
		t.Errorf("%d keys of the server that is there are found after Clear, and %d are the other's", len(found), len(kept))
	}

	proxy.Heal()
	testserver.Await(t, func(ctx context.Context) error { return one.Clear(ctx) })
	none := func(when string) {
		t.Helper()
		if found, failed, _ := look(t, one, keys, "old"); len(found)+len(failed) > 0 {
			t.Errorf("%s, %d keys of before the Clear are found and %d fail", when, len(found), len(failed))
		}
		testserver.Await(t, func(context.Context) error { // for as long as another process may hold an epoch
			if found, failed, _ := look(t, other, keys, "old"); len(found)+len(failed) > 0 {
				return fmt.Errorf("%s, another process finds %d keys of before the Clear", when, len(found))
			}
			return nil
		})
	}
	none("after the return of the server and a Clear")

	store(t, other, keys[:60], "new")
	proxy.Refuse()
	look(t, one, keys, "new")
	proxy.Heal()
	testserver.Await(t, func(ctx context.Context) error { _, err := one.GetMany(ctx, keys); return err })
	if found, failed, _ := look(t, one, keys, "new"); !slices.Equal(found, keys[:60]) || len(failed) > 0 {
		t.Errorf("after another absence %d of 60 new entries are found and %d fail", len(found), len(failed))
	}

	server.Kill()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	testserver.Await(t, func(ctx context.Context) error { _, err := one.GetMany(ctx, keys); return err })
	look(t, one, keys, "new") // fails for a value of before the Clear
	look(t, other, keys, "new")
}
