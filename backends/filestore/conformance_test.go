package filestore_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/larder-go/larder/backends/filestore"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/cache/driver"
)

// The file store passes the conformance suite. The bounds make four shards, whose share is the
// greatest entry.
func TestConformance(t *testing.T) {
	h := harness(filestore.Options{MaxBytes: 64 << 20})
	h.MaxValueSize = 16 << 20
	cachetest.RunStore(t, h)
	cachetest.ModelStore(t, h)
	cachetest.RunCache(t, h)
	cachetest.ModelCache(t, h)
}

func harness(opts filestore.Options) cachetest.Harness {
	var dirs sync.Map // from store to directory
	openIn := func(tb testing.TB, dir string, clock driver.Clock) driver.Store {
		opts := opts
		opts.Clock = clock
		s, err := filestore.Open(dir, opts)
		if err != nil {
			tb.Fatal(err)
		}
		dirs.Store(driver.Store(s), dir)
		return s
	}
	dirOf := func(store driver.Store) string {
		dir, _ := dirs.Load(store)
		return dir.(string)
	}
	return cachetest.Harness{
		Abilities: cachetest.Counter | cachetest.Replacer | cachetest.Peeker | cachetest.Expirer | cachetest.Verifier,
		FakeClock: true,
		Parallel:  true,
		New: func(tb testing.TB, clock driver.Clock) driver.Store {
			return openIn(tb, tb.TempDir(), clock)
		},
		Reopen: func(tb testing.TB, store driver.Store, clock driver.Clock) driver.Store {
			return openIn(tb, dirOf(store), clock)
		},
		Damage: func(tb testing.TB, store driver.Store, key []byte) {
			sum := sha256.Sum256(key)
			paths, err := filepath.Glob(filepath.Join(dirOf(store), "shard-*", hex.EncodeToString(sum[:])))
			if err != nil || len(paths) != 1 {
				tb.Fatalf("the entry's file: %v, %v", paths, err)
			}
			info, err := os.Stat(paths[0])
			if err != nil {
				tb.Fatal(err)
			}
			if err := os.Truncate(paths[0], info.Size()-1); err != nil {
				tb.Fatal(err)
			}
		},
	}
}
