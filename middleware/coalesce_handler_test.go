package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// A handler that requests its own page in its run does not wait for itself.
func TestAHandlerMayAskForItsOwnPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p http.Handler
		var inner answer
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Inner") == "" {
				inner = send(p, request("GET", "/page", "X-Inner: 1").WithContext(r.Context()))
			}
			_, _ = io.WriteString(w, "page")
		}}
		p = cached(t, h)
		ask(p, "/page").wantBody(t, "page")
		inner.wantBody(t, "page")
		inner.wantStatus(t, "larder; fwd=bypass; detail=recursive")
		ask(p, "/page").wantHit(t, "page")
	})
}

// Two handlers that request each other's pages in their runs do not wait for each other.
func TestTwoHandlersMayAskForEachOthersPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p http.Handler
		p = cached(t, &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			if r.Header.Get("X-Depth") != "ii" {
				other := map[string]string{"/a": "/b", "/b": "/a"}[r.URL.Path]
				send(p, request("GET", other, "X-Depth: "+r.Header.Get("X-Depth")+"i").WithContext(r.Context()))
			}
			_, _ = io.WriteString(w, r.URL.Path)
		}})
		a, b := start(t, p, request("GET", "/a")), start(t, p, request("GET", "/b"))
		a.wait().wantBody(t, "/a")
		b.wait().wantBody(t, "/b")
	})
}

// What a goroutine of the handler writes after the handler has returned changes neither the
// response nor the stored page.
func TestWhatAHandlerLeavesRunningChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		var write, flush error
		var hijack error
		p := cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Own", "before")
			header := w.Header()
			_, _ = io.WriteString(w, "page")
			go func() {
				<-goOn
				header.Set("X-Own", "after")
				w.WriteHeader(http.StatusTeapot)
				_, write = io.WriteString(w, " and more")
				flush = http.NewResponseController(w).Flush()
				_, _, hijack = http.NewResponseController(w).Hijack()
			}()
		}})
		first := ask(p, "/page")
		close(goOn)
		synctest.Wait()
		for _, a := range []answer{first, ask(p, "/page")} {
			a.wantBody(t, "page")
			if a.status != 200 || a.header.Get("X-Own") != "before" {
				t.Errorf("%d %q", a.status, a.header)
			}
		}
		if write == nil || flush == nil || hijack == nil {
			t.Errorf("Write: %v, Flush: %v, Hijack: %v", write, flush, hijack)
		}
	})
}

// What a goroutine of a handler that panicked writes does not reach the client.
func TestWhatAPanickedHandlerLeavesRunningDoesNotReachTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		var flush error
		p := cached(t, &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			go func() {
				<-goOn
				flush = http.NewResponseController(w).Flush()
			}()
			panic("x")
		}})
		c := start(t, p, request("GET", "/page"))
		c.wait()
		close(goOn)
		synctest.Wait()
		if flush == nil || c.w.Flushed {
			t.Errorf("Flush: %v", flush)
		}
	})
}

// Outer middleware may change the lines of a header in place without changing the stored page.
func TestMiddlewareFurtherOutMayChangeLinesInPlace(t *testing.T) {
	p := cached(t, answering("page", "X-Many: 1", "X-Many: 2", "Cache-Status: inner; fwd=miss"))
	vandal := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.ServeHTTP(w, r)
		for name, lines := range w.Header() {
			for i := range lines {
				lines[i] = "broken"
			}
			w.Header()[name] = append(lines, "added")
		}
	})
	want := ask(p, "/page")
	for range 3 {
		ask(vandal, "/page")
	}
	for name, lines := range ask(p, "/page").header {
		if name != "Cache-Status" && name != "Age" && fmt.Sprint(lines) != fmt.Sprint(want.header[name]) || strings.Contains(fmt.Sprint(lines), "broken") {
			t.Errorf("%s is %q, want %q", name, lines, want.header[name])
		}
	}
}

