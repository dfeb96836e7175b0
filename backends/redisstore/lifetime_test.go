package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// clients returns how many connections the server has, except for the one that
// asks.
func clients(tb testing.TB, raw *redis.Client) int {
	tb.Helper()
	list, err := raw.ClientList(tb.Context()).Result()
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Count(list, "\n") - 1
}

// Connections are bounded by the pool and closed by Shutdown.
func TestConnectionsAreBoundedByThePoolAndGoneAfterShutdown(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		at := standalone(t, redisstore.Options{PoolSize: 4}).fresh(t)
		at.opts.Pipeline = pipeline
		s := open(t, at.opts)
		var all sync.WaitGroup
		for w := range 32 {
			all.Go(func() {
				for i := range 20 {
					key := fmt.Appendf(nil, "k%d", (w+i)%8)
					if err := s.Set(t.Context(), key, key, driver.Never); err != nil {
						t.Error(err)
					}
					if _, err := s.GetMany(t.Context(), [][]byte{key}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if n := clients(t, at.raw.(*redis.Client)); n < 1 || n > 4 {
			t.Errorf("pipeline %v: the server has %d connections, want 1 to 4", pipeline, n)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		testserver.Await(t, func(context.Context) error {
			if n := clients(t, at.raw.(*redis.Client)); n != 0 {
				return fmt.Errorf("%d connections after Shutdown", n)
			}
			return nil
		})
	}
}

// A Shutdown whose context has ended ends operations in flight.
func TestShutdownThatMayNotWaitEndsWhatIsInFlight(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		s, p := behindProxy(t, redisstore.Options{MaxRetries: -1, StoreOptions: redisstore.StoreOptions{Pipeline: pipeline}})
		came, _ := p.hold(t)
		ended := make(chan error)
		go func() {
			_, err := s.Get(context.Background(), []byte("k"))
			ended <- err
		}()
		<-came
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantErr(t, "Shutdown", s.Shutdown(ctx), context.Canceled)
		wantErr(t, "Get in flight", <-ended, driver.ErrClosed)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Errorf("second Shutdown: %v", err)
		}
		_, err := s.Get(t.Context(), []byte("k"))
		wantErr(t, "Get after Shutdown", err, driver.ErrClosed)
	}
}

// Shutdown waits for operations in flight.
func TestShutdownWaitsForWhatIsInFlight(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		s, p := behindProxy(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{Pipeline: pipeline}})
		came, release := p.hold(t)
		ended, shut := make(chan error, 1), make(chan error, 1)
		go func() { ended <- s.Set(context.Background(), []byte("k"), []byte("v"), driver.Never) }()
		<-came
		go func() { shut <- s.Shutdown(context.Background()) }()
		testserver.Await(t, func(ctx context.Context) error {
			if _, err := s.TTL(cancelled(), []byte("k")); !errors.Is(err, driver.ErrClosed) {
				return fmt.Errorf("an operation after Shutdown began: %w", err)
			}
			return nil
		})
		select {
		case <-shut:
			t.Error("Shutdown has not waited")
		default:
		}
		release()
		if err := errors.Join(<-ended, <-shut); err != nil {
			t.Error(err)
		}
	}
}

// cancelled is a context with which nothing is sent.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// behindProxy opens a store that reaches its server through a proxy.
func behindProxy(t *testing.T, opts redisstore.Options) (*redisstore.Store, *proxy) {
	at := standalone(t, opts).fresh(t)
	p := startProxy(t, at.opts.Addrs[0])
	at.opts.Addrs = []string{p.addr()}
	return open(t, at.opts), p
}

// A deadline ends the wait for a reply.
func TestADeadlineEndsTheWaitForAReply(t *testing.T) {
	for _, pipeline := range []bool{false, true} {
		at := standalone(t, redisstore.Options{}).fresh(t)
		at.opts.Pipeline = pipeline
		s := open(t, at.opts)
		set(t, s, "k", "1")
		pause(t, at, 300*time.Millisecond)
		for name, do := range steps {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			wantErr(t, fmt.Sprintf("pipeline %v: %s of a silent server", pipeline, name), do(ctx, s), context.DeadlineExceeded)
			cancel()
		}
		// The server recovers, and so does the store, without a restart.
		testserver.Await(t, func(ctx context.Context) error {
			_, err := s.Get(ctx, []byte("k"))
			return err
		})
	}
}

// A reply that does not come is waited for no longer than ReadTimeout, if the context has no
// deadline. The error is a time-out of the network, and no error of the contract or the context.
func TestReadTimeoutEndsTheWaitForAReply(t *testing.T) {
	const endless = time.Hour // longer than the test may take
	for _, pipeline := range []bool{false, true} {
		for _, name := range []string{"Get", "Set", "Add"} {
			s, p := behindProxy(t, redisstore.Options{
				DialTimeout: endless, WriteTimeout: endless, ReadTimeout: 500 * time.Millisecond, MaxRetries: -1,
				StoreOptions: redisstore.StoreOptions{Pipeline: pipeline},
			})
			came, release := p.hold(t)
			err := steps[name](context.Background(), s)
			var timeout net.Error
			if len(came) != 1 || !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("pipeline %v: %s, sent %d times to a silent server: %v, want one time-out", pipeline, name, len(came), err)
			}
			for _, other := range []error{driver.ErrNotFound, driver.ErrClosed, context.DeadlineExceeded} {
				if errors.Is(err, other) {
					t.Errorf("pipeline %v: %s of a silent server: %v is %v", pipeline, name, err, other)
				}
			}
			release()
		}
	}
}

// A cancelled call leaves the shared pipeline: it does not wait for the others, and what it has
// left behind is not sent when the server answers again.
func TestACancelledCallLeavesTheSharedPipeline(t *testing.T) {
	s, p := behindProxy(t, redisstore.Options{StoreOptions: redisstore.StoreOptions{Pipeline: true}})
	set(t, s, "k", "old")
	came, release := p.hold(t)
	first := make(chan error)
	go func() {
		_, err := s.Get(context.Background(), []byte("k"))
		first <- err
	}()
	<-came
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() { second <- s.Set(ctx, []byte("k"), []byte("new"), driver.Never) }()
	cancel()
	wantErr(t, "Set", <-second, context.Canceled)
	release()
	if err := <-first; err != nil {
		t.Error(err)
	}
	wantValue(t, s, "k", "old")
}

// pause makes the server answer no command for d.
func pause(tb testing.TB, at place, d time.Duration) {
	tb.Helper()
	if err := at.raw.Do(tb.Context(), "client", "pause", d.Milliseconds(), "all").Err(); err != nil {
		tb.Fatal(err)
	}
}
