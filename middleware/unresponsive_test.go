package middleware_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// mute is a store of bytes whose server stops answering.
type mute struct {
	bytesOnly
	down atomic.Bool
}

const muteTimeout = 3 * time.Second

func newMute(t *testing.T) (*mute, *cache.Handler) {
	store := new(mute)
	return store, newCaches(t, withStore(func() (driver.Store, error) {
		s, err := memstore.New(memstore.Options{})
		store.Store = s
		return store, err
	}))
}

func (m *mute) wait() error {
	if !m.down.Load() {
		return nil
	}
	time.Sleep(muteTimeout)
	return os.ErrDeadlineExceeded
}

func (m *mute) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := m.wait(); err != nil {
		return nil, err
	}
	return m.bytesOnly.Get(ctx, key)
}

func (m *mute) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := m.wait(); err != nil {
		return err
	}
	return m.bytesOnly.Set(ctx, key, value, ttl)
}

func (m *mute) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if err := m.wait(); err != nil {
		return nil, false, err
	}
	return m.bytesOnly.Add(ctx, key, value, ttl)
}

// A site whose store does not answer serves its pages without waiting for it each time.
func TestASiteWhoseStoreDoesNotAnswerIsNotSlow(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		says []string
		ask  []string
		opts []middleware.PageOption
	}{
		"a page":             {},
		"a page that varies": {says: []string{"Vary: Accept-Language"}, ask: []string{"Accept-Language: de"}},
		"by cookie":          {ask: []string{"Cookie: locale=de"}, opts: []middleware.PageOption{middleware.VaryByCookie("locale")}},
		"not to be stored":   {says: []string{"Cache-Control: private"}},
		"a streamed page":    {body: strings.Repeat("page", 2000)},
	} {
		synctest.Test(t, func(t *testing.T) {
			store, caches := newMute(t)
			p := within(caches, middleware.CachePage(time.Hour, test.opts...)(answering(cmp.Or(test.body, "page"), test.says...)))
			other := within(caches, middleware.CachePage(time.Hour, test.opts...)(answering("other", test.says...)))
			get := func(p http.Handler, path string) time.Duration {
				began := time.Now()
				if a := ask(p, path, test.ask...); a.status != 200 || a.body == "" {
					t.Errorf("%s: %d %q", name, a.status, a.body)
				}
				return time.Since(began)
			}
			for range 4 {
				get(p, "/page")
			}
			store.down.Store(true)
			if took := get(p, "/page"); took > muteTimeout {
				t.Errorf("%s: the first took %v", name, took)
			}
			if took := get(p, "/new"); took > muteTimeout {
				t.Errorf("%s: a new page took %v", name, took)
			}
			for range 3 {
				if took := get(p, "/page") + get(p, "/new") + get(other, "/other"); took > 0 {
					t.Errorf("%s: then they took %v", name, took)
				}
			}
			store.down.Store(false)
			time.Sleep(time.Second)
			for range 3 {
				get(p, "/page")
			}
			if a := ask(p, "/page", test.ask...); !a.isHit() && name != "not to be stored" {
				t.Errorf("%s: after its return: %s", name, a.cacheStatus())
			}
		})
	}
}

// A page that the store does not take says why in Cache-Status.
// RFC 9211, 2.5; RFC 9211, 2.8
func TestAPageThatTheStoreDoesNotTakeSaysWhy(t *testing.T) {
	for _, test := range map[string]struct {
		err    error
		size   int
		detail string
	}{
		"an outage":             {errors.New("connection refused"), 10, "store-error"},
		"an outage, streamed":   {errors.New("connection refused"), 10_000, "store-error"},
		"too large for a store": {driver.ErrTooLarge, 10, "store-refused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			caches := newCaches(t, withStore(func() (driver.Store, error) {
				s, err := memstore.New(memstore.Options{})
				return refusingStore{bytesOnly{s}, test.err}, err
			}))
			p := within(caches, middleware.CachePage(time.Hour)(answering(strings.Repeat("p", test.size))))
			for range 3 {
				ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; detail="+test.detail)
				synctest.Wait() // a stream that has just ended could be joined
			}
		})
	}
}

