package faults_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// clock stands still until it is moved.
type clock struct{ nanos atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Unix(0, c.nanos.Load()) }
func (c *clock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

// lines is a log of which only the messages are kept.
type lines struct {
	slog.Handler
	mu       sync.Mutex
	messages []string
}

func newLines() *lines { return &lines{Handler: slog.DiscardHandler} }

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages = append(l.messages, r.Message)
	return nil
}

func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.messages
	l.messages = nil
	return taken
}

// countErrors counts the errors that the caches of a handler publish.
func countErrors(h *cache.Handler) *atomic.Int64 {
	n := new(atomic.Int64)
	h.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventError {
			n.Add(1)
		}
		return nil
	})
	return n
}

func TestWithMissOnErrorAnOutageLooksEmptyAndIsTold(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		log, now := newLines(), new(clock)
		now.advance(time.Hour)
		h := newHandler(t, b.url+"&on_error=miss", cache.WithLogger(slog.New(log)), cache.WithClock(now))
		failures := countErrors(h)
		c := h.Proxy(cache.DefaultAlias)
		if err := c.Set(t.Context(), "k", "v"); err != nil {
			t.Fatal(err)
		}
		b.server.Kill()
		for range 2 {
			for range 50 {
				useInOutage(t, c, failures)
			}
			if got := log.take(); len(got) != 1 {
				t.Errorf("the log has %d lines for an outage of less than ten seconds: %q", len(got), got)
			}
			now.advance(10 * time.Second)
		}
		b.restart(t)
		testserver.Await(t, func(ctx context.Context) error {
			if added, err := c.Add(ctx, "after", "v"); !added || err != nil {
				return errors.Join(errors.New("not added"), err)
			}
			return nil
		})
		failures.Store(0)
		var got string
		if found, err := c.Get(t.Context(), "after", &got); !found || got != "v" || err != nil || failures.Load() > 0 {
			t.Errorf("after the outage: %q, %t, %v", got, found, err)
		}
	})
}

// useInOutage checks that every operation finds nothing, does nothing, and
// publishes that it failed.
func useInOutage(t *testing.T, c cache.Cache, failures *atomic.Int64) {
	t.Helper()
	ctx := t.Context()
	for name, op := range map[string]func() (found bool, err error){
		"Get":     func() (bool, error) { return c.Get(ctx, "k", new(string)) },
		"Has":     func() (bool, error) { return c.Has(ctx, "k") },
		"GetMany": func() (bool, error) { got, err := c.GetMany(ctx, []string{"k", "l"}); return len(got) > 0, err },
		"Set":     func() (bool, error) { return false, c.Set(ctx, "k", "other") },
		"Add":     func() (bool, error) { return c.Add(ctx, "l", "v") },
		"Touch":   func() (bool, error) { return c.Touch(ctx, "k") },
		"Delete":  func() (bool, error) { return c.Delete(ctx, "k") },
		"Clear": func() (bool, error) {
			if c.Clear(ctx) == nil {
				return true, nil // it may have left everything, so its caller is told
			}
			return false, nil
		},
		"Incr": func() (bool, error) {
			if _, err := c.Incr(ctx, "k", 1); !errors.Is(err, cache.ErrNotFound) {
				return true, err
			}
			return false, nil
		},
	} {
		before := failures.Load()
		if found, err := op(); found || err != nil {
			t.Errorf("%s: %t, %v; want nothing and no error", name, found, err)
		}
		if failures.Load() == before {
			t.Errorf("%s: the failure was not published", name)
		}
	}
}

func TestUnderLoadWithMissOnErrorNobodySeesTheOutage(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		s := underLoad(t, b.url+"&on_error=miss&breaker_failures=5&breaker_cooldown=50ms", load.Options{Drops: true})
		failures := countErrors(s.handler)
		b.server.Kill()
		s.await(load.Done(enough))
		if failures.Load() < enough/2 {
			t.Errorf("%d failures were published", failures.Load())
		}
		b.restart(t)
		s.await(func(c load.Counts) bool { return c.Hits >= enough })
		if report := s.wantNothingLeft(); report.Errors > 0 {
			t.Errorf("%v", report.Counts)
		}
	})
}

// A mistake of the caller's is the caller's own, whatever the state of the server, of
// the policy and of the breaker.
func TestAnOutageHidesNoMistakeOfTheCaller(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		var caches []cache.Cache
		for _, policy := range []string{"return", "miss"} {
			c := newHandler(t, b.url+"&breaker_failures=3&breaker_cooldown=1h&on_error="+policy).Proxy(cache.DefaultAlias)
			if err := c.Set(t.Context(), "k", "v"); err != nil {
				t.Fatal(err)
			}
			caches = append(caches, c)
		}
		b.server.Kill()
		for _, c := range caches {
			for range 5 { // the server fails, then the breaker is open
				_, _ = c.Has(t.Context(), "k")
				wantMistakes(t, c)
			}
		}
	})
}

func wantMistakes(t *testing.T, c cache.Cache) {
	t.Helper()
	ctx := t.Context()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, version := c.Get(ctx, "k", new(string), cache.Version(-1))
	_, gone := c.Get(ended, "k", new(string))
	_, many := c.SetMany(ctx, map[string]any{"k": "v", "l": make(chan int)})
	for _, tc := range []struct {
		name      string
		err, want error
	}{
		{"a value that cannot be encoded", c.Set(ctx, "k", func() {}), cache.ErrUnencodable},
		{"one of many that cannot", many, cache.ErrUnencodable},
		{"a negative version", version, cache.ErrInvalidVersion},
		{"a context that has ended", gone, context.Canceled},
	} {
		if !errors.Is(tc.err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, tc.err, tc.want)
		}
	}
}

func TestAnOutageHidesNoInvalidKey(t *testing.T) {
	load.Leaks(t)
	server := testserver.StartMemcached(t)
	server.Kill()
	for _, policy := range []string{"return", "miss"} {
		c := newHandler(t, "memcached://"+server.Addr()+"?breaker_failures=3&breaker_cooldown=1h&on_error="+policy).Proxy(cache.DefaultAlias)
		for range 5 {
			_, _ = c.Has(t.Context(), "k")
			if err := c.Set(t.Context(), "a key with blanks", 1); !errors.Is(err, cache.ErrInvalidKey) {
				t.Errorf("%s: %v, want ErrInvalidKey", policy, err)
			}
			if _, err := c.GetMany(t.Context(), []string{"k", "a key with blanks"}); !errors.Is(err, cache.ErrInvalidKey) {
				t.Errorf("%s, many: %v, want ErrInvalidKey", policy, err)
			}
		}
	}
}
