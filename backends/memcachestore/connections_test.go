package memcachestore_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// stat returns a number that the server reports of itself.
func stat(tb testing.TB, addr, name string) int {
	tb.Helper()
	for line := range strings.Lines(command(tb, addr, "END", "stats")) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[1] == name {
			n, err := strconv.Atoi(fields[2])
			if err != nil {
				tb.Fatal(err)
			}
			return n
		}
	}
	tb.Fatalf("the server does not report %s", name)
	return 0
}

// useConnections runs many operations at once in n rounds of goroutines.
func useConnections(tb testing.TB, s driver.Store, goroutines int) {
	tb.Helper()
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for j := range 100 {
				key := fmt.Appendf(nil, "shop:1:%d", (i+j)%10)
				if err := s.Set(tb.Context(), key, key, driver.Never); err != nil {
					tb.Error(err)
				}
				if got, err := s.Get(tb.Context(), key); err != nil || string(got) != string(key) {
					tb.Errorf("Get(%s) = %q, %v", key, got, err)
				}
			}
		})
	}
	wg.Wait()
}

// Connections to each server are bounded, kept for reuse, and closed by Shutdown. The server counts
// its listener and the connection that asks too.
func TestConnectionsAreBoundedKeptAndClosed(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	const most = 4
	before := stat(t, addr, "total_connections")
	idle := stat(t, addr, "curr_connections")
	s := open(t, memcachestore.Options{Addrs: []string{addr}, MaxConns: most})
	useConnections(t, s.In(shop), 32)
	if dialled := stat(t, addr, "total_connections") - before - 2; dialled > most {
		t.Errorf("%d connections were dialled for 6400 operations, want %d at most", dialled, most)
	}
	// The server may not yet have noticed that the connection which asked last
	// is closed.
	testserver.Await(t, func(context.Context) error {
		if n := stat(t, addr, "curr_connections") - idle; n < 1 || n > most {
			return fmt.Errorf("%d connections are open, want 1 to %d", n, most)
		}
		return nil
	})
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	testserver.Await(t, func(context.Context) error {
		if n := stat(t, addr, "curr_connections") - idle; n > 0 {
			return fmt.Errorf("%d connections are open after Shutdown", n)
		}
		return nil
	})
}

// An option keeps fewer idle connections.
func TestFewerIdleConnectionsMayBeKept(t *testing.T) {
	addr := testserver.StartMemcached(t).Addr()
	idle := stat(t, addr, "curr_connections")
	s := open(t, memcachestore.Options{Addrs: []string{addr}, MaxConns: 8, MaxIdle: 1})
	useConnections(t, s, 8)
	testserver.Await(t, func(context.Context) error {
		if n := stat(t, addr, "curr_connections") - idle; n > 1 {
			return fmt.Errorf("%d connections are open", n)
		}
		return nil
	})
}

// The wait for a connection ends with its context.
func TestTheWaitForAConnectionEndsWithItsContext(t *testing.T) {
	addr, requests := unresponsiveServer(t)
	s := open(t, memcachestore.Options{Addrs: []string{addr}, MaxConns: 1, IOTimeout: 300 * time.Millisecond})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := s.Get(t.Context(), []byte("plain"))
		wantServerError(t, err, addr, 300*time.Millisecond)
	})
	<-requests
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Get(ctx, []byte("plain")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get: %v", err)
	}
	wg.Wait()
	if len(requests) > 0 {
		t.Errorf("the request whose context ended was sent: %q", <-requests)
	}
}

// Shutdown waits for calls in flight.
func TestShutdownWaitsForCallsInFlight(t *testing.T) {
	addr, requests := unresponsiveServer(t)
	s := open(t, memcachestore.Options{Addrs: []string{addr}, IOTimeout: 300 * time.Millisecond})
	ended := make(chan error, 1)
	go func() {
		_, err := s.Get(t.Context(), []byte("plain"))
		ended <- err
	}()
	<-requests
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown with an ended context: %v", err)
	}
	for name, err := range everyOperation(t, s, "k") {
		if !errors.Is(err, driver.ErrClosed) {
			t.Errorf("%s while the store shuts down: %v", name, err)
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantServerError(t, <-ended, addr, 300*time.Millisecond)
	if err := s.Ping(t.Context()); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("Ping: %v", err)
	}
}

// An operation returns within the time-out of the server after its context has ended: what was sent
// is waited for, so that it is not carried out later.
func TestAnEndedContextIsNoticedWithinTheTimeout(t *testing.T) {
	addr, requests := unresponsiveServer(t)
	s := open(t, memcachestore.Options{Addrs: []string{addr}, IOTimeout: 200 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-requests
		cancel()
	}()
	err := s.Set(ctx, []byte("plain"), []byte("v"), driver.Never)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Set: %v, want context.Canceled", err)
	}
	wantServerError(t, err, addr, 200*time.Millisecond)
}

// A server that does not answer costs SetMany one time-out.
func TestAnUnresponsiveServerCostsOneTimeoutOfSetMany(t *testing.T) {
	addr, requests := unresponsiveServer(t)
	s := open(t, memcachestore.Options{Addrs: []string{addr}, IOTimeout: 50 * time.Millisecond})
	items := make([]driver.Item, 100)
	for i := range items {
		items[i].Key = fmt.Append(nil, i)
	}
	errs, err := s.SetMany(t.Context(), items, driver.Never)
	if err != nil || len(errs) != len(items) {
		t.Fatalf("SetMany: %d errors, %v", len(errs), err)
	}
	for _, err := range errs {
		wantServerError(t, err, addr, 50*time.Millisecond)
	}
	if got := <-requests; !strings.HasPrefix(got, "set 0 ") {
		t.Errorf("the request is %q", got)
	}
	<-requests // the value
	if len(requests) > 0 {
		t.Errorf("another request: %q", <-requests)
	}
}
