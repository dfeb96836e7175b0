package acceptance_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
)

// onEach runs a test on every backend.
func onEach(t *testing.T, test func(t *testing.T, b testbackends.Backend)) {
	on(t, testbackends.All(), test)
}

// onEachShared runs a test on every backend that processes can share.
func onEachShared(t *testing.T, test func(t *testing.T, b testbackends.Backend)) {
	on(t, testbackends.Shared(), test)
}

func on(t *testing.T, backends []testbackends.Backend, test func(t *testing.T, b testbackends.Backend)) {
	for _, b := range backends {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

// atOnceOnEachShared runs a test that mostly waits on every backend that processes can share, at
// the same time: however many tests may run in parallel.
func atOnceOnEachShared(t *testing.T, test func(t *testing.T, b testbackends.Backend)) {
	var running sync.WaitGroup
	defer running.Wait()
	for _, b := range testbackends.Shared() {
		running.Go(func() {
			t.Run(b.Name, func(t *testing.T) { test(t, b) })
		})
	}
}

// parse reads a URL, with a prefix of the test's own.
func parse(address string) (cache.Config, error) {
	return cache.ParseURL(testbackends.With(address, "prefix", "acceptance"))
}

// open returns the cache at a URL.
func open(t *testing.T, address string) *cache.BaseCache {
	t.Helper()
	return openHandler(t, settingsOf(t, address))[cache.DefaultAlias]
}

func settingsOf(t *testing.T, address string) cache.Settings {
	t.Helper()
	config, err := parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return cache.Settings{cache.DefaultAlias: config}
}

// openHandler opens the caches of settings, which are shut down when the test
// ends, and returns them by alias. Events go to the receivers.
func openHandler(t *testing.T, settings cache.Settings, receivers ...receiver) map[string]*cache.BaseCache {
	t.Helper()
	h, err := cache.NewHandler(settings, cache.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	for _, r := range receivers {
		t.Cleanup(h.Events().Connect(r))
	}
	caches := make(map[string]*cache.BaseCache)
	for _, alias := range h.Aliases() {
		if caches[alias], err = h.Cache(alias); err != nil {
			t.Fatal(err)
		}
	}
	return caches
}

// receiver is told of what caches do.
type receiver = func(context.Context, any, cache.Event) error
