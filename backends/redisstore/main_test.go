package redisstore_test

import (
	"context"
	"errors"
	"flag"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache/driver"
)

// TestMain bounds the number of random sequences, unless the command line says
// how many: there are models on seven kinds of server.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		_ = flag.Set("rapid.checks", "8")
	}
	goleak.VerifyTestMain(m)
}

// open opens a store that is shut down when the test ends.
func open(tb testing.TB, opts redisstore.Options) *redisstore.Store {
	tb.Helper()
	s, err := redisstore.Open(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	shutdownAtEnd(tb, s)
	return s
}

func shutdownAtEnd(tb testing.TB, s *redisstore.Store) {
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
	})
}

func set(tb testing.TB, s *redisstore.Store, key, value string) {
	tb.Helper()
	if err := s.Set(tb.Context(), []byte(key), []byte(value), driver.Never); err != nil {
		tb.Fatalf("Set(%q): %v", key, err)
	}
}

func wantValue(tb testing.TB, s *redisstore.Store, key, want string) {
	tb.Helper()
	got, err := s.Get(tb.Context(), []byte(key))
	if err != nil || string(got) != want {
		tb.Fatalf("Get(%q) = %.40q, %v, want %.40q", key, got, err, want)
	}
}

func wantMissing(tb testing.TB, s *redisstore.Store, key string) {
	tb.Helper()
	if got, err := s.Get(tb.Context(), []byte(key)); !errors.Is(err, driver.ErrNotFound) {
		tb.Fatalf("Get(%q) = %.40q, %v, want ErrNotFound", key, got, err)
	}
}

func wantErr(tb testing.TB, what string, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Fatalf("%s: error %v, want %v", what, err, want)
	}
}
