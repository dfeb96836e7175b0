package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// client is one of many who ask at the same time.
type client struct {
	w      *httptest.ResponseRecorder
	leave  context.CancelFunc
	done   chan struct{}
	panics any
}

// start has h answer a request in a goroutine of its own, and waits until it
// can go no further.
func start(t *testing.T, h http.Handler, r *http.Request) *client {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &client{w: httptest.NewRecorder(), leave: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer func() { c.panics = recover() }() // if the handler ends this goroutine, too
		h.ServeHTTP(c.w, r.WithContext(ctx))
	}()
	synctest.Wait()
	return c
}

func startMany(t *testing.T, h http.Handler, n int, fields ...string) []*client {
	t.Helper()
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = start(t, h, request("GET", "/page", fields...))
	}
	return clients
}

// wait returns what the client got.
func (c *client) wait() answer {
	<-c.done
	return answer{status: c.w.Code, header: c.w.Result().Header, body: c.w.Body.String()}
}

// slow returns a handler that takes a second, after which it does what then
// does. If it is heedful it stops when its context ends.
func slow(heedful bool, then http.HandlerFunc) *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		stop := r.Context().Done()
		if !heedful {
			stop = nil
		}
		select {
		case <-time.After(time.Second):
			then(w, r)
		case <-stop:
		}
	}}
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// Concurrent requests for one page run the handler once.
// RFC 9111, 4; RFC 9211, 2.6
func TestFiveHundredColdRequestsRunTheHandlerOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, body("page"))
		p := cached(t, h)
		clients := startMany(t, p, 500)
		collapsed := 0
		for _, c := range clients {
			a := c.wait()
			a.wantBody(t, "page")
			switch a.cacheStatus() {
			case "larder; fwd=uri-miss; fwd-status=200; stored; collapsed":
				collapsed++
			default:
				a.wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
			}
		}
		if collapsed != 499 {
			t.Errorf("%d say that they were collapsed, want 499", collapsed)
		}
		ask(p, "/page").wantHit(t, "page")
		h.wantRuns(t, 1)
	})
}

// The client that started a run may leave, and the others are served by that run.
func TestTheFirstClientLeavesAndTheOthersAreServed(t *testing.T) {
	for name, heedful := range map[string]bool{"the handler heeds its context": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := slow(heedful, body("page"))
				p := cached(t, h)
				clients := startMany(t, p, 500)
				time.Sleep(time.Second / 4)
				clients[0].leave()
				if a := clients[0].wait(); a.status != http.StatusServiceUnavailable {
					t.Errorf("the first client has status %d", a.status)
				}
				for _, c := range clients[1:] {
					c.wait().wantBody(t, "page")
				}
				ask(p, "/page").wantHit(t, "page")
				h.wantRuns(t, 1)
			})
		})
	}
}

// The context of a run is cancelled when the last client has left, and not before.
func TestTheRunIsCancelledWhenTheLastClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half a page")
			select {
			case <-r.Context().Done():
				ended = r.Context().Err()
			case <-time.After(time.Minute):
				_, _ = io.WriteString(w, ", and the other half")
			}
		}}
		p := cached(t, h)
		clients := startMany(t, p, 3)
		clients[0].leave()
		clients[2].leave()
		synctest.Wait()
		if ended != nil {
			t.Fatal("it was cancelled while somebody waited")
		}
		clients[1].leave()
		synctest.Wait()
		if !errors.Is(ended, context.Canceled) {
			t.Errorf("its context's error is %v", ended)
		}
		ask(p, "/page").wantBody(t, "half a page, and the other half")
		h.wantRuns(t, 2)
	})
}

// The response of a run whose context was cancelled is not stored and not remembered.
func TestWhatACancelledRunSaysDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
				w.WriteHeader(http.StatusNotFound)
			case <-time.After(time.Second):
			}
		}}
		p := cached(t, h)
		c := start(t, p, request("GET", "/page"))
		c.leave()
		c.wait()
		synctest.Wait()
		ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
	})
}

// A run that ignores the cancellation of its context is not stored.
func TestARunThatIgnoresItsCancellationIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(false, body("page"))
		p := cached(t, h)
		c := start(t, p, request("GET", "/page"))
		c.leave()
		c.wait()
		time.Sleep(2 * time.Second)
		if a := ask(p, "/page"); a.isHit() {
			t.Error("it was stored")
		}
		h.wantRuns(t, 2)
	})
}

// timeLimited limits the time of a request, and leaves the answer to others.
func timeLimited(d time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// A client whose time is limited by outer middleware gets 503, never an empty 200.
func TestAClientWhoseTimeIsLimitedFurtherOutGetsNoEmptyPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := middleware.CachePage(ttl)(slow(true, body("page")))
		a := send(within(inMemory(t), timeLimited(time.Second/2, page)), request("GET", "/page"))
		if a.status != http.StatusServiceUnavailable {
			t.Errorf("the status is %d", a.status)
		}
		a.wantStatus(t, "larder; fwd=uri-miss; detail=timeout")
	})
}

// When a response turns out to vary, those who wait regroup by variant, and each variant is made
// once.
// RFC 9111, 4.1
func TestWaitingRequestsRegroupByVariant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Accept-Language")
			_, _ = io.WriteString(w, "in "+r.Header.Get("Accept-Language"))
		})
		p := cached(t, h)
		clients := make(map[*client]string)
		for i := range 30 {
			language := []string{"de", "en", "fr"}[i%3]
			clients[start(t, p, request("GET", "/page", "Accept-Language: "+language))] = language
		}
		for c, language := range clients {
			c.wait().wantBody(t, "in "+language)
		}
		h.wantRuns(t, 3)
		for _, language := range []string{"de", "en", "fr"} {
			ask(p, "/page", "Accept-Language: "+language).wantHit(t, "in "+language)
		}
	})
}

// HEAD and GET wait for one run.
// RFC 9110, 9.3.2
func TestHeadAndGetWaitForOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := slow(true, body("page"))
		p := cached(t, h)
		head, get := start(t, p, request("HEAD", "/page")), start(t, p, request("GET", "/page"))
		if a := head.wait(); a.body != "" || a.header.Get("Content-Length") != "4" {
			t.Errorf("HEAD got %q and length %q", a.body, a.header.Get("Content-Length"))
		}
		get.wait().wantBody(t, "page")
		h.wantRuns(t, 1)
	})
}
