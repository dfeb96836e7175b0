package testserver_test

import (
	"testing"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/internal/testserver"
)

func TestMemcachedServesTCPAndUnixSockets(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...string) *testserver.Process{
		"tcp":  testserver.StartMemcached,
		"unix": testserver.StartMemcachedUnix,
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, "-m", "8")
			client := memcache.New(p.Addr())
			defer client.Close()
			if err := client.Set(&memcache.Item{Key: "k", Value: []byte("v")}); err != nil {
				t.Fatal(err)
			}
			p.Kill()
			if err := p.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			again := memcache.New(p.Addr())
			defer again.Close()
			if _, err := again.Get("k"); err != memcache.ErrCacheMiss {
				t.Errorf("after a restart the error is %v, want a miss", err)
			}
		})
	}
}
