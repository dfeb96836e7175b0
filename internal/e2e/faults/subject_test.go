package faults_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/connections"
	"github.com/larder-go/larder/internal/e2e/load"
)

// enough operations, after a fault or before one, to have used everything.
const enough = 300

// newHandler returns the caches of a program whose default cache has the URL.
// The test ends them.
func newHandler(tb testing.TB, url string, opts ...cache.HandlerOption) *cache.Handler {
	tb.Helper()
	config, err := cache.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	opts = append([]cache.HandlerOption{cache.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: config}, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { shutdown(tb, h) })
	return h
}

func shutdown(tb testing.TB, h *cache.Handler) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		tb.Errorf("Shutdown: %v", err)
	}
}

// subject is a cache under load, which a test breaks.
type subject struct {
	tb      testing.TB
	handler *cache.Handler
	cache   cache.Cache
	*load.Traffic
}

// underLoad starts traffic on the cache of a URL, and returns when it has used
// everything.
func underLoad(tb testing.TB, url string, opts load.Options) *subject {
	tb.Helper()
	s := &subject{tb: tb, handler: newHandler(tb, url)}
	s.cache = s.handler.Proxy(cache.DefaultAlias)
	s.Traffic = load.Start(tb, s.cache, opts)
	s.await(load.Done(enough))
	return s
}

// await waits for a condition on what happens from now on.
func (s *subject) await(cond func(load.Counts) bool) {
	s.tb.Helper()
	s.Mark()
	if !s.Until(s.tb, cond) {
		s.tb.FailNow()
	}
}

// wantRecovery waits until the cache works again, by itself.
func (s *subject) wantRecovery() {
	s.tb.Helper()
	s.await(load.Recovered(enough))
}

// wantNothingLeft ends the load and the caches, and looks for connections on
// the servers, which are up. That no goroutine is left either is [load.Leaks]'s.
func (s *subject) wantNothingLeft(counts ...connections.Count) load.Report {
	s.tb.Helper()
	report := s.Stop()
	for kind, example := range report.Examples {
		s.tb.Logf("%s: %s", kind, example)
	}
	shutdown(s.tb, s.handler)
	for _, count := range counts {
		connections.WantNone(s.tb, count)
	}
	return report
}
