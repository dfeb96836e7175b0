package filestore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// Files have mode 0600 and every directory that the store creates 0700, whatever the umask.
// Django, FileBasedCache
func TestModesOfFilesAndDirectories(t *testing.T) {
	root := t.TempDir()
	s := open(t, filepath.Join(root, "a", "b"), filestore.Options{})
	for i := range 50 {
		set(t, s, fmt.Sprint(i), "v")
	}
	checkModes(t, root)
	if err := os.RemoveAll(filepath.Join(root, "a")); err != nil {
		t.Fatal(err)
	}
	set(t, s, "k", "v")
	checkModes(t, root)
}

func checkModes(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A relative directory is that of the time of opening.
func TestRelativeDirectoryIsThatOfTheTimeOfOpening(t *testing.T) {
	t.Chdir(t.TempDir())
	s := open(t, "cache", filestore.Options{})
	set(t, s, "k", "v")
	t.Chdir(t.TempDir())
	wantValue(t, s, "k", "v")
}

// A directory that has vanished is created again, and a missing file is a miss.
func TestVanishedDirectory(t *testing.T) {
	key := []byte(":1:k")
	ctx := t.Context
	for name, use := range map[string]func(s *filestore.Store) error{
		"Set": func(s *filestore.Store) error { return s.Set(ctx(), key, []byte("v"), driver.Never) },
		"Add": func(s *filestore.Store) error {
			_, added, err := s.Add(ctx(), key, []byte("v"), driver.Never)
			if !added {
				t.Error("Add added nothing")
			}
			return err
		},
		"Get":   func(s *filestore.Store) error { _, err := s.Get(ctx(), key); return wantMiss(err) },
		"Touch": func(s *filestore.Store) error { _, err := s.Touch(ctx(), key, driver.Never); return wantMiss(err) },
		"Incr":  func(s *filestore.Store) error { _, err := s.Incr(ctx(), key, 1); return wantMiss(err) },
		"Delete": func(s *filestore.Store) error {
			_, deleted, err := s.Delete(ctx(), key)
			if deleted {
				t.Error("Delete deleted something")
			}
			return err
		},
		"Clear": func(s *filestore.Store) error { return s.Clear(ctx(), driver.Namespace{}) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			s := open(t, dir, filestore.Options{})
			set(t, s, string(key), "old")
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := use(s); err != nil {
				t.Fatal(err)
			}
			set(t, s, "k2", "v2")
			wantValue(t, s, "k2", "v2")
		})
	}
}

func wantMiss(err error) error {
	if errors.Is(err, driver.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("error %w, want ErrNotFound", err)
}

// A directory that vanishes during writes may lose entries, and no write fails.
func TestDirectoryThatVanishesDuringWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	s := open(t, dir, filestore.Options{MaxEntries: 100})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 50 {
				key := fmt.Sprintf("%d-%d", worker, i)
				if err := s.Set(t.Context(), []byte(key), []byte(key), driver.Never); err != nil {
					t.Errorf("Set: %v", err)
				}
				v, err := s.Get(t.Context(), []byte(key))
				if err != nil && !errors.Is(err, driver.ErrNotFound) || err == nil && string(v) != key {
					t.Errorf("Get = %q, %v", v, err)
				}
			}
		})
	}
	for range 20 {
		// It fails where a writer is quicker, which is as good.
		_ = os.RemoveAll(dir)
	}
	wg.Wait()
	set(t, s, "k", "v")
	wantValue(t, s, "k", "v")
}

// A directory is laid out again for other bounds, and its entries go.
func TestDirectoryLaidOutAgainForOtherBounds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	large := open(t, dir, filestore.Options{})
	set(t, large, ":1:a", "old")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	small := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, small, ":1:a", "new")
	set(t, large, ":1:b", "v")
	wantValue(t, large, ":1:a", "new")
	wantValue(t, small, ":1:b", "v")

	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir, filestore.Options{})
	set(t, again, ":1:c", "v")
	if err := large.Clear(t.Context(), driver.Namespace{}); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, again, ":1:c")
}

// Bounds that are too small for the layout are refused.
func TestBoundsTooSmallForTheLayoutAreRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, filestore.Options{}) // 32 shards
	for _, opts := range []filestore.Options{{MaxEntries: 511}, {MaxBytes: 32<<20 - 1}} {
		if _, err := filestore.Open(dir, opts); err == nil || !strings.Contains(err.Error(), "32 shards") {
			t.Errorf("Open with %+v: error %v, want one that tells the shards", opts, err)
		}
	}
	open(t, dir, filestore.Options{MaxEntries: 512, MaxBytes: 32 << 20})
	open(t, dir, filestore.Options{MaxEntries: 1_000_000})
}

// Open refuses a location that is no directory of a store.
func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, []byte("x"))
	newer := t.TempDir()
	writeFile(t, filepath.Join(newer, "larder-layout"), []byte("larder filestore layout 2\nfuture 1\n"))
	for name, try := range map[string]func() error{
		"no directory": func() error { _, err := filestore.Open("", filestore.Options{}); return err },
		"a file":       func() error { _, err := filestore.Open(file, filestore.Options{}); return err },
		"a newer one":  func() error { _, err := filestore.Open(newer, filestore.Options{}); return err },
		"negative":     func() error { _, err := filestore.Open(t.TempDir(), filestore.Options{MaxEntries: -1}); return err },
	} {
		if err := try(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A failure of the file system other than a missing file is an error.
func TestFailuresOfTheFileSystemAreErrors(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "k", "v")
	path := onlyEntry(t, dir)

	// A directory where the entry should be.
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"Get": get(t, s, []byte("k")), "Set": overwrite(t, s, []byte("k"))} {
		if err == nil || errors.Is(err, driver.ErrNotFound) || errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("%s where a directory is in the way: error %v, want that of the file system", name, err)
		}
	}
	set(t, s, "other", "v") // goes on working

	// A file where the shard should be.
	shard := filepath.Dir(path)
	if err := os.RemoveAll(shard); err != nil {
		t.Fatal(err)
	}
	writeFile(t, shard, []byte("in the way"))
	for name, err := range map[string]error{"Get": get(t, s, []byte("k")), "Set": overwrite(t, s, []byte("k")), "Clear": clearAll(t, s, nil)} {
		if err == nil || errors.Is(err, driver.ErrNotFound) {
			t.Errorf("%s where a file is in the way: error %v, want that of the file system", name, err)
		}
	}
	if got := readFile(t, shard); string(got) != "in the way" {
		t.Errorf("the file in the way is %q now", got)
	}
	if temps := tempFiles(t, dir); len(temps) > 0 {
		t.Errorf("left behind: %v", temps)
	}
}