// A handler may change the request that it gets without changing the key or the variant.
func TestAHandlerMayChangeTheRequestThatItGets(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "X-A")
		_, _ = io.WriteString(w, r.Header.Get("X-A"))
		r.Header.Set("X-A", "changed")
		r.URL.Path, r.Host = "/changed", "changed"
	}}
	p := cached(t, h)
	for range 2 {
		ask(p, "/page", "X-A: 1").wantBody(t, "1")
		ask(p, "/page", "X-A: changed").wantBody(t, "changed")
	}
	h.wantRuns(t, 2)
}

// stuck is the ResponseWriter of a client that does not read.
type stuck struct {
	*httptest.ResponseRecorder
	goOn chan struct{}
}

func (w stuck) Write(p []byte) (int, error) {
	<-w.goOn
	return w.ResponseRecorder.Write(p)
}

// A client that started a run and does not read delays nobody else.
func TestAFirstClientThatDoesNotReadHoldsUpNoOther(t *testing.T) {
	for name, opts := range map[string][]middleware.PageOption{
		"a page":   nil,
		"a stream": {middleware.MaxBody(1)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := cached(t, slow(true, body("page")), opts...)
				goOn, done := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(done)
					p.ServeHTTP(stuck{httptest.NewRecorder(), goOn}, request("GET", "/page"))
				}()
				synctest.Wait()
				for _, c := range startMany(t, p, 5) {
					c.wait().wantBody(t, "page")
				}
				close(goOn)
				<-done
			})
		})
	}
}

// explosive is a ResponseWriter that panics when it is flushed.
type explosive struct{ *httptest.ResponseRecorder }

func (explosive) Flush() { panic("explosive") }

// A panic of one client's ResponseWriter is that client's alone.
func TestAPanicOfTheClientsWriterIsThatClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := cached(t, slow(true, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "page")
			w.(http.Flusher).Flush()
		}))
		first := make(chan any)
		go func() {
			first <- panicOf(func() { p.ServeHTTP(explosive{httptest.NewRecorder()}, request("GET", "/page")) })
		}()
		synctest.Wait()
		second := start(t, p, request("GET", "/page"))
		if v := <-first; v != "explosive" {
			t.Errorf("the panic is %v", v)
		}
		second.wait().wantBody(t, "page")
	})
}

// A panic of a run that all clients have left is logged, and ends nothing else.
func TestAPanicAfterAllHaveLeftEndsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := cached(t, slow(false, func(http.ResponseWriter, *http.Request) { panic("nobody hears this") }))
		log := logged(func() {
			c := start(t, p, request("GET", "/page"))
			c.leave()
			c.wait()
			time.Sleep(2 * time.Second)
			synctest.Wait()
		})
		if !strings.Contains(log, "nobody hears this") || !strings.Contains(log, "coalesce_handler_test.go") {
			t.Errorf("logged: %s", log)
		}
	})
}

// A panic with http.ErrAbortHandler is not logged.
func TestAnAbortIsNotLogged(t *testing.T) {
	if log := logged(func() {
		panicOf(func() {
			ask(cached(t, &handler{serve: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}), "/")
		})
	}); log != "" {
		t.Errorf("logged: %s", log)
	}
}

// Whenever the client that started a run leaves, the other gets the whole page. The first client
// leaves at each moment of a run in turn.
func TestAClientThatLeavesAtAnyMoment(t *testing.T) {
	const step = 100 * time.Millisecond
	for moment := range 12 {
		synctest.Test(t, func(t *testing.T) {
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				for i := range 5 {
					time.Sleep(2 * step)
					_, _ = fmt.Fprint(w, i)
				}
			}}
			p := cached(t, h)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(time.Duration(moment)*step, cancel)
			first := make(chan answer, 1)
			go func() { first <- send(p, request("GET", "/page").WithContext(ctx)) }()
			synctest.Wait()
			second := start(t, p, request("GET", "/page"))
			second.wait().wantBody(t, "01234")
			if a := <-first; a.status == http.StatusOK && a.body != "01234" || a.status != http.StatusOK && a.status != http.StatusServiceUnavailable {
				t.Errorf("moment %d: the first client got %d %q", moment, a.status, a.body)
			}
			ask(p, "/page").wantHit(t, "01234")
		})
	}
}
