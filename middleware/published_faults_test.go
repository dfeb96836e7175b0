package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// faults are those of published caches, each with the test that ours has not got
// it. One more, that a library installs signal handlers in its user's process, is a
// rule of internal/house.
var faults = []struct {
	fault string
	test  func(*testing.T)
}{
	{"HEAD caches an empty body for GET", TestHeadIsAnsweredFromWhatAGetWouldGive},
	{"a key without host or method, so that one user gets another's page", TestHostAndMethodAreInTheKey},
	{"requests with different Authorization are coalesced into one answer", TestUsersWhoAskAtTheSameTimeAreNotCoalesced},
	{"a coalesced 503 becomes an empty 200 for those who waited", TestA503IsOneForAllThatWait},
	{"the first client leaves, and the others get an empty 200, a 502, or its cached error", TestTheFirstOfTwentyLeaves},
	{"Header().Set in a loop keeps only the last of several values", TestSeveralValuesOfAFieldStay},
	{"a private response and its cookie are handed to all who wait", TestAResponseThatIsNotForAllGoesToOneClientOnly},
	{"a background refresh panics and kills the process", TestARefreshThatPanicsEndsThere},
	{"a refresh uses the request's cancelled context", TestARefreshOutlivesItsRequest},
	{"the wrapper hides Flusher", TestAFlushReachesTheClientAtOnce},
	{"concurrent misses append to one body", TestConcurrentMissesMakeOneBody},
	{"a gzip body is sent to a client that cannot read it", TestAGzippedPageNeverReachesAClientThatDoesNotAcceptIt},
	{"a purge path matches anywhere in the URL", TestAPrefixIsThatOfThePath},
	{"a purge by regular expression deletes neighbours", TestAPurgeIsOfOnePage},
	{"a file of 4 GiB is buffered in memory", TestALongResponseTakesLittleMemory},
	{"a blank page is cached when the client has left", TestARunThatIgnoresItsCancellationIsNotStored},
	{"stale-if-error doubles the body", TestAStalePageInPlaceOfAFailureIsThatPage},
	{"an empty 200 is stored when the handler fails", TestAHandlerThatFailsWithoutAWordIsNotStored},
	{"WriteString bypasses the recorder", TestEveryWayOfWritingIsRecorded},
	{"the lower-cased path is the whole key", TestTheCaseOfAPathCounts},
	{"a hit allocates 8 MB to decompress 1 KiB", TestAHitInMemoryAllocatesOnce},
}

// Each fault that was found in published caches has a test here.
func TestEveryFaultHasItsTest(t *testing.T) {
	seen := make(map[string]bool)
	for _, f := range faults {
		name := runtime.FuncForPC(reflect.ValueOf(f.test).Pointer()).Name()
		if _, name, _ = strings.Cut(name, "middleware_test."); !strings.HasPrefix(name, "Test") || seen[name] {
			t.Errorf("%s: %s", f.fault, name)
		}
		seen[name] = true
	}
}

// Host and method are in the key.
// RFC 9111, 2; RFC 9111, 4
func TestHostAndMethodAreInTheKey(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, r.Method+" "+r.Host)
	}}
	for _, p := range modes(t, h) {
		for range 2 {
			for _, host := range []string{"a.test", "b.test"} {
				for _, method := range []string{"GET", "OPTIONS", "REPORT"} {
					send(p, request(method, "http://"+host+"/page")).wantBody(t, method+" "+host)
				}
			}
		}
	}
}

// A 503 is a 503 with its body for all who wait, never an empty 200.
func TestA503IsOneForAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for mode, p := range modes(t, slow(true, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "sorry")
		})) {
			for _, c := range startMany(t, p, 20) {
				if a := c.wait(); a.status != http.StatusServiceUnavailable || a.body != "sorry" {
					t.Errorf("%s: %d %q", mode, a.status, a.body)
				}
			}
		}
	})
}

// When the first of twenty clients leaves, the other nineteen get the page.
func TestTheFirstOfTwentyLeaves(t *testing.T) {
	for _, heedful := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			for mode, p := range modes(t, slow(heedful, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				_, _ = io.WriteString(w, "page")
			})) {
				clients := startMany(t, p, 20)
				clients[0].leave()
				clients[0].wait()
				for _, c := range clients[1:] {
					if a := c.wait(); a.status != http.StatusOK || a.body != "page" {
						t.Errorf("%s: %d %q", mode, a.status, a.body)
					}
				}
				ask(p, "/page").wantHit(t, "page")
			}
		})
	}
}

// All values of a field are kept, in their order.
// RFC 9110, 5.3; RFC 9111, 3.1
func TestSeveralValuesOfAFieldStay(t *testing.T) {
	h := answering("page", "Cache-Control: max-age=60", "Link: <a>", "Link: <b>", "X-Many: 1", "X-Many: 2", "X-Many: 3")
	for mode, p := range modes(t, h) {
		for range 3 {
			a := ask(p, "/page")
			if got := fmt.Sprint(a.header["Link"], a.header["X-Many"]); got != "[<a> <b>] [1 2 3]" {
				t.Errorf("%s: %s", mode, got)
			}
		}
	}
}

