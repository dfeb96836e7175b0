package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/middleware"
)

// Purges that race with requests, in this process and in others.

// held is a store that holds back what Get has found, once it is told to.
type held struct {
	driver.Store
	mu   sync.Mutex
	gate chan struct{}
}

func (s *held) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.gate = gate
	return func() { close(gate) }
}

// isHolding reports whether a Get is held back.
func (s *held) isHolding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gate == nil
}

func (s *held) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, err := s.Store.Get(ctx, key)
	s.mu.Lock()
	gate := s.gate
	s.gate = nil // of one Get only
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return value, err
}

// A request that found nothing and is overtaken by another client's page does not get it if it is
// not for this request.
func TestARequestThatIsOvertaken(t *testing.T) {
	for name, test := range map[string]struct {
		says            []string
		first, overtake []string // fields of the requests
	}{
		"by another language":   {says: []string{"Vary: Accept-Language"}, first: []string{"Accept-Language: de"}, overtake: []string{"Accept-Language: en"}},
		"by its own language":   {says: []string{"Vary: Accept-Language"}, first: []string{"Accept-Language: de"}, overtake: []string{"Accept-Language: de"}},
		"by another encoding":   {says: []string{"Content-Encoding: gzip"}, overtake: []string{"Accept-Encoding: gzip"}},
		"by another user":       {says: []string{"Cache-Control: public, max-age=60"}, first: []string{"Cookie: session=alice"}, overtake: []string{"Cookie: session=bob"}},
		"by a private page":     {says: []string{"Cache-Control: private"}},
		"by a cookie":           {says: []string{"Set-Cookie: a=b"}},
		"by a page of its kind": {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *held
				caches := newCaches(t, wrapped(func(inner driver.Store) driver.Store {
					s = &held{Store: inner}
					return s
				}))
				h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
					addFields(w.Header(), test.says)
					_, _ = fmt.Fprintf(w, "in %s", r.Header.Get("Accept-Language"))
				}}
				p := within(caches, middleware.CachePage(ttl)(h))
				ask(p, "/other") // opens the store, and reads the list of purges
				release := s.hold()
				first := start(t, p, request("GET", "/page", test.first...))
				second := ask(p, "/page", test.overtake...)
				release()
				a := first.wait()
				if first.panics != nil || a.status != 200 {
					t.Fatalf("%d, panic %v", a.status, first.panics)
				}
				for i, got := range []answer{a, second} {
					header := request("GET", "/", [][]string{test.first, test.overtake}[i]...).Header
					got.wantBody(t, "in "+header.Get("Accept-Language"))
					if got.header.Get("Content-Encoding") != "" && header.Get("Accept-Encoding") == "" && strings.Contains(got.cacheStatus(), "hit") {
						t.Errorf("the answer is encoded: %q", got.header)
					}
				}
			})
		})
	}
}

// programs returns the caches of several programs that share one server.
func programs(t *testing.T, n int) (all []*cache.Handler) {
	t.Helper()
	server, err := memstore.New(memstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
	for range n {
		all = append(all, newCaches(t, cache.Config{Opener: &driver.Backend{
			Open:     func(context.Context, driver.Config) (driver.Store, error) { return remote{server}, nil },
			Validate: func(driver.Config) error { return nil },
		}}))
	}
	return all
}

// remote is a server that one of its programs does not shut down.
type remote struct{ driver.Store }

func (remote) Shutdown(context.Context) error { return nil }

// A purge in another process reaches the page, and a run that began before it is not stored.
// RFC 9111, 4.4
func TestAPurgeInAnotherProcess(t *testing.T) {
	for name, purge := range map[string]func(context.Context) error{
		"hard":        func(ctx context.Context) error { return plainPages.Purge(ctx, pageURL) },
		"soft":        func(ctx context.Context) error { return plainPages.PurgeSoft(ctx, pageURL) },
		"prefix":      func(ctx context.Context) error { return plainPages.PurgePrefix(ctx, "http://example.com") },
		"soft prefix": func(ctx context.Context) error { return plainPages.PurgePrefixSoft(ctx, "http://example.com") },
	} {
		for _, vary := range []string{"X-None", "Accept-Language"} {
			for _, modes := range []string{"view", "shared"} {
				t.Run(name+" "+vary+" "+modes, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						programs := programs(t, 2)
						h := numbered("Vary: "+vary, "Cache-Control: max-age=60")
						around := middleware.CachePage(ttl)
						if modes == "shared" {
							around = middleware.Shared()
						}
						here := within(programs[0], around(h))
						before := startMany(t, here, 10, "Accept-Language: de")
						time.Sleep(time.Second / 2)
						if err := purge(programs[1].Scope(t.Context())); err != nil {
							t.Fatal(err)
						}
						for _, c := range before {
							if a := c.wait(); c.panics != nil || a.status != 200 || !strings.HasPrefix(a.body, "run ") {
								t.Fatalf("asked before: %d %q, panic %v", a.status, a.body, c.panics)
							}
						}
						time.Sleep(1100 * time.Millisecond) // within which a prefix is known everywhere
						a := ask(here, "/page", "Accept-Language: de")
						if stale := strings.HasPrefix(name, "soft"); a.body == "run 1" && !stale {
							t.Errorf("after the purge: %q, %s", a.body, a.cacheStatus())
						}
						time.Sleep(5 * time.Second) // for what is refreshed
						if a := ask(here, "/page", "Accept-Language: de"); a.body == "run 1" {
							t.Errorf("long after the purge: %q, %s", a.body, a.cacheStatus())
						}
					})
				})
			}
		}
	}
}

