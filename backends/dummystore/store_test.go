package dummystore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/dummystore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// results calls every operation of s and returns the errors by name. It reports
// results other than errors that are not those of an empty store.
func results(t *testing.T, ctx context.Context, s *dummystore.Store) map[string]error {
	t.Helper()
	k, v := []byte(":1:k"), []byte("1")
	errs := make(map[string]error)
	value, err := s.Get(ctx, k)
	errs["Get"] = err
	errs["Set"] = s.Set(ctx, k, v, time.Minute)
	head, added, err := s.Add(ctx, k, v, time.Minute)
	errs["Add"] = err
	touched, err := s.Touch(ctx, k, time.Minute)
	errs["Touch"] = err
	_, deleted, err := s.Delete(ctx, k)
	errs["Delete"] = err
	errs["Clear"] = s.Clear(ctx, driver.Namespace{})
	n, err := s.Incr(ctx, k, 1)
	errs["Incr"] = err
	peeked, err := s.Peek(ctx, k)
	errs["Peek"] = err
	ttl, err := s.TTL(ctx, k)
	errs["TTL"] = err

	if value != nil || head != nil || touched != nil || peeked != nil || deleted || n != 0 || ttl != 0 {
		t.Errorf("an empty store gave %q, %q, %q, %q, %v, %d, %v", value, head, touched, peeked, deleted, n, ttl)
	}
	if added != (errs["Add"] == nil) {
		t.Errorf("Add = %v, %v; want added unless it failed", added, errs["Add"])
	}
	return errs
}

// The dummy store never stores anything.
// Django, DummyCache
func TestNothingIsEverStored(t *testing.T) {
	s := dummystore.New()
	for range 2 { // what the first round wrote is not there in the second
		for name, err := range results(t, t.Context(), s) {
			var want error
			switch name {
			case "Get", "Touch", "Incr", "Peek", "TTL":
				want = driver.ErrNotFound
			}
			if err != want {
				t.Errorf("%s: error %v, want %v", name, err, want)
			}
		}
	}
}

// Every operation returns the error of a context that has ended.
func TestAnEndedContextEndsEveryOperation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range results(t, ctx, dummystore.New()) {
		if err != context.Canceled {
			t.Errorf("%s: error %v, want that of the context", name, err)
		}
	}
}

// Every operation after Shutdown is ErrClosed.
func TestEveryOperationAfterShutdownIsErrClosed(t *testing.T) {
	s := dummystore.New()
	for range 2 {
		if err := s.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	for name, err := range results(t, t.Context(), s) {
		if err != driver.ErrClosed {
			t.Errorf("%s: error %v, want ErrClosed", name, err)
		}
	}
}

// The backend is registered as "dummy".
func TestTheBackendIsRegisteredAsDummy(t *testing.T) {
	b, ok := driver.DefaultRegistry.Lookup("dummy")
	if !ok {
		t.Fatal("no backend is registered as dummy")
	}
	s, err := b.Open(t.Context(), driver.Config{Alias: "default"})
	if _, isDummy := s.(*dummystore.Store); !isDummy || err != nil {
		t.Errorf("Open = %T, %v; want a store", s, err)
	}
}

// Options and a location are refused, since nothing would come of them.
func TestConfigurationsThatAreRefused(t *testing.T) {
	for want, cfg := range map[string]driver.Config{
		"no location": {Location: "/var/cache"},
		"no options":  {Options: map[string]any{"max_entries": 3}},
	} {
		b := dummystore.Backend()
		if err := b.Validate(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want something with %q", err, want)
		}
		if _, err := b.Open(t.Context(), cfg); err == nil {
			t.Errorf("Open took %+v, which Validate refuses", cfg)
		}
	}
}

// A URL of the dummy backend has no location.
func TestTheURLHasNoLocation(t *testing.T) {
	for _, raw := range []string{"dummy://", "dummy:", "dummy:///"} {
		cfg, err := cache.ParseURL(raw)
		if err == nil {
			err = cfg.Check("default")
		}
		if cfg.Location != "" || err != nil {
			t.Errorf("%s: location %q, %v, want none", raw, cfg.Location, err)
		}
	}
}
