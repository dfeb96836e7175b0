package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/middleware"
)

// Stores that fail, hang or return damaged bytes.

// Pages are served while their Redis server is down, and cached again when it is back. A server is
// killed in the middle, and comes back empty.
func TestARedisServerDiesAndComesBack(t *testing.T) {
	server := testserver.StartRedis(t)
	caches := newCaches(t, cache.Config{Backend: "redis", Location: "redis://" + server.Addr()})
	h := answering(strings.Repeat("page", 1000), "Cache-Control: max-age=60", "Vary: Accept-Language")
	p := within(caches, middleware.Shared()(h))
	want := strings.Repeat("page", 1000)
	ask(p, "/page").wantBody(t, want)
	ask(p, "/page").wantHit(t, want)
	server.Kill()
	for i := range 5 {
		ask(p, "/page").wantBody(t, want)
		ask(p, fmt.Sprint("/other/", i)).wantBody(t, want)
		if a := send(p, request("POST", "/page")); a.status != 200 {
			t.Errorf("a change while the cache is down: %d", a.status)
		}
	}
	if err := plainPages.Purge(caches.Scope(t.Context()), pageURL); err == nil {
		t.Error("a purge that nobody has heard is said to be done")
	}
	if err := plainPages.PurgePrefix(caches.Scope(t.Context()), pageURL); err == nil {
		t.Error("a purge by prefix that nobody has heard is said to be done")
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	testserver.Await(t, func(context.Context) error {
		if a := ask(p, "/page"); !a.isHit() {
			return errors.New(a.cacheStatus())
		}
		return nil
	})
}

// ill is a store whose operations fail, hang or lie, as it is told.
type ill struct {
	driver.Store
	mu  sync.Mutex
	how func(op string) error
}

func (s *ill) turn(how func(op string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.how = how
}

func (s *ill) do(op string) error {
	s.mu.Lock()
	how := s.how
	s.mu.Unlock()
	if how == nil {
		return nil
	}
	return how(op)
}

func (s *ill) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.do("Get"); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, key)
}

func (s *ill) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := s.do("Set"); err != nil {
		return err
	}
	return s.Store.Set(ctx, key, value, ttl)
}

func (s *ill) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if err := s.do("Add"); err != nil {
		return nil, false, err
	}
	return s.Store.Add(ctx, key, value, ttl)
}

// inIll returns caches over a store that is ill.
func inIll(t *testing.T) (*cache.Handler, *ill) {
	s := new(ill)
	return newCaches(t, wrapped(func(inner driver.Store) driver.Store {
		s.Store = inner
		return s
	})), s
}

// Pages are served and coalesced whichever operation of the store fails.
func TestEachOperationOfTheStoreFails(t *testing.T) {
	errIll := errors.New("ill")
	for _, failing := range []string{"Get", "Set", "Add"} {
		for _, says := range []string{"Vary: X-None", "Vary: Accept-Language", "Cache-Control: no-cache", "Content-Encoding: gzip"} {
			synctest.Test(t, func(t *testing.T) {
				caches, s := inIll(t)
				h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(time.Second)
					addFields(w.Header(), []string{"Cache-Control: max-age=60", says})
					_, _ = io.WriteString(w, "in "+r.Header.Get("Accept-Language"))
				}}
				p := within(caches, middleware.Shared()(h))
				s.turn(func(op string) error {
					if op == failing {
						return errIll
					}
					return nil
				})
				for round := range 3 {
					var clients []*client
					for i := range 6 {
						clients = append(clients, start(t, p, request("GET", "/page", "Accept-Encoding: gzip", "Accept-Language: "+[]string{"de", "en"}[i%2])))
					}
					for i, c := range clients {
						a := c.wait()
						if want := "in " + []string{"de", "en"}[i%2]; c.panics != nil || a.status != 200 || says == "Vary: Accept-Language" && a.body != want {
							t.Errorf("%s fails, %s, round %d: %d %q, panic %v, %s", failing, says, round, a.status, a.body, c.panics, a.cacheStatus())
						}
					}
				}
				s.turn(nil)
				ask(p, "/page", "Accept-Language: de", "Accept-Encoding: gzip")
				ask(p, "/page", "Accept-Language: de", "Accept-Encoding: gzip")
				a := ask(p, "/page", "Accept-Language: de", "Accept-Encoding: gzip")
				if a.isHit() == (says == "Cache-Control: no-cache") {
					t.Errorf("%s has failed, %s: %s", failing, says, a.cacheStatus())
				}
			})
		}
	}
}

// A store that hangs delays an answer by its time-out, and a client whose time is over is not kept.
func TestAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caches, s := inIll(t)
		p := within(caches, middleware.CachePage(ttl)(answering("page")))
		ask(p, "/other")
		s.turn(func(string) error {
			time.Sleep(10 * time.Second)
			return nil
		})
		clients := startMany(t, p, 10)
		hasty := start(t, http.TimeoutHandler(p, time.Second, "too late"), request("GET", "/page"))
		if a := hasty.wait(); a.status != http.StatusServiceUnavailable {
			t.Errorf("%d %q", a.status, a.body)
		}
		for _, c := range clients {
			c.wait().wantBody(t, "page")
		}
		s.turn(nil)
		time.Sleep(time.Minute)
		ask(p, "/page").wantHit(t, "page")
	})
}

// Damaged, cut or foreign bytes in the store cause no panic and give nobody another's page. Only a
// store can tell that a bit has changed.
func TestDamagedBytesInTheStore(t *testing.T) {
	for _, vary := range []string{"", "Accept-Language"} {
		b := new(backend)
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", vary)
			_, _ = io.WriteString(w, "the page in "+r.Header.Get("Accept-Language"))
		}}
		p := within(newCaches(t, b.config()), middleware.CachePage(ttl)(h))
		get := func() answer { return ask(p, "/page", "Accept-Language: de") }
		get()
		length := 0
		for _, value := range b.values {
			length = max(length, len(value))
		}
		for i := range length {
			for name, harm := range map[string]func([]byte) []byte{
				"cut":     func(v []byte) []byte { return v[:min(i, len(v))] },
				"flipped": func(v []byte) []byte { return changed(v, i, 0x01) },
				"zeroed":  func(v []byte) []byte { return changed(v, i, 0xff) },
				"longer":  func(v []byte) []byte { return append(v[:len(v):len(v)], make([]byte, i)...) },
			} {
				b.damage(harm)
				var a answer
				if v := panicOf(func() { a = get() }); v != nil || !a.isHit() && (a.status != 200 || a.body != "the page in de") || a.status == 200 && len(a.body) != len("the page in de") {
					t.Fatalf("%s at %d: %d %q, panic %v, %s", name, i, a.status, a.body, v, a.cacheStatus())
				}
			}
		}
		b.damage(func(v []byte) []byte { return v })
		get().wantBody(t, "the page in de")
	}
}

// changed returns a copy of v with bits of one byte changed.
func changed(v []byte, i int, bits byte) []byte {
	v = append([]byte(nil), v...)
	if i < len(v) {
		v[i] ^= bits
	}
	return v
}