// Several processes that fill one page at once give each client a page of its own variant.
func TestManyProcessesFillOnePage(t *testing.T) {
	for _, says := range [][]string{{"Vary: Accept-Language"}, {"Vary: X-None"}, {"Cache-Control: private"}, {"Set-Cookie: a=b"}, {"Content-Encoding: gzip"}} {
		synctest.Test(t, func(t *testing.T) {
			programs := programs(t, 4)
			h := new(handler)
			h.serve = func(w http.ResponseWriter, r *http.Request) {
				n := h.runs.Load()
				time.Sleep(time.Second / 4 * time.Duration(n))
				addFields(w.Header(), says)
				_, _ = fmt.Fprintf(w, "in %s", r.Header.Get("Accept-Language"))
			}
			var clients []*client
			var wants []string
			for i, program := range programs {
				p := within(program, middleware.CachePage(ttl)(h))
				for j := range 6 {
					language := []string{"de", "en", "fr"}[(i+j)%3]
					clients = append(clients, start(t, p, request("GET", "/page", "Accept-Language: "+language, "Accept-Encoding: gzip")))
					wants = append(wants, "in "+language)
				}
			}
			for i, c := range clients {
				a := c.wait()
				if c.panics != nil || a.status != 200 {
					t.Errorf("%q: %d, panic %v", says, a.status, c.panics)
				}
				if says[0] == "Vary: Accept-Language" && a.body != wants[i] {
					t.Errorf("%q: %q, want %q", says, a.body, wants[i])
				}
			}
		})
	}
}

// A purge by prefix counts for runs within the same millisecond, also in a store that cuts times to
// milliseconds.
func TestAPurgeByPrefixWithinAMillisecondOfARun(t *testing.T) {
	for _, offset := range []time.Duration{0, 200 * time.Microsecond, 999 * time.Microsecond} {
		synctest.Test(t, func(t *testing.T) {
			caches := newCaches(t, wrapped(func(inner driver.Store) driver.Store { return struct{ driver.Store }{inner} }))
			h := new(handler)
			h.serve = func(w http.ResponseWriter, _ *http.Request) {
				n := h.runs.Load()
				_, _ = fmt.Fprintf(w, "run %d ", n)
				_, _ = w.Write(bytes.Repeat([]byte{'x'}, 5000))
				time.Sleep(time.Second)
			}
			p := within(caches, middleware.CachePage(ttl)(h))
			time.Sleep(offset)
			first := start(t, p, request("GET", "/page"))
			time.Sleep(100 * time.Microsecond)
			if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com"); err != nil {
				t.Fatal(err)
			}
			second := start(t, p, request("GET", "/page"))
			first.wait()
			if a := second.wait(); strings.HasPrefix(a.body, "run 1") {
				t.Errorf("%v: asked after the purge, and got %.10q; %s", offset, a.body, a.cacheStatus())
			}
		})
	}
}

// Under many concurrent changes, no reader gets a page older than a change that was answered before
// its request.
// RFC 9111, 4.4
func TestManyChangesAndReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		version := 0
		var mu sync.Mutex
		p := cached(t, &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			if r.Method == "POST" {
				version++
			}
			v := version
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			w.Header().Set("Vary", "Accept-Language")
			_, _ = fmt.Fprint(w, v)
		}})
		for change := range 20 {
			readers := startMany(t, p, 3, "Accept-Language: de")
			time.Sleep(time.Duration(change) * time.Millisecond)
			send(p, request("POST", "/page"))
			mu.Lock()
			least := version
			mu.Unlock()
			readers2 := startMany(t, p, 3, "Accept-Language: de")
			for _, c := range readers {
				c.wait()
			}
			for _, c := range readers2 {
				if a := c.wait(); a.body != fmt.Sprint(least) {
					t.Fatalf("after change %d a reader got %q; %s", least, a.body, a.cacheStatus())
				}
			}
		}
	})
}

// A soft purge does not bring back a page that a hard purge has just removed.
func TestASoftPurgeDoesNotUndoAHardOne(t *testing.T) {
	for _, vary := range []string{"X-None", "Accept-Language"} {
		var s *held
		caches := newCaches(t, wrapped(func(inner driver.Store) driver.Store {
			s = &held{Store: inner}
			return s
		}))
		h := new(handler)
		h.serve = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Vary", vary)
			_, _ = fmt.Fprintf(w, "run %d", h.runs.Load())
		}
		p := within(caches, middleware.CachePage(ttl)(h))
		ask(p, "/page").wantBody(t, "run 1")
		ctx := caches.Scope(t.Context())
		release := s.hold()
		purges := make(chan error, 2)
		go func() { purges <- plainPages.PurgeSoft(ctx, pageURL) }()
		testserver.Await(t, func(context.Context) error {
			if s.isHolding() {
				return nil
			}
			return errors.New("the soft purge has not read the page yet")
		})
		go func() { purges <- plainPages.Purge(ctx, pageURL) }()
		runtime.Gosched()
		release()
		for range 2 {
			if err := <-purges; err != nil {
				t.Fatal(err)
			}
		}
		ask(p, "/page").wantBody(t, "run 2")
	}
}
