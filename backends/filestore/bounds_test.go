package filestore_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// The bounds in entries and bytes hold after every write.
func TestBoundsHoldAfterEveryWrite(t *testing.T) {
	for _, opts := range []filestore.Options{
		{MaxEntries: 1},
		{MaxEntries: 7},
		{MaxEntries: 30, MaxBytes: 5000},
		{MaxEntries: 1000, MaxBytes: 3000},
	} {
		t.Run(fmt.Sprintf("%d entries, %d bytes", opts.MaxEntries, opts.MaxBytes), func(t *testing.T) {
			s := open(t, t.TempDir(), opts)
			random := rand.New(rand.NewPCG(1, 2))
			for range 150 {
				key := fmt.Sprintf("k%d", random.IntN(60))
				value := strings.Repeat("v", random.IntN(500))
				if random.IntN(5) == 0 {
					if _, _, err := s.Delete(t.Context(), []byte(key)); err != nil {
						t.Fatal(err)
					}
				} else {
					set(t, s, key, value)
					wantValue(t, s, key, value)
				}
				if err := s.Audit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// The bounds hold over many shards.
func TestBoundsHoldOverManyShards(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 512})
	for i := range 700 {
		set(t, s, fmt.Sprint(i), "v")
	}
	if err := s.Audit(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(entryFiles(t, dir)); n > 512 || n < 400 {
		t.Errorf("%d entries, want at most 512 and not many fewer", n)
	}
	if shards, _ := filepath.Glob(filepath.Join(dir, "shard-*-of-2")); len(shards) != 2 {
		t.Errorf("%d shards, want 2", len(shards))
	}
}

// Culling removes expired entries first, then the oldest.
// Django, FileBasedCache
func TestCullingTakesExpiredThenOldest(t *testing.T) {
	clock := newManualClock()
	s := open(t, t.TempDir(), filestore.Options{MaxEntries: 4, Clock: clock})
	write := func(key string, ttl time.Duration) {
		t.Helper()
		clock.Advance(time.Second)
		if err := s.Set(t.Context(), []byte(key), []byte("v"), ttl); err != nil {
			t.Fatal(err)
		}
	}
	write("oldest", driver.Never)
	write("older", driver.Never)
	write("brief", time.Second)
	write("touched", driver.Never)
	write("new", driver.Never) // "brief" has expired and makes room enough
	for _, key := range []string{"oldest", "older", "touched", "new"} {
		wantValue(t, s, key, "v")
	}
	clock.Advance(time.Second)
	if _, err := s.Touch(t.Context(), []byte("oldest"), driver.Never); err != nil {
		t.Fatal(err)
	}
	write("newest", driver.Never)
	wantMissing(t, s, "older")
	for _, key := range []string{"oldest", "touched", "new", "newest"} {
		wantValue(t, s, key, "v")
	}
}

// Culling goes down to nine tenths of the bound.
func TestCullingGoesDownToNineTenths(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 20})
	for i := range 21 {
		set(t, s, fmt.Sprint(i), "v")
	}
	if n := len(entryFiles(t, dir)); n != 18 {
		t.Errorf("%d entries, want 18", n)
	}
}

// Culling removes all expired entries.
func TestCullingTakesAllThatIsExpired(t *testing.T) {
	clock := newManualClock()
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 20, Clock: clock})
	set(t, s, "lasting", "v")
	for i := range 19 {
		if err := s.Set(t.Context(), fmt.Append(nil, i), []byte("v"), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(time.Second)
	set(t, s, "new", "v")
	wantValue(t, s, "lasting", "v")
	wantValue(t, s, "new", "v")
	if n := len(entryFiles(t, dir)); n != 2 {
		t.Errorf("%d entries, want the 2 that have not expired", n)
	}
}

// A value that is too large is ErrTooLarge and leaves no old value.
func TestTooLargeLeavesNothingBehind(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{MaxBytes: 200})
	key, big := []byte("k"), make([]byte, 200)
	calls := map[string]func() error{
		"Set": func() error { return s.Set(t.Context(), key, big, driver.Never) },
		"Replace": func() error {
			_, err := s.Replace(t.Context(), key, []byte("old"), big, driver.Never)
			return err
		},
	}
	for name, call := range calls {
		set(t, s, "k", "old")
		set(t, s, "other", "stays")
		wantErr(t, name, call(), driver.ErrTooLarge)
		wantMissing(t, s, "k")
		wantValue(t, s, "other", "stays")
		if err := s.Audit(t.Context()); err != nil {
			t.Error(err)
		}
	}
	_, added, err := s.Add(t.Context(), key, big, driver.Never)
	wantErr(t, "Add", err, driver.ErrTooLarge)
	if added {
		t.Error("Add reports that it added")
	}
	set(t, s, "k", "old")
	if _, added, err := s.Add(t.Context(), key, big, driver.Never); added || err != nil {
		t.Errorf("Add where an entry is = %t, %v, want false and no error", added, err)
	}
	wantValue(t, s, "k", "old")
}

// An entry that takes the whole share of its shard is stored.
func TestAnEntryOfTheWholeShareFits(t *testing.T) {
	s := open(t, t.TempDir(), filestore.Options{MaxBytes: 1000})
	set(t, s, "small", "v")
	value := strings.Repeat("v", 1000-44-len("k"))
	set(t, s, "k", value)
	wantValue(t, s, "k", value)
	wantMissing(t, s, "small")
}

// Overwriting an entry does not cull others.
func TestOverwritingDoesNotCull(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{MaxEntries: 5})
	for i := range 5 {
		set(t, s, fmt.Sprint(i), "v")
	}
	for i := range 5 {
		set(t, s, fmt.Sprint(i), "another, longer value")
	}
	if n := len(entryFiles(t, dir)); n != 5 {
		t.Errorf("%d entries, want all 5", n)
	}
}
