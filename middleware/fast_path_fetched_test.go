package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// A hot page whose store is not in this process is fetched at each hit, once.

// distant is a store of bytes that others use, too. It counts what it is asked for.
type distant struct {
	driver.Store
	gets   atomic.Int32 // of pages
	broken atomic.Bool
	damage atomic.Bool // what is read lacks its last byte
	during func()      // is called in each Get
}

var errBroken = errors.New("the line is broken")

func newDistant(t *testing.T) *distant {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &distant{Store: s}
}

func (s *distant) Get(ctx context.Context, key []byte) ([]byte, error) {
	if !strings.HasSuffix(string(key), "page:purges") {
		s.gets.Add(1)
	}
	if s.during != nil {
		s.during()
	}
	if s.broken.Load() {
		return nil, errBroken
	}
	value, err := s.Store.Get(ctx, key)
	if err == nil && s.damage.Load() {
		value = value[:len(value)-1]
	}
	return value, err
}

// notMine keeps the first to shut down from ending what others use.
type notMine struct{ driver.Store }

func (notMine) Shutdown(context.Context) error { return nil }

// newFetched returns a hot page in a store, as one of several processes has it.
func newFetched(t *testing.T, s *distant, opts ...middleware.PageOption) *memoized {
	return newMemoizedIn(t, newCaches(t, withStore(func() (driver.Store, error) { return notMine{s}, nil })), opts...)
}

// A memoized hit from a networked store asks the store once.
func TestAMemoizedPageIsFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newDistant(t)
		defer s.Shutdown(t.Context())
		h := newFetched(t, s)
		s.gets.Store(0)
		const requests = 50
		for range requests {
			time.Sleep(100 * time.Millisecond) // it cools in the meantime
			h.get().wantHit(t, `run 1 for ""`)
		}
		if gets := s.gets.Load(); gets != requests {
			t.Errorf("%d requests have fetched it %d times", requests, gets)
		}
	})
}

// A memoized hit asks a slow store once, even if fetching takes a while and other requests fetch
// the list of purges meanwhile.
func TestAMemoizedPageIsFetchedOnceFromFarAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newDistant(t)
		defer s.Shutdown(t.Context())
		h := newFetched(t, s)
		s.during = func() { time.Sleep(50 * time.Millisecond) }
		s.gets.Store(0)
		const clients, requests = 5, 200
		var wg sync.WaitGroup
		for client := range clients {
			wg.Go(func() {
				time.Sleep(time.Duration(client) * 11 * time.Millisecond)
				for range requests {
					time.Sleep(7 * time.Millisecond)
					h.get().wantHit(t, `run 1 for ""`)
				}
			})
		}
		wg.Wait()
		if gets := s.gets.Load(); gets != clients*requests {
			t.Errorf("%d requests have fetched it %d times", clients*requests, gets)
		}
	})
}

// A page is fetched once for each request even if more pages are used than heads are remembered.
func TestPagesThatPushEachOtherOutAreFetchedOnce(t *testing.T) {
	s := newDistant(t)
	defer s.Shutdown(t.Context())
	h := newFetched(t, s)
	const pages = 700
	ask := func() {
		for i := range pages {
			if a := ask(h.page, fmt.Sprint("/page/", i)); !strings.HasPrefix(a.body, "run") {
				t.Fatal(a)
			}
		}
	}
	for range 3 {
		ask()
	}
	s.gets.Store(0)
	for range 3 {
		ask()
	}
	if gets := s.gets.Load(); gets != 3*pages {
		t.Errorf("%d hits have fetched %d pages", 3*pages, gets)
	}
}

// A page that another process has replaced is served in its new form.
func TestAMemoizedPageThatAnotherProcessHasReplacedIsNotServed(t *testing.T) {
	s := newDistant(t)
	defer s.Shutdown(t.Context())
	h := newFetched(t, s)
	elsewhere := newFetched(t, s)
	ctx := elsewhere.caches.Scope(t.Context())
	defer ctx.Close(context.Background())
	elsewhere.runs.Store(41)
	if err := plainPages.Purge(ctx, "http://example.com/page?a=1"); err != nil {
		t.Fatal(err)
	}
	elsewhere.get().wantBody(t, `run 42 for ""`)
	h.get().wantHit(t, `run 42 for ""`)
}

// The body of a memoized hit is the one that the store has, since only the head is remembered.
func TestTheBodyOfAMemoizedPageIsThatOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newDistant(t)
		defer s.Shutdown(t.Context())
		body := "one"
		site := func() http.Handler {
			caches := newCaches(t, withStore(func() (driver.Store, error) { return notMine{s}, nil }))
			return within(caches, middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					return
				}
				w.Header().Set("Etag", `"tag"`)
				_, _ = w.Write([]byte(body))
			})))
		}
		here, elsewhere := site(), site()
		for range 4 {
			ask(here, "/").wantBody(t, "one")
		}
		send(elsewhere, request("POST", "/"))
		body = "two"
		ask(elsewhere, "/").wantBody(t, "two")
		ask(here, "/").wantHit(t, "two")
	})
}

// A page that cannot be fetched or is damaged is made by the handler.
func TestAMemoizedPageThatCannotBeFetchedIsMade(t *testing.T) {
	for what, spoil := range map[string]func(s *distant){
		"broken":  func(s *distant) { s.broken.Store(true) },
		"damaged": func(s *distant) { s.damage.Store(true) },
	} {
		t.Run(what, func(t *testing.T) {
			s := newDistant(t)
			defer s.Shutdown(t.Context())
			h := newFetched(t, s)
			spoil(s)
			if a := h.get(); a.isHit() || a.body != `run 2 for ""` {
				t.Errorf("%q, %s", a.body, a.cacheStatus())
			}
		})
	}
}

// A page that is purged while it is fetched is not served.
func TestAPageThatIsPurgedWhileItIsFetchedIsNotServed(t *testing.T) {
	s := newDistant(t)
	defer s.Shutdown(t.Context())
	h := newFetched(t, s)
	purged := false
	s.during = func() {
		if purged {
			return
		}
		purged = true
		ctx := h.caches.Scope(t.Context())
		defer ctx.Close(context.Background())
		if err := plainPages.PurgePrefix(ctx, "http://example.com/"); err != nil {
			t.Error(err)
		}
	}
	if a := h.get(); a.body != `run 2 for ""` {
		t.Errorf("%q, %s", a.body, a.cacheStatus())
	}
}

// After Shutdown, nothing is fetched for a memoized hit.
func TestAMemoizedPageIsNotFetchedAfterShutdown(t *testing.T) {
	s := newDistant(t)
	defer s.Shutdown(t.Context())
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: withStore(func() (driver.Store, error) { return notMine{s}, nil })})
	if err != nil {
		t.Fatal(err)
	}
	h := newMemoizedIn(t, caches)
	if err := caches.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := h.get(); a.isHit() {
		t.Errorf("%q, %s", a.body, a.cacheStatus())
	}
}

// A memoized hit that is fetched is counted as a hit.
func TestAFetchedMemoizedPageIsCountedAsAHit(t *testing.T) {
	s := newDistant(t)
	defer s.Shutdown(t.Context())
	h := newFetched(t, s)
	var hits []cache.Event
	h.caches.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventHit {
			hits = append(hits, e)
		}
		return nil
	})
	h.get()
	h.get()
	if len(hits) != 2 || hits[0] != hits[1] || hits[0].Op != "Fill" || !strings.HasPrefix(hits[0].Key, "page:") {
		t.Errorf("the events are %+v, want two hits of one key", hits)
	}
}
