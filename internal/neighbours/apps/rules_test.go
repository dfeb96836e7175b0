package apps_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/neighbours/apps"
	"github.com/larder-go/larder/internal/testserver"
)

// lifetime is that of the pages with one, of all applications.
const lifetime = 2 * time.Second

// rules are what holds of an application behind a cache, by name. None needs
// another, and they run at the same time.
type rules map[string]func(*testing.T, apps.Site)

func (r rules) run(t *testing.T, site apps.Site) {
	for name, rule := range r {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule(t, site)
		})
	}
}

func newVisitor(t *testing.T) *apps.Visitor {
	v := apps.NewVisitor()
	t.Cleanup(v.Close)
	return v
}

// crawlLimit is how many pages of an application are visited.
func crawlLimit() int {
	if testing.Short() {
		return 12
	}
	return 300
}

// some returns the first two targets in the short form, and all in the long one.
func some(targets ...string) []string {
	if testing.Short() {
		return targets[:2]
	}
	return targets
}

// expectValidated expects that a page whose ETag gzip makes weak is a hit while it
// is fresh, and validated when it is stale, twice.
func expectValidated(t *testing.T, site apps.Site, target string) {
	t.Helper()
	v := newVisitor(t)
	page := apps.Request{Target: target}.With("Accept-Encoding", "gzip")
	first := site.Compare(t, v, page)
	if tag := first.Header.Get("Etag"); !strings.HasPrefix(tag, "W/") {
		t.Fatalf("ETag %s is not weak", tag)
	}
	for range 2 {
		testserver.Await(t, func(context.Context) error {
			if got := site.Compare(t, v, page); !got.IsHit() {
				return fmt.Errorf("a fresh page is no hit: %s", got.CacheStatus())
			}
			return nil
		})
		apps.Expire(t, lifetime)
		if got := site.Compare(t, v, page); !strings.Contains(got.CacheStatus(), "stale") {
			t.Errorf("an expired page is not validated: %s", got.CacheStatus())
		}
	}
}
