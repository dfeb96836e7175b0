package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
)

// failing is an upstream whose pages are stale at once and may then be used for
// a minute, by the directive, until fail is set.
type failing struct {
	directive string
	fail      atomic.Pointer[http.HandlerFunc]
	asked     atomic.Int32
}

func (f *failing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	if fail := f.fail.Load(); fail != nil {
		(*fail)(w, r)
		return
	}
	w.Header().Set("Cache-Control", "max-age=0, "+f.directive)
	_, _ = io.WriteString(w, "good page")
}

func (f *failing) failWith(fail http.HandlerFunc) { f.fail.Store(&fail) }

// breakingOff answers with half of a page, of an unknown length.
func breakingOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "max-age=60")
	_, _ = io.WriteString(w, "half of a")
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestAStalePageStandsInForAnUpstreamThatFails(t *testing.T) {
	for failure, fail := range map[string]http.HandlerFunc{
		"hangs up":                     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"is too slow":                  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"is out of service":            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"has itself a broken upstream": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
	} {
		t.Run(failure, func(t *testing.T) {
			f := &failing{directive: "stale-if-error=60"}
			p := start(t, serving(t, f.ServeHTTP).URL, "-timeout", "100ms")
			p.get("/page").want(t, 200, "good page")
			f.failWith(fail)
			p.get("/page").want(t, 200, "good page")
		})
	}
}

// A refresh in the background has no connection to a client that ReverseProxy
// could abort; what it has read of a broken page must not be taken for all.
func TestARefreshThatBreaksOffLeavesThePageAsItIs(t *testing.T) {
	f := &failing{directive: "stale-while-revalidate=60"}
	p := start(t, serving(t, f.ServeHTTP).URL)
	p.get("/page").want(t, 200, "good page")
	f.failWith(breakingOff)
	// A refresh begins when the one before it is over.
	testserver.Await(t, func(context.Context) error {
		p.get("/page").want(t, 200, "good page")
		if n := f.asked.Load(); n < 5 {
			return fmt.Errorf("the upstream was asked %d times", n)
		}
		return nil
	})
}

func TestOnlyTheLetterOfTheRFCSharesResponsesThatSetCookies(t *testing.T) {
	for flag, want := range map[string]string{"-rfc=false": "fwd=", "-rfc=true": "; hit"} {
		t.Run(flag, func(t *testing.T) {
			upstream := serving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				w.Header().Set("Set-Cookie", "a=b")
				_, _ = io.WriteString(w, "page")
			})
			p := start(t, upstream.URL, flag)
			p.get("/page").want(t, 200, "page")
			p.get("/page").wantCacheStatus(t, want)
		})
	}
}