// staling returns a handler of "page" that is soon stale, and whose later runs
// are then's.
func staling(then http.HandlerFunc) *handler {
	h := new(handler)
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=10, stale-while-revalidate=600, stale-if-error=600")
		if h.runs.Load() > 1 {
			then(w, r)
			return
		}
		_, _ = io.WriteString(w, "page")
	}
	return h
}

// whenStale asks for a page and then again when it is stale.
func whenStale(t *testing.T, h *handler, opts []middleware.PageOption, test func(t *testing.T, mode string, p http.Handler)) {
	t.Helper()
	for _, mode := range []string{"view", "site", "shared", "literal"} {
		synctest.Test(t, func(t *testing.T) {
			h.runs.Store(0)
			p := modes(t, h, opts...)[mode]
			ask(p, "/page").wantBody(t, "page")
			time.Sleep(staleAfter(mode))
			test(t, mode, p)
			synctest.Wait()
		})
	}
}

// A background refresh that panics ends there, and the stale page is served.
func TestARefreshThatPanicsEndsThere(t *testing.T) {
	whenStale(t, staling(func(http.ResponseWriter, *http.Request) { panic("bug") }), nil, func(t *testing.T, _ string, p http.Handler) {
		for range 3 {
			ask(p, "/page").wantHit(t, "page")
			synctest.Wait()
		}
	})
}

// A background refresh outlives the request that triggered it.
func TestARefreshOutlivesItsRequest(t *testing.T) {
	whenStale(t, staling(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(time.Second):
			_, _ = io.WriteString(w, "new page")
		case <-r.Context().Done():
		}
	}), nil, func(t *testing.T, mode string, p http.Handler) {
		c := start(t, p, request("GET", "/page"))
		c.wait().wantHit(t, "page")
		c.leave()
		time.Sleep(2 * time.Second)
		if a := ask(p, "/page"); a.body != "new page" {
			t.Errorf("%s: %q", mode, a.body)
		}
	})
}

// Concurrent misses make one body.
func TestConcurrentMissesMakeOneBody(t *testing.T) {
	for _, length := range []int{10, 100_000} {
		synctest.Test(t, func(t *testing.T) {
			for mode, p := range modes(t, slow(true, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				for range length {
					_, _ = io.WriteString(w, "x")
				}
			})) {
				for _, c := range startMany(t, p, 10) {
					if a := c.wait(); len(a.body) != length {
						t.Errorf("%s: %d bytes, want %d", mode, len(a.body), length)
					}
				}
			}
		})
	}
}

// A purge by prefix matches the beginning of the path, at the borders of its segments.
func TestAPrefixIsThatOfThePath(t *testing.T) {
	caches := inMemory(t)
	p := within(caches, middleware.CachePage(ttl)(telling()))
	under := []string{"/shop", "/shop/", "/shop/hats", "/shop?page=2", "/shop/a/b", "/%73hop", "/./shop/hats"}
	beside := []string{"/shopping", "/a/shop", "/SHOP", "/?x=/shop", "/sho", "/a//shop/", "/shop%2Fhats"}
	for _, path := range append(under, beside...) {
		ask(p, path)
	}
	if err := plainPages.PurgePrefix(caches.Scope(t.Context()), "http://example.com/shop"); err != nil {
		t.Fatal(err)
	}
	for _, path := range under {
		if ask(p, path).isHit() {
			t.Errorf("%s is still there", path)
		}
	}
	for _, path := range beside {
		if !ask(p, path).isHit() {
			t.Errorf("%s is gone", path)
		}
	}
}

// A purge by URL is of exactly that URL: nothing in it is a pattern.
func TestAPurgeIsOfOnePage(t *testing.T) {
	caches := inMemory(t)
	p := within(caches, middleware.CachePage(ttl)(telling()))
	others := []string{"/axb", "/a.b/", "/a.b?x=2", "/a.b?x=1&y", "/a.bc", "/", "/A.b", "/a%2Eb"}
	for _, path := range append(others, "/a.b?x=1") {
		ask(p, path)
	}
	if err := plainPages.Purge(caches.Scope(t.Context()), "http://example.com/a.b?x=1"); err != nil {
		t.Fatal(err)
	}
	for _, path := range others {
		if !ask(p, path).isHit() {
			t.Errorf("%s is gone", path)
		}
	}
	if ask(p, "/a.b?x=1").isHit() {
		t.Error("the page is still there")
	}
}

// slowPoke is a client that keeps nothing, and looks how much memory is in use.
type slowPoke struct {
	nowhere
	total, peak uint64
}

