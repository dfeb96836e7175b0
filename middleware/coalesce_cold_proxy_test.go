package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/middleware"
)

// newProxy returns a server that is a shared cache before an origin, as
// examples/proxy is.
func newProxy(t *testing.T, origin http.Handler, opts ...middleware.PageOption) *httptest.Server {
	t.Helper()
	target, err := url.Parse(newServer(t, origin).URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	s := newServer(t, within(inMemory(t), middleware.Shared(opts...)(proxy)))
	s.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = crowd
	return s
}

// crowdOf asks the server for the page many times at once, calls meanwhile, and
// returns the answers when all are there. The first request is on its way before
// the others, and ends with ctx.
func crowdOf(ctx context.Context, t *testing.T, s *httptest.Server, n int, begun <-chan struct{}, meanwhile func()) []answer {
	t.Helper()
	answers := make([]answer, n)
	var wg sync.WaitGroup
	for i := range n {
		c := t.Context()
		if i == 0 {
			c = ctx
		}
		wg.Go(func() {
			r, _ := http.NewRequestWithContext(c, "GET", s.URL+"/page", nil)
			r.Header.Set("X-Client", fmt.Sprint(i))
			response, err := s.Client().Do(r)
			if err != nil {
				answers[i].err = err
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			answers[i] = answer{status: response.StatusCode, header: response.Header, body: string(body), err: err}
		})
		if i == 0 {
			<-begun
		}
	}
	meanwhile()
	wg.Wait()
	return answers
}

// Clients that wait for a proxied page get it whole when the client that started the run leaves.
func TestACrowdBeforeAProxyWhoseFirstClientLeaves(t *testing.T) {
	const n = 100
	page := strings.Repeat("page ", 20_000)
	for name, heedful := range map[string]bool{"the origin heeds its context": true, "it does not": false} {
		for when, part := range map[string]int{"before the header": 0, "in the middle": 50_000} {
			t.Run(name+", "+when, func(t *testing.T) {
				begun, goOn := make(chan struct{}, n), make(chan struct{})
				h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
					begun <- struct{}{}
					w.Header().Set("Cache-Control", "max-age=60")
					_, _ = io.WriteString(w, page[:part])
					if part > 0 {
						w.(http.Flusher).Flush()
					}
					var stop <-chan struct{}
					if heedful {
						stop = r.Context().Done()
					}
					select {
					case <-goOn:
						_, _ = io.WriteString(w, page[part:])
					case <-stop:
						panic(http.ErrAbortHandler)
					}
				}}
				s := newProxy(t, h)
				var asked atomic.Int32
				s.Config.Handler = countingRequests(s.Config.Handler, &asked)
				ctx, leave := context.WithCancel(t.Context())
				answers := crowdOf(ctx, t, s, n, begun, func() {
					awaitCount(t, &asked, n)
					leave()
					awaitCount(t, &asked, n-1)
					close(goOn)
				})
				if !errors.Is(answers[0].err, context.Canceled) {
					t.Errorf("the first: %v", answers[0].err)
				}
				for i, a := range answers[1:] {
					if a.status != 200 || a.err != nil || a.body != page {
						t.Fatalf("client %d: %d, %d bytes, %v, %s", i+1, a.status, len(a.body), a.err, a.cacheStatus())
					}
				}
				h.wantRuns(t, 1)
				fetch(t, s, "GET", "/page").wantHit(t, page)
			})
		}
	}
}

// countingRequests counts the requests under way whose clients are there.
func countingRequests(h http.Handler, n *atomic.Int32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		context.AfterFunc(r.Context(), func() { n.Add(-1) })
		h.ServeHTTP(w, r)
	})
}

// awaitCount waits until there are n requests under way.
func awaitCount(t *testing.T, count *atomic.Int32, n int32) {
	t.Helper()
	testserver.Await(t, func(context.Context) error {
		if got := count.Load(); got != n {
			return fmt.Errorf("%d requests are under way, want %d", got, n)
		}
		return nil
	})
}

// When an origin closes its connection in the middle of a page, no client takes its part for the
// whole, and nothing is stored.
// RFC 9111, 3.3; RFC 9112, 8
func TestACrowdBeforeAProxyWhoseOriginBreaksOff(t *testing.T) {
	const n = 100
	page := strings.Repeat("page ", 20_000)
	for name, length := range map[string]string{"chunked": "", "with a length": fmt.Sprint(len(page))} {
		t.Run(name, func(t *testing.T) {
			begun := make(chan struct{}, 2*n)
			h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				begun <- struct{}{}
				w.Header().Set("Cache-Control", "max-age=60")
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				_, _ = io.WriteString(w, page[:50_000])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}}
			for i, a := range crowdOf(t.Context(), t, newProxy(t, h), n, begun, func() {}) {
				if a.err == nil {
					t.Errorf("client %d takes %d bytes for whole: %d, %s", i, len(a.body), a.status, a.cacheStatus())
				}
			}
		})
	}
}

// When an origin closes its connection before the first byte, clients get 502, or the stale page if
// stale-if-error allows it.
// RFC 9110, 15.6.3; RFC 5861, 4
func TestAnOriginThatBreaksOffBeforeTheFirstByteIsABadGateway(t *testing.T) {
	broken := false
	var mu sync.Mutex
	h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if broken {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Cache-Control", "max-age=0, stale-if-error=60")
		w.Header().Set("Etag", `"1"`)
		_, _ = io.WriteString(w, "page")
	}}
	s := newProxy(t, h)
	fetch(t, s, "GET", "/page").wantBody(t, "page")
	mu.Lock()
	broken = true
	mu.Unlock()
	a := fetch(t, s, "GET", "/page")
	a.wantBody(t, "page")
	a.wantStatus(t, "larder; fwd=stale; fwd-status=502; detail=stale-if-error")
	if a := fetch(t, s, "GET", "/other"); a.status != http.StatusBadGateway {
		t.Errorf("the status is %d", a.status)
	}
}
