//go:build unix

package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

func init() { roles["fulldisk"] = role{filestore.Options{MaxEntries: 3}, writeOnFullDisk} }

// A full disk is an error of the write and loses nothing that was stored. The limit on the length
// of a file stands in for a full disk: a write is cut short and then fails, for every user.
func TestFullDiskLosesNothingStored(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 3})
	for _, key := range []string{"a", "b", "c"} {
		set(t, s, key, "old")
	}
	if report := spawnAll(t, 1, "fulldisk", dir)[0].finish(t); report != "tried\n" {
		t.Fatalf("the child reports %q", report)
	}
	for _, key := range []string{"a", "b", "c"} {
		wantValue(t, s, key, "old")
	}
	wantMissing(t, s, "new")
	if temps := tempFiles(t, dir); len(temps) > 0 {
		t.Errorf("left behind: %v", temps)
	}
	if err := s.Audit(t.Context()); err != nil {
		t.Error(err)
	}
}

// writeOnFullDisk tries to overwrite an entry and, where it would have to
// cull, to add one.
func writeOnFullDisk(ctx context.Context, s *filestore.Store) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 16 << 10, Max: 16 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	big := []byte(strings.Repeat("v", 64<<10))
	if err := s.Set(ctx, []byte("a"), big, driver.Never); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Set: error %w, want EFBIG", err)
	}
	if _, added, err := s.Add(ctx, []byte("new"), big, driver.Never); added || !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Add = %t, %w, want EFBIG", added, err)
	}
	fmt.Println("tried")
	return nil
}
