package memstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
)

// The backend is registered as "memory".
func TestTheBackendIsRegisteredAsMemory(t *testing.T) {
	b, ok := driver.DefaultRegistry.Lookup("memory")
	if !ok || !b.OneStorePerLocation {
		t.Fatalf("Lookup = %+v, %v; want a backend with one store per location", b, ok)
	}
}

// Options of settings reach the store.
func TestOptionsReachTheStore(t *testing.T) {
	clock := &fakeClock{}
	cfg := driver.Config{Location: "anything", Options: map[string]any{"max_bytes": "64KiB", "native": "true", "clock": clock}}
	wantErr(t, "Validate", memstore.Backend().Validate(cfg), nil)
	opened, err := memstore.Backend().Open(t.Context(), cfg)
	wantErr(t, "Open", err, nil)
	s := opened.(*memstore.Store)
	defer shutdown(t, s)

	if !s.NativeByDefault() || !s.BoundedByBytes() {
		t.Errorf("NativeByDefault = %v, BoundedByBytes = %v; want both", s.NativeByDefault(), s.BoundedByBytes())
	}
	wantErr(t, "Set", s.Set(t.Context(), []byte("k"), make([]byte, 64<<10), time.Minute), driver.ErrTooLarge)
	mustSet(t, s, "k", "v", time.Second)
	clock.Advance(time.Second)
	wantMissing(t, s, "k")
}

// The number of entries is an option.
// Django, MAX_ENTRIES
func TestTheNumberOfEntriesIsAnOption(t *testing.T) {
	opened, err := memstore.Backend().Open(t.Context(), driver.Config{Options: map[string]any{"max_entries": "50"}})
	wantErr(t, "Open", err, nil)
	s := opened.(*memstore.Store)
	defer shutdown(t, s)
	fill(t, s, 200, 0, time.Minute)
	memstore.Settle(s)
	if held := memstore.Measure(s).Entries; held > 50 {
		t.Errorf("the store holds %d entries, want at most 50", held)
	}
}

// Wrong options are refused with what would be right.
// Django, CULL_FREQUENCY
func TestOptionsThatAreRefused(t *testing.T) {
	tests := []struct {
		name    string
		options map[string]any
		want    string // part of the message
	}{
		{"no entries", map[string]any{"max_entries": 0}, "at least 1"},
		{"negative bytes", map[string]any{"max_bytes": -1}, "at least 1"},
		{"not a size", map[string]any{"max_bytes": "64MB"}, "64MiB"},
		{"two bounds", map[string]any{"max_entries": 1, "max_bytes": 1}, "are both set"},
		{"not a boolean", map[string]any{"native": "perhaps"}, "true or false"},
		{"not a clock", map[string]any{"clock": "noon"}, "a driver.Clock"},
		{"Django's culling", map[string]any{"cull_frequency": 3}, "W-TinyLFU"},
		{"unknown", map[string]any{"max_size": 3}, "the options are clock, max_bytes, max_entries, native"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := driver.Config{Options: test.options}
			err := memstore.Backend().Validate(cfg)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Validate = %v, want something with %q", err, test.want)
			}
			if _, err := memstore.Backend().Open(t.Context(), cfg); err == nil {
				t.Error("Open took what Validate refuses")
			}
		})
	}
}

// New refuses options without a meaning.
func TestNewRefusesOptionsThatMeanNothing(t *testing.T) {
	for _, opts := range []memstore.Options{
		{MaxEntries: -1},
		{MaxBytes: -1},
		{MaxEntries: 1, MaxBytes: 1},
	} {
		if _, err := memstore.New(opts); err == nil {
			t.Errorf("New(%+v) gave no error", opts)
		}
	}
}
