package load_test

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/e2e/load"
)

// leaving is a store whose server can be away.
type leaving struct {
	driver.Store
	counter driver.Counter
	away    atomic.Bool
}

func (s *leaving) err() error {
	if s.away.Load() {
		return io.EOF
	}
	return nil
}

func (s *leaving) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, key)
}

func (s *leaving) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.Store.Set(ctx, key, value, ttl)
}

func (s *leaving) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if err := s.err(); err != nil {
		return nil, false, err
	}
	return s.Store.Add(ctx, key, value, ttl)
}

func (s *leaving) Delete(ctx context.Context, key []byte) ([]byte, bool, error) {
	if err := s.err(); err != nil {
		return nil, false, err
	}
	return s.Store.Delete(ctx, key)
}

func (s *leaving) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	if err := s.err(); err != nil {
		return 0, err
	}
	return s.counter.Incr(ctx, key, delta)
}

func newLeaving(t *testing.T) (*leaving, cache.Cache) {
	store, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &leaving{Store: store, counter: store}
	c, err := cache.New(s, cache.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s, c
}

// restart takes the server away, and its data; lost is called in between.
func restart(t *testing.T, s *leaving, traffic *load.Traffic, lost func()) {
	t.Helper()
	traffic.Mark()
	s.away.Store(true)
	traffic.Until(t, load.Failed(100)) // what was under way has ended
	lost()
	if err := s.Clear(t.Context(), driver.Namespace{}); err != nil {
		t.Fatal(err)
	}
	s.away.Store(false)
	traffic.Mark()
	traffic.Until(t, load.Recovered(500))
}

func TestWhatAServerLostMayBeMissing(t *testing.T) {
	s, c := newLeaving(t)
	traffic := load.Start(t, c, load.Options{Pace: time.Millisecond})
	traffic.Until(t, load.Recovered(500))
	for range 3 {
		restart(t, s, traffic, traffic.Lost)
	}
	if report := traffic.Stop(); report.Kinds[load.Network] == 0 || report.Examples[load.Network] == "" {
		t.Errorf("%v %v", report.Counts, report.Examples)
	}
}

func TestALossThatWasNotToldIsFoundOut(t *testing.T) {
	s, c := newLeaving(t)
	rec := &recorder{TB: t}
	traffic := load.Start(rec, c, load.Options{Pace: time.Millisecond})
	traffic.Until(t, load.Recovered(500))
	restart(t, s, traffic, func() {})
	traffic.Stop()
	for _, want := range []string{"missed after number", "gone after"} {
		if text := strings.Join(rec.errors, "\n"); !strings.Contains(text, want) {
			t.Errorf("want %q, got %.2000q", want, text)
		}
	}
}
