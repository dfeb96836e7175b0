package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// once has a page asked for, and returns what the answer to r says.
func once(t *testing.T, h http.Handler, r *http.Request, opts ...middleware.PageOption) string {
	return send(cached(t, h, opts...), r).cacheStatus()
}

// withFields is once for a handler that sets these fields.
func withFields(fields ...string) func(*testing.T) string {
	return func(t *testing.T) string { return once(t, answering("page", fields...), request("GET", "/page")) }
}

// requestWith is once for a request with these fields.
func requestWith(fields ...string) func(*testing.T) string {
	return func(t *testing.T) string { return once(t, answering("page"), request("GET", "/page", fields...)) }
}

func answeringStatus(status int, fields ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		addFields(w.Header(), fields)
		w.WriteHeader(status)
	})
}

// ways is for each reason a way to meet with it.
var ways = map[string]func(*testing.T) string{
	"method": func(t *testing.T) string { return once(t, answering("page"), request("POST", "/page")) },
	"request-body": func(t *testing.T) string {
		return once(t, answering("page"), httptest.NewRequest("GET", "/page", strings.NewReader("x")))
	},
	"upgrade": requestWith("Upgrade: websocket"),
	"target": func(t *testing.T) string {
		r := request("GET", "/")
		r.RequestURI = "*"
		return once(t, answering("page"), r)
	},
	"ttl": func(t *testing.T) string {
		return ask(within(inMemory(t), middleware.CachePage(0)(answering("page"))), "/page").cacheStatus()
	},
	"when": func(t *testing.T) string {
		return once(t, answering("page"), request("GET", "/page"), middleware.When(func(*http.Request) bool { return false }))
	},
	"max-body": func(t *testing.T) string {
		caches := newCaches(t, cache.Config{Backend: "memory", MaxInFlight: 1000})
		return ask(behindAMux(caches, middleware.CachePage(ttl)(answering("page"))), "/page").cacheStatus()
	},
	"in-flight": func(t *testing.T) string {
		caches := newCaches(t, cache.Config{Backend: "memory", MaxInFlight: 4000})
		return ask(within(caches, middleware.CachePage(ttl, middleware.MaxBody(4000))(answering(strings.Repeat("x", 3000)))), "/page").cacheStatus()
	},
	"overlong":   requestWith("Connection: " + strings.Repeat("x,", 300)),
	"connection": requestWith("Connection: Accept-Language", "Accept-Language: de"),
	"status":     func(t *testing.T) string { return once(t, answeringStatus(404), request("GET", "/page")) },
	"partial": func(t *testing.T) string {
		return sharedOnce(t, answeringStatus(206, "Cache-Control: max-age=60"), request("GET", "/page"))
	},
	"no-lifetime": func(t *testing.T) string {
		return sharedOnce(t, answering("page"), request("GET", "/page"))
	},
	"upstream": func(t *testing.T) string {
		once(t, answeringStatus(502), request("GET", "/page"))
		return sharedOnce(t, answeringStatus(504), request("GET", "/page"))
	},
	"request-no-store": func(t *testing.T) string {
		return sharedOnce(t, answering("page", "Cache-Control: max-age=60"), request("GET", "/page", "Cache-Control: no-store"))
	},
	"credentials": requestWith("Cookie: session=1"),
	"csrf-token":  requestWith("X-CSRF-Token: 1"),
	"vary-credentials": func(t *testing.T) string {
		return ask(within(inMemory(t), middleware.VaryOnHeaders("Authorization")(middleware.CachePage(ttl)(answering("page")))), "/page").cacheStatus()
	},
	"set-cookie":   withFields("Set-Cookie: a=1"),
	"no-store":     withFields("Cache-Control: no-store"),
	"private":      withFields("Cache-Control: private"),
	"no-cache":     withFields("Cache-Control: no-cache"),
	"expired":      withFields("Cache-Control: max-age=0"),
	"vary-any":     withFields("Vary: *"),
	"vary-hidden":  withFields("Vary: Range"),
	"trailers":     withFields("Trailer: X-End"),
	"event-stream": withFields("Content-Type: text/event-stream"),
	"truncated":    withFields("Content-Length: 100"),
	"nested":       withFields("Cache-Status: larder; hit"),
	"redirect-to-itself": func(t *testing.T) string {
		return once(t, http.RedirectHandler("https://example.com/page", http.StatusFound), request("GET", "/page"))
	},
	"too-large": func(t *testing.T) string {
		return once(t, answering("page"), request("GET", "/page"), middleware.MaxBody(3))
	},
	"slow": func(t *testing.T) string {
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(6 * time.Minute) })
		return once(t, h, request("GET", "/page"))
	},
	"not-shared": func(t *testing.T) string {
		p := cached(t, slow(true, answering("page", "Cache-Control: private").serve))
		clients := startMany(t, p, 2)
		clients[0].wait()
		return clients[1].wait().cacheStatus()
	},
	"uncacheable": func(t *testing.T) string {
		p := cached(t, answering("page", "Cache-Control: private"))
		ask(p, "/page")
		return ask(p, "/page").cacheStatus()
	},
	"collision": func(t *testing.T) string {
		b := new(backend)
		p := within(newCaches(t, b.config()), middleware.CachePage(ttl)(answering("page")))
		ask(p, "/a")
		ask(p, "/b")
		var any []byte
		b.damage(func(value []byte) []byte {
			if any == nil {
				any = value
			}
			return any
		})
		return ask(p, "/a").cacheStatus() + ask(p, "/b").cacheStatus()
	},
	"encoding": func(t *testing.T) string {
		p := cached(t, answering("page", "Content-Encoding: gzip"))
		ask(p, "/page", "Accept-Encoding: gzip")
		return ask(p, "/page").cacheStatus()
	},
	"recursive": func(t *testing.T) string {
		var p http.Handler
		status := ""
		p = cached(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if status == "" {
				status = "asked"
				status = send(p, request("GET", "/page").WithContext(r.Context())).cacheStatus()
			}
		}))
		ask(p, "/page")
		return status
	},
	"store-error": func(t *testing.T) string {
		b := new(backend)
		b.failWith(errors.New("down"))
		return ask(within(newCaches(t, b.config()), middleware.CachePage(ttl)(answering("page"))), "/page").cacheStatus()
	},
	"store-refused": func(t *testing.T) string {
		caches := newCaches(t, withStore(func() (driver.Store, error) {
			s, err := memstore.New(memstore.Options{})
			return refusingStore{bytesOnly{s}, driver.ErrTooLarge}, err
		}))
		return ask(within(caches, middleware.CachePage(ttl)(answering("page"))), "/page").cacheStatus()
	},
	"unknown-alias": func(t *testing.T) string {
		return ask(behindAMux(inMemory(t), middleware.CachePage(ttl, middleware.Alias("nope"))(answering("page"))), "/page").cacheStatus()
	},
	"left": func(t *testing.T) string {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(time.Second/2, cancel)
		return once(t, slow(true, body("page")), request("GET", "/page").WithContext(ctx))
	},
	"timeout": func(t *testing.T) string {
		page := middleware.CachePage(ttl)(slow(true, body("page")))
		return ask(within(inMemory(t), timeLimited(time.Second/2, page)), "/page").cacheStatus()
	},
	"vary-cookie": func(t *testing.T) string {
		page := middleware.CachePage(ttl)(answering("page"))
		return ask(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Cookie")
			within(inMemory(t), page).ServeHTTP(w, r)
		}), "/page").cacheStatus()
	},
	"nonce": func(t *testing.T) string {
		page := middleware.CachePage(ttl)(answering("page"))
		return ask(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "script-src 'nonce-abc'")
			within(inMemory(t), page).ServeHTTP(w, r)
		}), "/page").cacheStatus()
	},
	"no-response": func(t *testing.T) string {
		type key struct{}
		page := middleware.CachePage(ttl)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(r.Context().Value(key{}).(http.ResponseWriter), "past the cache")
		}))
		p := within(inMemory(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, w)))
		}))
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", "/page", nil))
		return w.Header().Get("Cache-Status")
	},
	"patience": func(t *testing.T) string {
		p := cached(t, slow(true, body("page")), middleware.MaxWait(time.Second/2))
		clients := startMany(t, p, 2)
		clients[0].wait()
		return clients[1].wait().cacheStatus()
	},
	"purged": func(t *testing.T) string {
		caches := inMemory(t)
		p := within(caches, middleware.CachePage(ttl)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			time.Sleep(time.Second)
		})))
		first := start(t, p, request("GET", "/page"))
		time.Sleep(time.Second / 4)
		if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com/"); err != nil {
			t.Error(err)
		}
		status := ask(p, "/page").cacheStatus()
		first.wait()
		return status
	},
	"unstable": func(t *testing.T) string {
		caches := inMemory(t)
		p := within(caches, middleware.CachePage(ttl)(slow(true, body("page"))))
		clients := startMany(t, p, 3)
		for range 2 {
			time.Sleep(time.Second / 2)
			if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com/"); err != nil {
				t.Error(err)
			}
			clients = append(clients, start(t, p, request("GET", "/other"))) // it reads the list of purges
			time.Sleep(time.Second / 2)
			synctest.Wait()
		}
		status := ""
		for _, c := range clients {
			status += c.wait().cacheStatus()
		}
		return status
	},
	"only-if-cached": func(t *testing.T) string {
		return sharedOnce(t, answering("page"), request("GET", "/page", "Cache-Control: only-if-cached"))
	},
	"handler-error": func(t *testing.T) string {
		f := newFramework()
		f.handler = func(w http.ResponseWriter, _ *http.Request, _ *pooled) error {
			_, _ = io.WriteString(w, "half a page")
			return errors.New("a fault")
		}
		return ask(within(inMemory(t), f), "/page").cacheStatus()
	},
	"stale-if-error": func(t *testing.T) string {
		failing := false
		p := within(inMemory(t), middleware.Site()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=1, stale-if-error=60")
			if failing {
				w.WriteHeader(503)
			}
		})))
		ask(p, "/page")
		failing = true
		time.Sleep(2 * time.Second)
		return ask(p, "/page").cacheStatus()
	},
}

