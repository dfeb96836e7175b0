package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

const (
	magicLength   = 7
	versionOffset = magicLength
)

// A file of any shorter length is a corrupt entry, and is removed.
func TestTruncatedAtEveryLengthIsCorruptAndRemoved(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "key", "the value, which is longer than the head of a value")
	path := onlyEntry(t, dir)
	good := readFile(t, path)
	for n := range good {
		writeFile(t, path, good[:n])
		_, err := s.Get(t.Context(), []byte("key"))
		wantErr(t, "Get", err, driver.ErrCorrupt)
		if exists(path) {
			t.Fatalf("cut to %d bytes, the file is still there", n)
		}
		wantMissing(t, s, "key")
	}
	writeFile(t, path, append(good, 0))
	_, err := s.Get(t.Context(), []byte("key"))
	wantErr(t, "Get of a file that is too long", err, driver.ErrCorrupt)
}

// A file of which any byte has changed is never served.
func TestNoAlteredByteIsEverServed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "key", "the value, which is longer than the head of a value")
	path := onlyEntry(t, dir)
	good := readFile(t, path)
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x01
		writeFile(t, path, bad)
		_, err := s.Get(t.Context(), []byte("key"))
		wantErr(t, "Get", err, driver.ErrCorrupt)
	}
}

// Each operation treats a damaged entry as the contract says.
func TestOperationsOnADamagedEntry(t *testing.T) {
	truncate := func(good []byte) []byte { return good[:len(good)-1] }
	testOperations(t, truncate, []operationCase{
		{"Get", get, driver.ErrCorrupt, gone},
		{"Peek", peek, driver.ErrCorrupt, gone},
		{"TTL", ttl, driver.ErrCorrupt, gone},
		{"Touch", touch, driver.ErrCorrupt, gone},
		{"Incr", incr, driver.ErrCorrupt, gone},
		{"Replace", replace, driver.ErrCorrupt, gone},
		{"Delete", remove, nil, gone},
		{"Set", overwrite, nil, replaced},
		{"Add", add, driver.ErrCorrupt, left},
	})
}

// A file that is no entry is a miss and is left in place.
func TestOperationsOnAFileThatIsNoEntry(t *testing.T) {
	testOperations(t, func([]byte) []byte { return []byte("someone's notes, not a cache entry") }, foreignCases)
}

// An entry of a newer version is a miss and is left in place.
func TestOperationsOnAnEntryOfANewerVersion(t *testing.T) {
	testOperations(t, func(good []byte) []byte {
		good[versionOffset]++
		return good
	}, foreignCases)
}

var foreignCases = []operationCase{
	{"Get", get, driver.ErrCorrupt, left},
	{"Peek", peek, driver.ErrCorrupt, left},
	{"TTL", ttl, driver.ErrCorrupt, left},
	{"Touch", touch, driver.ErrCorrupt, left},
	{"Incr", incr, driver.ErrCorrupt, left},
	{"Replace", replace, driver.ErrCorrupt, left},
	{"Add", add, driver.ErrCorrupt, left},
	{"Clear", clearAll, nil, left},
	{"Delete", remove, nil, gone},
	{"Set", overwrite, nil, replaced},
}

// fate is what becomes of the file.
type fate string

const (
	left     fate = "left in place"
	gone     fate = "removed"
	replaced fate = "replaced"
)

type operation func(t *testing.T, s *filestore.Store, key []byte) error

type operationCase struct {
	name string
	do   operation
	err  error
	fate fate
}

func testOperations(t *testing.T, spoil func(good []byte) []byte, cases []operationCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, filestore.Options{MaxEntries: 10})
			set(t, s, ":1:k", "41")
			path := onlyEntry(t, dir)
			bad := spoil(readFile(t, path))
			writeFile(t, path, bad)
			wantErr(t, c.name, c.do(t, s, []byte(":1:k")), c.err)
			if got := fateOf(t, path, bad); got != c.fate {
				t.Errorf("the file was %s, want %s", got, c.fate)
			}
			if c.fate == replaced {
				wantValue(t, s, ":1:k", "new")
			}
			if err := s.Audit(t.Context()); err != nil && c.fate != left {
				t.Error(err)
			}
		})
	}
}

func fateOf(t *testing.T, path string, before []byte) fate {
	t.Helper()
	after, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return gone
	case err != nil:
		t.Fatal(err)
	case string(after) == string(before):
		return left
	}
	return replaced
}

func get(t *testing.T, s *filestore.Store, key []byte) error {
	_, err := s.Get(t.Context(), key)
	return err
}

func peek(t *testing.T, s *filestore.Store, key []byte) error {
	_, err := s.Peek(t.Context(), key)
	return err
}

func ttl(t *testing.T, s *filestore.Store, key []byte) error {
	_, err := s.TTL(t.Context(), key)
	return err
}

func touch(t *testing.T, s *filestore.Store, key []byte) error {
	_, err := s.Touch(t.Context(), key, driver.Never)
	return err
}

func incr(t *testing.T, s *filestore.Store, key []byte) error {
	_, err := s.Incr(t.Context(), key, 1)
	return err
}

func replace(t *testing.T, s *filestore.Store, key []byte) error {
	_, err := s.Replace(t.Context(), key, []byte("41"), []byte("new"), driver.Never)
	return err
}

func overwrite(t *testing.T, s *filestore.Store, key []byte) error {
	return s.Set(t.Context(), key, []byte("new"), driver.Never)
}

func add(t *testing.T, s *filestore.Store, key []byte) error {
	_, added, err := s.Add(t.Context(), key, []byte("new"), driver.Never)
	if err == nil && !added {
		t.Error("Add added nothing")
	}
	return err
}

func remove(t *testing.T, s *filestore.Store, key []byte) error {
	_, deleted, err := s.Delete(t.Context(), key)
	if err == nil && !deleted {
		t.Error("Delete deleted nothing")
	}
	return err
}

func clearAll(t *testing.T, s *filestore.Store, _ []byte) error {
	return s.Clear(t.Context(), driver.Namespace{})
}

// A file with an entry of another key is not served for this one.
func TestEntryOfAnotherKeyIsNotThisOne(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "mine", "1")
	path := onlyEntry(t, dir)
	set(t, s, "other", "2")
	for _, p := range entryFiles(t, dir) { // as if SHA-256 had collided
		if p != path {
			writeFile(t, path, readFile(t, p))
		}
	}
	wantMissing(t, s, "mine")
	if _, deleted, err := s.Delete(t.Context(), []byte("mine")); deleted || err != nil {
		t.Errorf("Delete = %t, %v, want false", deleted, err)
	}
	if !exists(path) {
		t.Error("Delete removed the entry of another key")
	}
	set(t, s, "mine", "3")
	wantValue(t, s, "mine", "3")
	wantValue(t, s, "other", "2")
}

// Damage is reported even if the file cannot be removed.
func TestDamageIsReportedEvenIfItCannotBeRemoved(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 10})
	set(t, s, "k", "v")
	path := onlyEntry(t, dir)
	writeFile(t, path, nil)
	lockFile := filepath.Join(filepath.Dir(path), "lock")
	if err := os.Remove(lockFile); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(lockFile, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := s.Get(t.Context(), []byte("k"))
	wantErr(t, "Get", err, driver.ErrCorrupt)
	if !exists(path) {
		t.Error("removed without the lock")
	}
}
