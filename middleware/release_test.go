package middleware_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope/version1"
	"github.com/larder-go/larder/middleware"
)

// Programs of this release and of the one before it, which wrote version 1 of the
// envelope, serve one site from one store.

type releases struct {
	store        *damageable
	older, newer *program
}

// program is one process with its pages.
type program struct {
	caches *cache.Handler
	page   http.Handler
}

func (p *program) ask() answer { return ask(p.page, "/page", "Accept-Language: de") }

// change does something to what is stored, such as a purge.
func (p *program) change(t *testing.T, f func(ctx context.Context) error) {
	t.Helper()
	scope := p.caches.Scope(t.Context())
	defer scope.Close(context.Background())
	if err := f(scope); err != nil {
		t.Fatal(err)
	}
}

func newReleases(t *testing.T, page http.Handler) *releases {
	s := newDamageable(t)
	t.Cleanup(func() { _ = s.Store.Shutdown(context.Background()) })
	program := func(store driver.Store) *program {
		caches := newCaches(t, withStore(func() (driver.Store, error) { return store, nil }))
		return &program{caches, within(caches, middleware.CachePage(ttl)(page))}
	}
	return &releases{s, program(shutByTest{version1.Over(s)}), program(shutByTest{s})}
}

// shutByTest is a store that several programs use.
type shutByTest struct{ bytesStore }

func (shutByTest) Shutdown(context.Context) error { return nil }

type bytesStore interface {
	driver.Store
	driver.Many
	driver.Replacer
	driver.Counter
}

var pagesThatVaryOrNot = map[string]string{"a page": "X-None", "a page that varies": "Accept-Language"}

// Two releases on one store replace each other's pages at most once.
func TestTwoReleasesReplaceEachOthersPagesOnceAtMost(t *testing.T) {
	for name, vary := range pagesThatVaryOrNot {
		for _, olderFirst := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				h := numbered("Vary: " + vary)
				r := newReleases(t, h)
				first, second, wantRuns := r.newer, r.older, int32(2)
				if olderFirst {
					first, second, wantRuns = r.older, r.newer, 1
				}
				after := 0
				for round := range 5 {
					a, b := first.ask(), second.ask()
					if round == 0 {
						after = r.store.written()
						continue
					}
					if !a.isHit() || !b.isHit() || a.body != b.body {
						t.Errorf("%s: %q, %s and %q, %s", name, a.body, a.cacheStatus(), b.body, b.cacheStatus())
					}
					time.Sleep(1100 * time.Millisecond)
				}
				if runs := h.runs.Load(); runs != wantRuns || r.store.written() != after {
					t.Errorf("%s, the older release first: %v: %d runs, want %d, and %d writes after the first round",
						name, olderFirst, runs, wantRuns, r.store.written()-after)
				}
			})
		}
	}
}

// A purge by either of two releases counts for both, since what it leaves is absent or a tombstone
// to the other.
func TestAPurgeByEitherReleaseCountsForBoth(t *testing.T) {
	for name, vary := range pagesThatVaryOrNot {
		for _, byOlder := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				h := numbered("Vary: " + vary)
				r := newReleases(t, h)
				for range 2 {
					r.older.ask()
					r.newer.ask()
				}
				before, by := h.runs.Load(), r.newer
				if byOlder {
					by = r.older
				}
				by.change(t, func(ctx context.Context) error { return plainPages.Purge(ctx, pageURL) })
				for range 2 {
					for _, p := range []*program{r.newer, r.older} {
						if a := p.ask(); a.body == "run 1" {
							t.Errorf("%s, purged by the older release: %v: %q, %s", name, byOlder, a.body, a.cacheStatus())
						}
					}
				}
				if a, b := r.older.ask(), r.newer.ask(); !a.isHit() || !b.isHit() || a.body != b.body || h.runs.Load() > before+2 {
					t.Errorf("%s: %q, %s and %q, %s after %d runs", name, a.body, a.cacheStatus(), b.body, b.cacheStatus(), h.runs.Load()-before)
				}
			})
		}
	}
}

// A release reads the list of purges of the release before and adds to it. The release before does
// not read this one's (CHANGELOG, Upgrading).
func TestPurgesByPrefixOfTwoReleases(t *testing.T) {
	purge := func(ctx context.Context) error { return plainPages.PurgePrefix(ctx, "http://example.com/") }
	for _, test := range []struct {
		byOlder, olderSees bool
	}{{true, true}, {false, false}} {
		synctest.Test(t, func(t *testing.T) {
			r := newReleases(t, numbered("Vary: X-None"))
			r.older.ask()
			r.newer.ask()
			by := r.newer
			if test.byOlder {
				by = r.older
			}
			time.Sleep(10 * time.Millisecond)
			by.change(t, purge)
			time.Sleep(1100 * time.Millisecond) // within which a prefix is known everywhere
			if a := r.older.ask(); (a.body != "run 1") != test.olderSees {
				t.Errorf("purged by the older release: %v: it has %q, %s", test.byOlder, a.body, a.cacheStatus())
			}
			if a := r.newer.ask(); a.body == "run 1" {
				t.Errorf("purged by the older release: %v: the newer one has %q, %s", test.byOlder, a.body, a.cacheStatus())
			}
		})
	}
}
