package filestore_test

import (
	"slices"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/driver"
)

// Inspect adds up the tallies of the shards.
func TestInspectAddsUpTheTallies(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, filestore.Options{})
	want := func(entries int64) {
		t.Helper()
		found, err := s.Inspect(t.Context())
		if err != nil || len(found) != 1 || found[0].Where != dir || found[0].Err != nil ||
			!slices.Contains(found[0].Figures, driver.Figure{Name: "entries", Of: "directory", Value: entries}) {
			t.Errorf("%+v, %v, want %d entries", found, err, entries)
		}
		if size := found[0].Figures[1]; size.Name != "size" || size.Unit != "bytes" || (size.Value > 0) != (entries > 0) {
			t.Errorf("%+v", size)
		}
	}
	want(0)
	for _, key := range []string{"a", "b", "c", "a"} {
		set(t, s, key, "value")
	}
	want(3)
	if _, _, err := s.Delete(t.Context(), []byte("a")); err != nil {
		t.Fatal(err)
	}
	want(2)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := s.Inspect(t.Context())
	wantErr(t, "Inspect after Shutdown", err, driver.ErrClosed)
}
