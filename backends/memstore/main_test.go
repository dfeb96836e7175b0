package memstore_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/backends/memstore"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// fakeClock is a clock that a test moves. Its zero value is ready.
type fakeClock struct{ elapsed atomic.Int64 }

func (c *fakeClock) Now() time.Time {
	return time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC).Add(time.Duration(c.elapsed.Load()))
}

func (c *fakeClock) Advance(d time.Duration) { c.elapsed.Add(int64(d)) }

// open returns a store that is shut down when the test ends.
func open(t testing.TB, opts memstore.Options) *memstore.Store {
	t.Helper()
	s, err := memstore.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func mustSet(t testing.TB, s *memstore.Store, key, value string, ttl time.Duration) {
	t.Helper()
	if err := s.Set(t.Context(), []byte(key), []byte(value), ttl); err != nil {
		t.Fatalf("Set(%q): %v", key, err)
	}
}

func wantValue(t testing.TB, s *memstore.Store, key, want string) {
	t.Helper()
	got, err := s.Get(t.Context(), []byte(key))
	if err != nil || string(got) != want {
		t.Fatalf("Get(%q) = %q, %v; want %q", key, got, err, want)
	}
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: error %v, want %v", what, got, want)
	}
}

func wantMissing(t testing.TB, s *memstore.Store, key string) {
	t.Helper()
	_, err := s.Get(t.Context(), []byte(key))
	wantErr(t, "Get of a missing key", err, errNotFound)
}