// A streamed page that the store does not take says so from the second request on: the head of the
// first is sent before the store has answered.
func TestAStreamedPageThatTheStoreDoesNotTakeSaysSoFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		refuses := new(atomic.Bool)
		refuses.Store(true)
		caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: withStore(func() (driver.Store, error) {
			s, err := memstore.New(memstore.Options{})
			return limitedStore{bytesOnly{s}, refuses}, err
		})}, cache.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		defer caches.Shutdown(context.Background())
		p := within(caches, middleware.CachePage(time.Hour)(answering(strings.Repeat("p", 10_000))))
		get := func(path string) string {
			defer synctest.Wait() // a stream that has just ended could be joined
			return ask(p, path).cacheStatus()
		}
		const stored, refused = "larder; fwd=uri-miss; fwd-status=200; stored", "larder; fwd=uri-miss; fwd-status=200; detail=store-refused"
		if got := get("/page"); got != stored {
			t.Errorf("the first: %s", got)
		}
		for range 20 {
			if got := get("/page"); got != refused {
				t.Errorf("the next: %s, want %s", got, refused)
			}
			time.Sleep(30 * time.Second) // which is longer than most things are remembered
		}
		if got := get("/other"); got != stored {
			t.Errorf("another page: %s", got)
		}
		if n := strings.Count(log.String(), "too large for the cache's backend"); n == 0 || n > 21 || !strings.Contains(log.String(), "path=/page") {
			t.Errorf("%d lines in the log in ten minutes:\n%s", n, log.String())
		}
		refuses.Store(false)
		get("/page") // is stored, though it does not say so
		if got := get("/page"); !strings.Contains(got, "hit") {
			t.Errorf("when the store takes it: %s", got)
		}
		time.Sleep(2 * time.Hour)
		if got := get("/page"); got != stored {
			t.Errorf("then the next run: %s", got)
		}
	})
}

// limitedStore is a store for which every value is too large, for a time.
type limitedStore struct {
	bytesOnly
	refuses *atomic.Bool
}

func (l limitedStore) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if l.refuses.Load() {
		return nil, false, driver.ErrTooLarge
	}
	return l.bytesOnly.Add(ctx, key, value, ttl)
}

// refusingStore is a store of which every look-up or, if they are too large, every write
// fails.
type refusingStore struct {
	bytesOnly
	err error
}

func (f refusingStore) Get(ctx context.Context, key []byte) ([]byte, error) {
	if !errors.Is(f.err, driver.ErrTooLarge) {
		return nil, f.err
	}
	return f.bytesOnly.Get(ctx, key)
}

func (f refusingStore) Add(context.Context, []byte, []byte, time.Duration) ([]byte, bool, error) {
	return nil, false, f.err
}

// A purge asks a store that did not answer before.
func TestPurgesAskAStoreThatWasUnresponsive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, caches := newMute(t)
		runs := 0
		p := within(caches, middleware.CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			runs++
			_, _ = fmt.Fprint(w, "run ", runs)
		})))
		scope := caches.Scope(t.Context())
		defer scope.Close(context.Background())
		for name, purge := range map[string]func(context.Context, string) error{
			"hard": plainPages.Purge, "soft": plainPages.PurgeSoft, "prefix": plainPages.PurgePrefix, "prefix, soft": plainPages.PurgePrefixSoft,
		} {
			before := ask(p, "/page").body
			store.down.Store(true)
			ask(p, "/other")
			store.down.Store(false) // but nobody has asked since
			if err := purge(scope, "http://example.com/page"); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			time.Sleep(time.Second)
			ask(p, "/page")
			synctest.Wait() // after a soft purge it is made in the background
			if after := ask(p, "/page").body; after == before {
				t.Errorf("%s: %q is still served", name, after)
			}
		}
	})
}

// A change waits once for a store that does not answer: a purge of several tombstones stops when
// the first is not written.
func TestAChangeWaitsForAnUnresponsiveStoreOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, caches := newMute(t)
		p := within(caches, middleware.CachePage(time.Hour)(answering("page")))
		ask(p, "/page")
		store.down.Store(true)
		began := time.Now()
		send(p, request("POST", "/page"))
		if took := time.Since(began); took != muteTimeout {
			t.Errorf("it took %v", took)
		}
	})
}
