package filestore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// Clear removes the entries of its own namespace only.
func TestClearRemovesOneNamespaceOnly(t *testing.T) {
	prefixes := []string{"shop", "shop:eu", "shop*", ""}
	for _, cleared := range prefixes {
		t.Run(fmt.Sprintf("prefix %q", cleared), func(t *testing.T) {
			s := open(t, t.TempDir(), filestore.Options{})
			for _, prefix := range prefixes {
				for i := range 20 {
					set(t, s, fmt.Sprintf("%s:1:%d", prefix, i), "v")
				}
			}
			if err := s.Clear(t.Context(), driver.Namespace{Prefix: cleared}); err != nil {
				t.Fatal(err)
			}
			for _, prefix := range prefixes {
				for i := range 20 {
					key := fmt.Sprintf("%s:1:%d", prefix, i)
					if prefix == cleared {
						wantMissing(t, s, key)
					} else {
						wantValue(t, s, key, "v")
					}
				}
			}
			if err := s.Audit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Clear removes no files that are not the store's.
func TestClearRemovesNoFilesOfOthers(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, ":1:k", "v")
	shard := filepath.Dir(onlyEntry(t, dir))
	others := []string{
		filepath.Join(dir, "notes.txt"),
		filepath.Join(shard, "notes.txt"),
		filepath.Join(shard, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
	}
	for _, path := range others {
		writeFile(t, path, []byte("not an entry"))
	}
	folder := filepath.Join(shard, "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Clear(t.Context(), driver.Namespace{}); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, s, ":1:k")
	for _, path := range append(others, folder) {
		if !exists(path) {
			t.Errorf("%s was removed", filepath.Base(path))
		}
	}
}
