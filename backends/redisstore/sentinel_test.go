package redisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/internal/testserver"
)

// endless is a time-out that no test waits for.
const endless = time.Hour

// inTime returns what do returns, or fails the test if it does not return at all.
func inTime(t *testing.T, what string, do func() error) error {
	t.Helper()
	returned := make(chan error, 1)
	go func() { returned <- do() }()
	select {
	case err := <-returned:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not return", what)
		return nil
	}
}

// Open returns at the end of its context even if a Sentinel does not answer. The client waits for
// it, whatever the context; TestMain sees that nothing is left.
func TestOpenLeavesAnUnresponsiveSentinelAtTheEndOfItsContext(t *testing.T) {
	for _, opts := range []redisstore.Options{
		{MasterName: "larder"},
		{MasterName: "larder", StoreOptions: redisstore.StoreOptions{Pipeline: true}},
	} {
		opts.Addrs = []string{startFake(t, ""), startFake(t, "")}
		opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout = endless, endless, endless
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := inTime(t, "Open", func() error {
			_, err := redisstore.Open(ctx, opts)
			return err
		})
		wantErr(t, "Open", err, context.DeadlineExceeded)
	}
}

// Shutdown does not wait for a Sentinel that stops responding while the store is open and needs it.
func TestShutdownLeavesAnUnresponsiveSentinel(t *testing.T) {
	primary := testserver.StartRedis(t)
	sentinels := testserver.StartRedisSentinels(t, 1, "larder", primary.Addr())
	p := startProxy(t, sentinels[0].Addr())
	s, err := redisstore.Open(t.Context(), redisstore.Options{
		Addrs: []string{p.addr()}, MasterName: "larder", DialTimeout: endless, ReadTimeout: endless, MaxRetries: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	set(t, s, "k", "v")
	came, release := p.hold(t)
	defer release()
	primary.Kill()
	for asked := false; !asked; {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := s.Get(ctx, []byte("k"))
		cancel()
		if err == nil {
			t.Fatal("a primary that is dead answers")
		}
		select {
		case <-came:
			asked = true
		default:
		}
	}
	if err := inTime(t, "Shutdown", func() error { return s.Shutdown(t.Context()) }); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// Shutdown closes what the store owns once: a Shutdown whose context has ended returns at once, and
// the next one waits.
func TestShutdownClosesWhatItOwnsOnce(t *testing.T) {
	s, _ := behindProxy(t, redisstore.Options{})
	set(t, s, "k", "v")
	if err := s.Shutdown(cancelled()); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown with a context that has ended: %v", err)
	}
	for range 2 {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
}
