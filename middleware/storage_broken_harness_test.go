package middleware_test

import (
	"net/http"
	"net/url"
	"runtime"
	"testing"

	"context"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// wrapped returns the settings of a memory store behind one that misbehaves.
func wrapped(wrap func(driver.Store) driver.Store) cache.Config {
	return cache.Config{Opener: &driver.Backend{
		Open: func(context.Context, driver.Config) (driver.Store, error) {
			s, err := memstore.New(memstore.Options{})
			if err != nil {
				return nil, err
			}
			return wrap(s), nil
		},
		Validate: func(driver.Config) error { return nil },
	}}
}

// faceless caches the pages of a function for as long as any test.
func faceless(serve http.HandlerFunc) http.Handler { return middleware.CachePage(ttl)(serve) }

// setURL gives a request the URL that net/http would read from that target.
func setURL(t testing.TB, r *http.Request, target string) {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = u
}

// limited is a store with room for about a thousand small pages.
var limited = cache.Config{Backend: "memory", Options: map[string]any{"max_bytes": 2 << 20}}

// heap returns how many bytes are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
