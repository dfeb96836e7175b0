package middleware_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// A purge by prefix is of the caches that it is given, also if one handler of pages serves several.
func TestAPurgeByPrefixIsOfItsOwnCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := func() (driver.Store, error) { return memstore.New(memstore.Options{Clock: precise{}}) }
		runs := 0
		page := middleware.CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			runs++
			_, _ = fmt.Fprint(w, "run ", runs)
		}))
		one, other := newCaches(t, withStore(open)), newCaches(t, withStore(open))
		for _, fields := range [][]string{nil, {"Cookie: "}} { // by the short way, and by the long one
			runs = 0
			for range 3 {
				ask(within(one, page), "/", fields...).wantBody(t, "run 1")
				ask(within(other, page), "/", fields...).wantBody(t, "run 2")
			}
			scope := other.Scope(t.Context())
			if err := plainPages.PurgePrefix(scope, "http://example.com/"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond) // what is made in that of the purge is made again
			for range 3 {
				ask(within(one, page), "/", fields...).wantBody(t, "run 1")
				ask(within(other, page), "/", fields...).wantBody(t, "run 3")
				time.Sleep(2 * time.Second)
			}
			for _, caches := range []*cache.Handler{one, other} {
				if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com/"); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * time.Second)
		}
	})
}
