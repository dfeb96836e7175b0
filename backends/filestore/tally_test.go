package filestore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
)

// A wrong tally is corrected.
func TestWrongTallyIsCorrected(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"removed":   os.Remove,
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
		"nonsense":  func(path string) error { return os.WriteFile(path, []byte("nonsense"), 0o600) },
		"untouched": func(string) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, filestore.Options{MaxEntries: 10})
			for i := range 10 {
				set(t, s, fmt.Sprint(i), "v")
			}
			shard := filepath.Dir(entryFiles(t, dir)[0])
			if err := spoil(filepath.Join(shard, "tally")); err != nil {
				t.Fatal(err)
			}
			set(t, s, "one more", "v")
			if err := s.Audit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A tally that is too high costs no entries.
func TestTallyTooHighCostsNoEntries(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	for i := range 10 {
		set(t, s, fmt.Sprint(i), "v")
	}
	for _, path := range entryFiles(t, dir)[:5] { // behind the store's back
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	set(t, s, "one more", "v")
	if n := len(entryFiles(t, dir)); n != 6 {
		t.Errorf("%d entries, want 6: five were gone and one came", n)
	}
}

// A tally that is too low is corrected by the next store that opens the directory.
func TestTallyTooLowIsCorrectedByTheNextStore(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	opts := filestore.Options{MaxEntries: 10}
	s := open(t, dir, opts)
	for i := range 10 {
		set(t, s, fmt.Sprint(i), "v")
	}
	set(t, open(t, other, opts), "x", "v")
	low := readFile(t, filepath.Join(filepath.Dir(onlyEntry(t, other)), "tally"))
	writeFile(t, filepath.Join(filepath.Dir(entryFiles(t, dir)[0]), "tally"), low)
	next := open(t, dir, opts)
	set(t, next, "one more", "v")
	if err := next.Audit(t.Context()); err != nil {
		t.Error(err)
	}
}

// A write that has room lists no directory. A file of a dead process shows whether the shard was
// listed, which would have removed it.
func TestWritesThatHaveRoomListNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 3})
	set(t, s, "1", "v")
	detector := filepath.Join(filepath.Dir(onlyEntry(t, dir)), "temp-detector")
	writeFile(t, detector, nil)
	for i := range 20 { // every one of them in need of what the last gave back
		set(t, s, "2", strings.Repeat("v", i))
		set(t, s, "3", strings.Repeat("v", 20-i))
		if _, deleted, err := s.Delete(t.Context(), []byte("2")); !deleted || err != nil {
			t.Fatalf("Delete = %t, %v", deleted, err)
		}
	}
	set(t, s, "4", "v")
	if !exists(detector) {
		t.Error("a write that had room listed the shard")
	}
	if err := s.Audit(t.Context()); err != nil {
		t.Error(err)
	}
}

// Temporary files of dead processes are removed.
func TestFilesOfTheDeadAreRemoved(t *testing.T) {
	dir := t.TempDir()
	opts := filestore.Options{MaxEntries: 3}
	s := open(t, dir, opts)
	set(t, s, "k", "v")
	shard := filepath.Dir(onlyEntry(t, dir))
	dead := filepath.Join(shard, "temp-123")
	notes := filepath.Join(shard, "notes.txt")
	writeFile(t, notes, []byte("not ours"))

	writeFile(t, dead, []byte("half"))
	set(t, open(t, dir, opts), "k2", "v")
	if exists(dead) {
		t.Error("the first write of a new Store left a dead process's file")
	}
	writeFile(t, dead, []byte("half"))
	set(t, s, "k3", "v")
	set(t, s, "k4", "v") // culls
	if exists(dead) {
		t.Error("culling left a dead process's file")
	}
	if !exists(notes) {
		t.Error("a file that is not the store's was removed")
	}
}
