package faults_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

// knocksPerFailure is how many connections a failed operation may try: pgx asks
// the server, on a connection of its own and a moment later, to cancel what the
// broken one was doing.
const knocksPerFailure = 2

// askMany has many goroutines use a cache at once, and returns how many of
// their operations were refused by the breaker and how many were not.
func askMany(t *testing.T, c cache.Cache) (refused, tried int64) {
	t.Helper()
	var refusals, attempts atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 200 {
				switch _, _, err := c.GetBytes(t.Context(), "k"); {
				case errors.Is(err, cache.ErrUnavailable):
					refusals.Add(1)
				case err != nil:
					attempts.Add(1)
				default:
					t.Error("a dead server has answered")
				}
			}
		})
	}
	wg.Wait()
	return refusals.Load(), attempts.Load()
}

// awaitOpenBreaker asks until the breaker refuses.
func awaitOpenBreaker(t *testing.T, c cache.Cache) {
	t.Helper()
	testserver.Await(t, func(ctx context.Context) error {
		_, _, err := c.GetBytes(ctx, "k")
		if errors.Is(err, cache.ErrUnavailable) {
			return nil
		}
		return errors.Join(errors.New("the breaker is closed"), err)
	})
}

func TestWhileTheBreakerIsOpenADeadServerIsLeftAlone(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		c := newHandler(t, b.url+"&breaker_failures=5&breaker_cooldown=1h").Proxy(cache.DefaultAlias)
		if err := c.Set(t.Context(), "k", "v"); err != nil {
			t.Fatal(err)
		}
		b.server.Kill()
		before := b.door.knocks.Load()
		awaitOpenBreaker(t, c)
		refused, tried := askMany(t, c)
		if n := b.door.knocks.Load() - before; n > 5*knocksPerFailure || tried > 0 {
			t.Errorf("%d connections were tried for 5 failures, after which %d operations were refused and %d were not", n, refused, tried)
		}
	})
}

// When the cooldown is over, one operation at a time finds out.
func TestTheBreakerNoticesTheReturnOfTheServer(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		c := newHandler(t, b.url+"&breaker_failures=5&breaker_cooldown=10ms").Proxy(cache.DefaultAlias)
		if err := c.Set(t.Context(), "k", "v"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			b.server.Kill()
			awaitOpenBreaker(t, c)
			before := b.door.knocks.Load()
			refused, tried := askMany(t, c)
			if n := b.door.knocks.Load() - before; n > (tried+5)*knocksPerFailure || refused < 10*tried {
				t.Errorf("%d connections for %d operations reached the dead server, and %d were refused", n, tried, refused)
			}
			b.restart(t)
			testserver.Await(t, func(ctx context.Context) error { return c.Set(ctx, "k", "again") })
			var got string
			if found, err := c.Get(t.Context(), "k", &got); !found || got != "again" || err != nil {
				t.Errorf("after the server's return: %q, %t, %v", got, found, err)
			}
		}
	})
}

// A program may start before its cache does.
func TestAServerThatIsNotThereAtFirstIsLeftAloneAndFound(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		b.server.Kill()
		// So long that it does not end on a busy machine before the next operation is refused.
		const cooldown = "&breaker_cooldown=500ms"
		c := newHandler(t, b.url+"&breaker_failures=5"+cooldown).Proxy(cache.DefaultAlias)
		awaitOpenBreaker(t, c)
		if n := b.door.knocks.Load(); n > 5*knocksPerFailure {
			t.Errorf("%d connections were tried before the breaker opened, for 5 failures", n)
		}
		b.restart(t)
		testserver.Await(t, func(ctx context.Context) error { return c.Set(ctx, "k", "v") })
	})
}

func TestUnderLoadTheBreakerComesAndGoesWithTheOutage(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		s := underLoad(t, b.url+"&breaker_failures=5&breaker_cooldown=50ms", load.Options{Kind: anyErrors})
		for range 2 {
			b.server.Kill()
			s.await(load.FailedBy(load.Unavailable, enough))
			s.Lost()
			b.restart(t)
			s.wantRecovery()
		}
		s.wantNothingLeft()
	})
}

// anyErrors has the errors of every backend.
func anyErrors(err error) string {
	if kind := load.RedisErrors(err); kind != "" {
		return kind
	}
	if kind := load.MemcachedErrors(err); kind != "" {
		return kind
	}
	return load.PostgresErrors(err)
}
