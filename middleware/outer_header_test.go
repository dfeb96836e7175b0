package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// outerFields is middleware that sets fields, and h inside of it.
func outerFields(h http.Handler, fields ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addFields(w.Header(), fields)
		h.ServeHTTP(w, r)
	})
}

// A Content-Type, ETag or Date that outer middleware has set is not replaced by a guess.
func TestAFieldThatIsPresentIsNotReplacedByAGuess(t *testing.T) {
	for _, f := range []string{"Content-Type: application/json", `Etag: "outer"`, "Date: Sun, 06 Nov 1994 08:49:37 GMT"} {
		for how, length := range lengths {
			name, want, _ := strings.Cut(f, ": ")
			p := outerFields(cached(t, answering("<script>"+strings.Repeat("x", length))), f)
			for i := range 3 {
				if got := ask(p, "/page").header[name]; len(got) != 1 || got[0] != want {
					t.Errorf("%s, request %d: %s is %q", how, i, name, got)
				}
			}
		}
	}
}

// A handler sees the header of outer middleware and can remove fields of it.
func TestAHandlerSeesTheHeaderOfMiddlewareAndRemovesFieldsOfIt(t *testing.T) {
	for how, length := range lengths {
		for store, config := range map[string]cache.Config{
			"native": {Backend: "memory"}, "bytes": {Backend: "file", Location: filepath.Join(t.TempDir(), "cache")},
		} {
			t.Run(how+", "+store, func(t *testing.T) {
				h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
					if w.Header().Get("X-Request-Id") == "" {
						t.Error("the field of outer middleware is not there")
					}
					w.Header().Del("X-Frame-Options")
					w.Header().Add("Content-Security-Policy", "img-src 'self'")
					w.Header().Set("Server", "own")
					_, _ = io.WriteString(w, strings.Repeat("x", length))
				}}
				page := within(newCaches(t, config), middleware.CachePage(ttl)(h))
				for i := range 3 {
					a := ask(outerFields(page, "X-Frame-Options: DENY", fmt.Sprint("X-Request-Id: ", i), "Server: outer", "Content-Security-Policy: default-src 'self'"), "/page")
					if a.isHit() != (i > 0) {
						t.Errorf("request %d: %s", i, a.cacheStatus())
					}
					for name, want := range map[string]string{
						"X-Frame-Options": "[]", "X-Request-Id": fmt.Sprintf("[%d]", i), "Server": "[own]",
						"Content-Security-Policy": "[default-src 'self' img-src 'self']",
					} {
						if got := fmt.Sprint(a.header[name]); got != want {
							t.Errorf("request %d: %s is %s, want %s", i, name, got, want)
						}
					}
				}
			})
		}
	}
}

// A response whose handler writes another status after the first byte has failed and is not stored.
// net/http ignores the second status.
// RFC 9111, 3.3
func TestAResponseThatFailsHalfWayIsNotStored(t *testing.T) {
	for how, length := range map[string]int{"held": 10, "streamed": 10_000} {
		synctest.Test(t, func(t *testing.T) {
			fails := true
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Second)
				_, _ = io.WriteString(w, strings.Repeat("x", length))
				if fails {
					fails = false
					http.Error(w, "something is wrong", http.StatusInternalServerError)
					return
				}
				_, _ = io.WriteString(w, "end")
			}}
			p := cached(t, h)
			clients := startMany(t, p, 3)
			if a := clients[0].wait(); a.status != http.StatusOK || !strings.HasSuffix(a.body, "wrong\n") {
				t.Errorf("%s: the first client got %d, %.20q: not what the handler alone gives", how, a.status, a.body)
			}
			for _, c := range clients[1:] {
				<-c.done
				if c.panics == nil && !strings.HasSuffix(c.w.Body.String(), "end") {
					t.Errorf("%s: one who waited takes half a page for the whole", how)
				}
			}
			ask(p, "/page").wantBody(t, strings.Repeat("x", length)+"end")
			ask(p, "/page").wantHit(t, strings.Repeat("x", length)+"end")
		})
	}
}

// A handler that writes past the cache leaves no response to store.
func TestAHandlerThatWritesPastTheCacheHasNoResponse(t *testing.T) {
	h := &handler{serve: func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(keptWriterOf(r), "past the cache")
	}}
	s := newServer(t, keeping(cached(t, h)))
	for range 3 {
		a := fetch(t, s, "GET", "/page")
		a.wantBody(t, "past the cache")
		if a.status != http.StatusOK || a.isHit() {
			t.Errorf("%d, %s", a.status, a.cacheStatus())
		}
	}
	h.wantRuns(t, 3)
}