func (w *slowPoke) Write(p []byte) (int, error) {
	if before := w.total; before>>24 != (before+uint64(len(p)))>>24 { // at every 16 MiB
		w.peak = max(w.peak, heap())
	}
	w.total += uint64(len(p))
	return len(p), nil
}

// A response over the limit takes little memory.
func TestALongResponseTakesLittleMemory(t *testing.T) {
	const length = 96 << 20
	for _, known := range []bool{true, false} {
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			if known {
				w.Header().Set("Content-Length", strconv.Itoa(length))
			}
			_, _ = io.CopyN(w, zeros{}, length)
		}}
		for mode, p := range modes(t, h) {
			w, before := &slowPoke{nowhere: nowhere{make(http.Header)}}, heap()
			p.ServeHTTP(w, request("GET", "/page"))
			if w.total != length || w.peak > before+(40<<20) {
				t.Errorf("%s, known %v: %d bytes sent, %d more in use", mode, known, w.total, w.peak-before)
			}
			if mode == "view" {
				break // they do not differ here
			}
		}
	}
}

// A stale page that replaces a failure is that page alone, with nothing of the failure.
// RFC 5861, 4
func TestAStalePageInPlaceOfAFailureIsThatPage(t *testing.T) {
	for name, fail := range map[string]http.HandlerFunc{
		"short": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "error")
		},
		"long": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, strings.Repeat("error", 5000))
		},
		"flushed": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "error")
		},
		"panic": func(http.ResponseWriter, *http.Request) { panic("bug") },
		"panic after a header": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		},
	} {
		h := staling(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			fail(w, r)
		})
		// Requests that want no stale page get one only for the failure.
		whenStale(t, h, []middleware.PageOption{middleware.HeedRequests(), middleware.Grace(10 * time.Minute)}, func(t *testing.T, mode string, p http.Handler) {
			for _, c := range startMany(t, p, 5, "Cache-Control: min-fresh=1") {
				if a := c.wait(); a.body != "page" || a.status != http.StatusOK || c.panics != nil {
					t.Errorf("%s, %s: %d %.20q, panic %v, %s", name, mode, a.status, a.body, c.panics, a.cacheStatus())
				}
			}
		})
	}
}

// A handler that fails before it writes anything is not stored.
func TestAHandlerThatFailsWithoutAWordIsNotStored(t *testing.T) {
	for name, fail := range map[string]func(r *http.Request){
		"panic":  func(*http.Request) { panic(http.ErrAbortHandler) },
		"Goexit": func(*http.Request) { runtime.Goexit() },
	} {
		synctest.Test(t, func(t *testing.T) {
			h := new(handler)
			h.serve = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				if h.runs.Load() == 1 {
					fail(r)
				}
				_, _ = io.WriteString(w, "page")
			}
			for mode, p := range modes(t, h) {
				h.runs.Store(0)
				if c := start(t, p, request("GET", "/page")); c.panics == nil && c.wait().body == "" {
					t.Errorf("%s, %s: the client takes nothing for the page", name, mode)
				}
				ask(p, "/page").wantBody(t, "page")
			}
		})
	}
}

// What a handler writes is stored whichever way it writes.
func TestEveryWayOfWritingIsRecorded(t *testing.T) {
	for name, respond := range map[string]http.HandlerFunc{
		"Write":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("page")) },
		"WriteString": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") },
		"Fprint":      func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "page") },
		"Copy":        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("page")) },
		"ServeContent": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", testTime, strings.NewReader("page"))
		},
		"both": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "pa")
			_, _ = io.Copy(w, strings.NewReader("ge"))
		},
		"from another": func(w http.ResponseWriter, _ *http.Request) {
			var wait sync.WaitGroup
			wait.Go(func() { _, _ = io.WriteString(w, "page") })
			wait.Wait()
		},
		"StringWriter": func(w http.ResponseWriter, _ *http.Request) {
			if s, ok := w.(io.StringWriter); ok {
				_, _ = s.WriteString("page")
				return
			}
			_, _ = w.Write([]byte("page"))
		},
	} {
		for range 2 {
			p := cached(t, respond)
			ask(p, "/page").wantBody(t, "page")
			if a := ask(p, "/page"); !a.isHit() || a.body != "page" {
				t.Errorf("%s: %q, %s", name, a.body, a.cacheStatus())
			}
		}
	}
}

// Paths and queries that differ in case are different pages.
// RFC 9110, 4.2.3; RFC 3986, 6.2.2.1
func TestTheCaseOfAPathCounts(t *testing.T) {
	for mode, p := range modes(t, telling()) {
		for range 2 {
			for _, path := range []string{"/page", "/Page", "/PAGE", "/page?a", "/page?A"} {
				if a := ask(p, path); !strings.Contains(a.body, " "+path+" ") {
					t.Errorf("%s: %s: %s", mode, path, a.body)
				}
			}
		}
	}
}
