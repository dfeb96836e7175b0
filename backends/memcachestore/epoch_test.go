package memcachestore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
)

// Epochs that are made one after another all differ.
func TestEpochsMadeOneAfterAnotherAllDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "now"), 0)
		seen := make(map[uint32]bool)
		var last uint32
		for range rapid.IntRange(1, 1000).Draw(t, "epochs") {
			last = memcachestore.NextEpoch(last, now)
			if last == 0 || seen[last] {
				t.Fatalf("epoch %d after %d others", last, len(seen))
			}
			seen[last] = true
		}
	})
}

// An epoch whose predecessor nobody knows any more differs from all that were made before.
func TestEpochsOfDifferentSecondsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := rapid.Int64Range(0, 1<<33).Draw(t, "now")
		later := now + rapid.Int64Range(1, 45*24*3600).Draw(t, "seconds later")
		one, other := memcachestore.NextEpoch(0, time.Unix(now, 0)), memcachestore.NextEpoch(0, time.Unix(later, 0))
		if one == other {
			t.Fatalf("both are %d", one)
		}
	})
}

// Epochs of one second are random.
func TestEpochsOfOneSecondAreRandom(t *testing.T) {
	now := time.Now()
	seen := make(map[uint32]bool)
	for range 100 {
		seen[memcachestore.NextEpoch(0, now)] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d different epochs among 100", len(seen))
	}
}

// No bytes make reading an epoch panic, and what is read is what was written.
func FuzzParseEpoch(f *testing.F) {
	for _, seed := range []string{"", "0", "00", "01", "1", "4294967295", "4294967296", "-1", "+1", " 1", "1 ", "1_0", "0x1", "\x00", "99999999999999999999"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, ok := memcachestore.ParseEpoch(b)
		if ok && (e == 0 || string(memcachestore.AppendEpoch(nil, e)) != string(b)) {
			t.Errorf("%q is read as %d", b, e)
		}
	})
}

// The namespaces of a key are those that contain it.
func TestTheNamespacesOfAKeyAreThoseThatContainIt(t *testing.T) {
	part := rapid.SampledFrom([]string{":", "1", "23", "a", "shop", "-", "٣", "::", ":4:"})
	rapid.Check(t, func(t *rapid.T) {
		key := strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), "")
		got := memcachestore.Prefixes(key)
		var want []string
		for end := range len(key) + 1 {
			if (driver.Namespace{Prefix: key[:end]}).Contains([]byte(key)) {
				want = append(want, key[:end])
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("the prefixes in %q are %q, want %q", key, got, want)
		}
	})
}
