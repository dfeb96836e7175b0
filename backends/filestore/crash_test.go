package filestore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

// A write that is interrupted before its rename leaves no tally that is too low.
func TestInterruptedWriteLeavesNoTallyTooLow(t *testing.T) {
	for name, value := range map[string]string{
		"smaller": "v",
		"larger":  strings.Repeat("v", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.TempDir(), Options{MaxEntries: 10})
			if err != nil {
				t.Fatal(err)
			}
			key := []byte("k")
			if err := s.Set(t.Context(), key, []byte(strings.Repeat("v", 1000)), driver.Never); err != nil {
				t.Fatal(err)
			}
			sh := s.layout.Load().shards[0]
			err = sh.locked(t.Context(), func() error {
				path := onlyEntryIn(t, sh)
				old, err := sh.examine(path, headOnly)
				if err != nil {
					return err
				}
				recorded, err := sh.usage()
				if err != nil {
					return err
				}
				missing := filepath.Join(sh.dir, tempPrefix+"missing")
				if sh.install(missing, path, old, newEntry(key, []byte(value), never, 0), recorded, nil) == nil {
					t.Error("installed a file that does not exist")
				}
				return sh.audit()
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func onlyEntryIn(t *testing.T, sh *shard) string {
	t.Helper()
	files, err := os.ReadDir(sh.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if isEntryName(file.Name()) {
			return filepath.Join(sh.dir, file.Name())
		}
	}
	t.Fatal("no entry")
	return ""
}

// A lock on a lock file that was removed is taken again on the current one.
func TestLockOnARemovedFileIsNotCurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	l := newLock(path)
	if err := l.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	check := func(what string, want bool) {
		t.Helper()
		if got, err := l.current(); got != want || err != nil {
			t.Errorf("%s: current = %t, %v, want %t", what, got, err, want)
		}
	}
	check("just locked", true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	check("removed", false)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	check("made again by another process", false)
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
}