// answeringLate answers 504 when the time of a request is over, as chi's Timeout does.
func answeringLate(d time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d)
		defer func() {
			cancel()
			if ctx.Err() == context.DeadlineExceeded {
				w.WriteHeader(http.StatusGatewayTimeout)
			}
		}()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// The middleware that limits the time of a request answers when it is over.
func TestTheMiddlewareThatLimitsTheTimeAnswers(t *testing.T) {
	for name, waits := range map[string]func(r *http.Request){
		"a handler that heeds its context": func(r *http.Request) { <-r.Context().Done() },
		"one that does not":                func(*http.Request) { time.Sleep(200 * time.Millisecond) },
	} {
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { waits(r) })
		page := middleware.CachePage(ttl)(h)
		for where, p := range map[string]http.Handler{
			"inside of Lifecycle":  within(inMemory(t), answeringLate(50*time.Millisecond, page)),
			"outside of Lifecycle": answeringLate(50*time.Millisecond, within(inMemory(t), page)),
		} {
			t.Run(name+", "+where, func(t *testing.T) {
				s := newServer(t, p)
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						a := fetch(t, s, "GET", "/page")
						if a.status != http.StatusGatewayTimeout || a.header.Get("Cache-Control") != "no-store" {
							t.Errorf("%d, %q", a.status, a.header)
						}
						a.wantStatus(t, "larder; fwd=uri-miss; detail=timeout")
					})
				}
				wg.Wait()
			})
		}
	}
}

// The run that a client started ends with its time, and those who wait start one more.
func TestRequestsThatWaitForARunWhoseTimeIsOverStartOneMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, body("page"))
		page := middleware.CachePage(ttl)(h)
		caches := inMemory(t)
		hasty := start(t, within(caches, answeringLate(time.Second/2, page)), request("GET", "/page"))
		patient := startMany(t, within(caches, page), 10)
		if a := hasty.wait(); a.status != http.StatusGatewayTimeout {
			t.Errorf("the one whose time is over got %d", a.status)
		}
		for _, c := range patient {
			c.wait().wantBody(t, "page")
		}
		h.wantRuns(t, 2)
	})
}

// The response that a handler writes when its time is over reaches the client.
func TestAHandlerThatAnswersWhenItsTimeIsOverIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := answering("too late")
		serve := h.serve
		h.serve = func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			w.WriteHeader(http.StatusServiceUnavailable)
			serve(w, r)
		}
		p := within(inMemory(t), timeLimited(10*time.Millisecond, middleware.CachePage(ttl)(h)))
		if a := ask(p, "/page"); a.status != http.StatusServiceUnavailable || a.body != "too late" {
			t.Errorf("%d %q", a.status, a.body)
		}
	})
}

// No header that a handler can reach is used by two goroutines. The race detector sees it.
func TestAHandlerMayUseTheHeaderOfMiddlewareWhileItsClientLeavesOrReads(t *testing.T) {
	wrappers := map[string]func(http.Handler) http.Handler{
		"the server's own writer": func(h http.Handler) http.Handler { return h },
		"one that looks at its header": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(&lookingWriter{w}, r) })
		},
	}
	for name, wrap := range wrappers {
		for when, length := range lengths {
			t.Run(name+", "+when, func(t *testing.T) {
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					for i := range 20 {
						keptWriterOf(r).Header().Set("X-Count", fmt.Sprint(i))
						_, _ = io.WriteString(w, strings.Repeat("x", length/10))
						_ = http.NewResponseController(w).Flush()
						keptWriterOf(r).Header().Set("X-Count", fmt.Sprint(-i))
					}
				})
				s := newServer(t, wrap(keeping(within(inMemory(t), middleware.CachePage(ttl)(h)))))
				var wg sync.WaitGroup
				for i := range 40 {
					wg.Go(func() {
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						time.AfterFunc(time.Duration(i%8)*time.Millisecond, cancel)
						r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+fmt.Sprint("/", i/4), nil)
						if response, err := s.Client().Do(r); err == nil {
							_, _ = io.Copy(io.Discard, response.Body)
							response.Body.Close()
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

// lookingWriter looks at its header whenever it is written to, as those of gorilla's and
// echo's compression do.
type lookingWriter struct{ http.ResponseWriter }

func (w *lookingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *lookingWriter) Write(p []byte) (int, error) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", http.DetectContentType(p))
	}
	w.Header().Del("Content-Length")
	return w.ResponseWriter.Write(p)
}
