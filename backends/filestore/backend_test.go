package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// The backend is registered as "file".
func TestBackendIsRegisteredAsFile(t *testing.T) {
	backend, ok := driver.DefaultRegistry.Lookup("file")
	if !ok {
		t.Fatal("no backend is registered as file")
	}
	clock := newManualClock()
	dir := filepath.Join(t.TempDir(), "cache")
	cfg := driver.Config{Alias: "default", Location: dir, Options: map[string]any{
		"max_entries": "5", "max_bytes": "1MiB", "clock": driver.Clock(clock),
	}}
	if err := backend.Validate(cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("Validate made the directory")
	}
	s, err := backend.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		if err := s.Set(t.Context(), []byte(key), []byte("v"), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(entryFiles(t, dir)); n > 5 {
		t.Errorf("%d entries, want 5: max_entries was ignored", n)
	}
	clock.Advance(time.Second)
	_, err = s.Get(t.Context(), []byte("f"))
	wantErr(t, "Get after the clock moved", err, driver.ErrNotFound)
	wantErr(t, "Set", s.Set(t.Context(), []byte("k"), make([]byte, 2<<20), driver.Never), driver.ErrTooLarge)
}

// Settings that the backend cannot honour are an error.
func TestBackendRefusesWhatItCannotHonour(t *testing.T) {
	for want, cfg := range map[string]driver.Config{
		"location":         {},
		"max_entrys":       {Location: "d", Options: map[string]any{"max_entrys": 5}},
		"at least 1":       {Location: "d", Options: map[string]any{"max_entries": 0}},
		"bytes":            {Location: "d", Options: map[string]any{"max_bytes": "plenty"}},
		"a driver.Clock":   {Location: "d", Options: map[string]any{"clock": time.Now}},
		"/var/cache/shop":  {Options: map[string]any{"max_entries": 5}},
		`option "unknown"`: {Options: map[string]any{"unknown": 5}},
	} {
		err := filestore.Backend().Validate(cfg)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate(%+v): error %v, want one with %q", cfg, err, want)
		}
		if s, openErr := filestore.Backend().Open(t.Context(), cfg); openErr == nil || s != nil {
			t.Errorf("Open(%+v) = %v, %v, want the same error", cfg, s, openErr)
		}
	}
}

// A relative location in settings has to look like a path.
func TestARelativeLocationLooksLikeOne(t *testing.T) {
	for _, location := range []string{"cache", "var/cache/shop", "...", "~/cache"} {
		err := filestore.Backend().Validate(driver.Config{Location: location})
		if err == nil || !strings.Contains(err.Error(), `begin it with "./"`) {
			t.Errorf("%s: %v", location, err)
		}
	}
	for _, location := range []string{"./cache", "../cache", ".", t.TempDir()} {
		if err := filestore.Backend().Validate(driver.Config{Location: location}); err != nil {
			t.Errorf("%s: %v", location, err)
		}
	}
}

// The location of a URL is its path.
func TestTheLocationOfAURLIsItsPath(t *testing.T) {
	for raw, want := range map[string]string{
		"file:///var/cache/app":               "/var/cache/app",
		"file:/var/cache/app":                 "/var/cache/app",
		"file://./relative/dir":               "./relative/dir",
		"file:///var/my%20cache/100%25%3F%23": "/var/my cache/100%?#",
		"file:///var/x?timeout=5m":            "/var/x",
	} {
		if cfg, err := cache.ParseURL(raw); cfg.Location != want || err != nil {
			t.Errorf("%s: location %q, %v, want %q", raw, cfg.Location, err, want)
		}
	}
	for raw, want := range map[string]string{
		"file://var/cache":       "file URL: there must be no host: an absolute path begins with a third slash, as in file:///var/cache/app, and a relative one with a dot, as in file://./cache",
		"file://user@/var/cache": "file URL: there must be no user: there is no server to sign in to",
	} {
		if _, err := cache.ParseURL(raw); !errors.Is(err, cache.ErrInvalidSettings) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", raw, err, want)
		}
	}
}
