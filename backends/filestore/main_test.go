package filestore_test

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// TestMain runs a test binary that was started by one of the tests as the
// other process that the test needs.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(runChild(role))
	}
	os.Exit(m.Run())
}

func open(t testing.TB, dir string, opts filestore.Options) *filestore.Store {
	t.Helper()
	s, err := filestore.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return s
}

func set(t testing.TB, s *filestore.Store, key, value string) {
	t.Helper()
	if err := s.Set(t.Context(), []byte(key), []byte(value), driver.Never); err != nil {
		t.Fatalf("Set(%q): %v", key, err)
	}
}

func wantValue(t testing.TB, s *filestore.Store, key, want string) {
	t.Helper()
	got, err := s.Get(t.Context(), []byte(key))
	if err != nil || string(got) != want {
		t.Fatalf("Get(%q) = %.40q, %v, want %.40q", key, got, err, want)
	}
}

func wantMissing(t testing.TB, s *filestore.Store, key string) {
	t.Helper()
	if got, err := s.Get(t.Context(), []byte(key)); !errors.Is(err, driver.ErrNotFound) {
		t.Fatalf("Get(%q) = %.40q, %v, want ErrNotFound", key, got, err)
	}
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: error %v, want %v", what, err, want)
	}
}

// entryFiles returns the paths of all entries under dir.
func entryFiles(t testing.TB, dir string) (paths []string) {
	t.Helper()
	for _, path := range allFiles(t, dir) {
		if name := filepath.Base(path); len(name) == 64 && isHex(name) {
			paths = append(paths, path)
		}
	}
	return paths
}

func isHex(name string) bool {
	_, err := hex.DecodeString(name)
	return err == nil
}

func tempFiles(t testing.TB, dir string) (paths []string) {
	t.Helper()
	for _, path := range allFiles(t, dir) {
		if strings.HasPrefix(filepath.Base(path), "temp-") {
			paths = append(paths, path)
		}
	}
	return paths
}

func allFiles(t testing.TB, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// onlyEntry returns the path of the one entry under dir.
func onlyEntry(t testing.TB, dir string) string {
	t.Helper()
	paths := entryFiles(t, dir)
	if len(paths) != 1 {
		t.Fatalf("%d entries in the directory, want 1", len(paths))
	}
	return paths[0]
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// manualClock is a clock that a test moves.
type manualClock struct {
	mu  sync.Mutex
	now time.Time
}

func newManualClock() *manualClock {
	return &manualClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// gateClock is a clock whose Now waits, so that a test can stop an operation
// while it holds the lock of its shard.
type gateClock struct {
	entered chan struct{} // one receive for each call of Now
	proceed chan struct{} // closed to let all calls return
}

func newGateClock() *gateClock {
	return &gateClock{entered: make(chan struct{}, 100), proceed: make(chan struct{})}
}

func (c *gateClock) Now() time.Time {
	c.entered <- struct{}{}
	<-c.proceed
	return time.Now()
}
