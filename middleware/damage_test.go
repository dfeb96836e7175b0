package middleware_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// damageable is a store of bytes in another process: values have a checksum there. It
// has many-operations, so that an index is fetched along with its variant.
type damageable struct {
	driver.Store
	driver.Counter
	replacer driver.Replacer

	mu     sync.Mutex
	keys   map[string]bool
	writes int
}

var (
	_ driver.Many     = (*damageable)(nil)
	_ driver.Replacer = (*damageable)(nil)
)

func newDamageable(t testing.TB) *damageable {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &damageable{Store: s, Counter: s, replacer: s, keys: make(map[string]bool)}
}

func (s *damageable) wrote(key []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[string(key)] = true
	s.writes++ // or it was tried
}

func (s *damageable) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	s.wrote(key)
	return s.Store.Set(ctx, key, value, ttl)
}

func (s *damageable) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	s.wrote(key)
	return s.Store.Add(ctx, key, value, ttl)
}

func (s *damageable) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
	s.wrote(key)
	return s.replacer.Replace(ctx, key, old, value, ttl)
}

// written returns how often something was written.
func (s *damageable) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *damageable) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i], _ = s.Get(ctx, key)
	}
	return values, nil
}

func (s *damageable) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	for _, item := range items {
		if err := s.Set(ctx, item.Key, item.Value, ttl); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (s *damageable) DeleteMany(ctx context.Context, keys [][]byte) error {
	for _, key := range keys {
		if _, _, err := s.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// entries returns what is in the store under keys that have been written.
func (s *damageable) entries(t testing.TB) map[string][]byte {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := make(map[string][]byte)
	for key := range s.keys {
		if value, err := s.Get(t.Context(), []byte(key)); err == nil {
			entries[key] = bytes.Clone(value)
		}
	}
	return entries
}

// plant stores an entry as it is, without being counted.
func (s *damageable) plant(t testing.TB, key string, value []byte) {
	t.Helper()
	if err := s.Store.Set(t.Context(), []byte(key), value, time.Hour); err != nil {
		t.Fatal(err)
	}
}

// damaging is a site in a store of bytes, of which entries are damaged.
type damaging struct {
	t       *testing.T
	store   *damageable
	caches  *cache.Handler
	page    http.Handler
	corrupt int // events
}

func newDamaging(t *testing.T) *damaging {
	d := &damaging{t: t, store: newDamageable(t)}
	d.caches = newCaches(t, withStore(func() (driver.Store, error) { return d.store, nil }))
	d.caches.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventCorrupt {
			d.corrupt++
		}
		return nil
	})
	d.page = within(d.caches, middleware.CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/varies" {
			w.Header().Set("Vary", "Accept-Language")
		}
		w.Header().Set("X-Page", r.URL.Path)
		_, _ = io.WriteString(w, bodyOf(r.URL.Path))
	})))
	return d
}

func bodyOf(path string) string { return "the page " + path + strings.Repeat(" and more of it", 3) }

// ask fails the test unless the answer is the page as the handler writes it.
func (d *damaging) ask(path string) answer {
	d.t.Helper()
	a := ask(d.page, path, "Accept-Language: fr")
	if a.status != http.StatusOK || a.body != bodyOf(path) || a.header.Get("X-Page") != path {
		d.t.Fatalf("%s is answered with %d, %q, %q", path, a.status, a.header, a.body)
	}
	return a
}

// A page of which any stored byte has changed is not served. The test changes each byte of each
// entry of a page, before an ordinary lookup and before one on the fast path.
func TestAPageOfWhichAnyByteHasChangedIsNotServed(t *testing.T) {
	for _, path := range []string{"/plain", "/varies"} {
		t.Run(path, func(t *testing.T) {
			d := newDamaging(t)
			d.ask(path)
			d.ask(path)
			entries := d.store.entries(t)
			for key, whole := range entries {
				d.restore(entries)
				for i := range whole {
					damaged := bytes.Clone(whole)
					damaged[i] ^= 1 << (i % 8)
					d.replaces(path, key, damaged)
				}
				for _, n := range []int{0, 1, 3, 31, 32, 33, len(whole) - 1} {
					d.replaces(path, key, whole[:n])
				}
				d.replaces(path, key, append(bytes.Clone(whole), whole...))
			}
		})
	}
}

// restore stores entries as they were. An index that is replaced leads to other variants,
// and nothing would ask for those that are damaged then.
func (d *damaging) restore(entries map[string][]byte) {
	d.t.Helper()
	for key, whole := range entries {
		d.store.plant(d.t, key, whole)
	}
}

// replaces fails the test unless a damaged entry is reported once and then replaced.
func (d *damaging) replaces(path, key string, damaged []byte) {
	d.t.Helper()
	d.store.plant(d.t, key, damaged)
	d.corrupt = 0
	if a := d.ask(path); a.isHit() {
		d.t.Fatalf("%s is a hit of %x, at %s", path, damaged, key)
	}
	if d.corrupt == 0 {
		d.t.Fatalf("%x is a miss that is not reported, at %s", damaged, key)
	}
	if a := d.ask(path); !a.isHit() {
		d.t.Fatalf("%x is not replaced, at %s: %s", damaged, key, a.cacheStatus())
	}
}

// A damaged list of purges is reported and counts as empty, and a process keeps what it knows of
// it.
func TestADamagedListOfPurgesIsReported(t *testing.T) {
	d := newDamaging(t)
	ctx := d.caches.Scope(t.Context())
	defer ctx.Close(context.Background())
	if err := plainPages.PurgePrefix(ctx, "http://example.com/shop"); err != nil {
		t.Fatal(err)
	}
	for key, whole := range d.store.entries(t) {
		for i := range whole {
			damaged := bytes.Clone(whole)
			damaged[i] ^= 0x40
			d.store.plant(t, key, damaged)
			d.corrupt = 0
			if err := plainPages.PurgePrefix(ctx, "http://example.com/shop"); err != nil || d.corrupt == 0 {
				t.Fatalf("byte %d of %s: PurgePrefix: %v, with %d events", i, key, err, d.corrupt)
			}
			if got := d.store.entries(t)[key]; bytes.Equal(got, damaged) {
				t.Fatalf("byte %d of %s: it is still there", i, key)
			}
		}
	}
}