func sharedOnce(t *testing.T, h http.Handler, r *http.Request) string {
	return send(within(inMemory(t), middleware.Shared()(h)), r).cacheStatus()
}

// Each reason is the detail of Cache-Status for some request.
// RFC 9211, 2.8
func TestEveryReasonIsMetWith(t *testing.T) {
	for _, r := range middleware.Reasons() {
		if r.Detail == "hijacked" {
			continue // the response is not larder's
		}
		t.Run(r.Detail, func(t *testing.T) {
			way := ways[r.Detail]
			if way == nil {
				t.Fatal("there is no test of this reason")
			}
			synctest.Test(t, func(t *testing.T) {
				if got := way(t); !strings.Contains(got, "; detail="+r.Detail) {
					t.Errorf("Cache-Status is %q", got)
				}
			})
		})
	}
}

// That a handler hijacks its connection is remembered for its page.
func TestAHijackedConnectionIsRemembered(t *testing.T) {
	hijacks := true
	s := newServer(t, cached(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !hijacks {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_ = conn.Close()
	})))
	if a := fetch(t, s, "GET", "/page"); a.cacheStatus() != "" {
		t.Errorf("Cache-Status is %q", a.cacheStatus())
	}
	hijacks = false
	fetch(t, s, "GET", "/page").wantStatus(t, "larder; fwd=uri-miss; detail=uncacheable; larder-cause=hijacked")
}
