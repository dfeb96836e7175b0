package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
)

// serving starts an upstream.
func serving(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	return upstream
}

func TestTheSecondVisitorIsAnsweredFromTheCache(t *testing.T) {
	upstream := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, "page")
	})
	p := start(t, upstream.URL)
	first := p.get("/page")
	first.want(t, 200, "page")
	first.wantCacheStatus(t, "stored")
	upstream.Close()
	second := p.get("/page")
	second.want(t, 200, "page")
	second.wantCacheStatus(t, "; hit")
}

func TestRequestsInProgressAreAnsweredBeforeItEnds(t *testing.T) {
	arrived, goOn := make(chan struct{}), make(chan struct{})
	upstream := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-goOn
		_, _ = io.WriteString(w, "page")
	})
	p := start(t, upstream.URL)
	replied := make(chan reply)
	go func() { replied <- p.get("/page") }()
	<-arrived
	p.end()
	// The listener is closed first, so from then on the proxy is shutting down.
	testserver.Await(t, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.url[len("http://"):])
		if err != nil {
			return nil
		}
		return errors.Join(errors.New("it still listens"), conn.Close())
	})
	close(goOn)
	(<-replied).want(t, 200, "page")
	p.stop()
}

func TestWhatTheCommandLineHasToSay(t *testing.T) {
	for name, args := range map[string][]string{
		"no upstream":                    nil,
		"an upstream that is no URL":     {"-upstream", "http://[::1"},
		"an upstream without a scheme":   {"-upstream", "127.0.0.1:3000"},
		"an upstream that is not web":    {"-upstream", "ftp://127.0.0.1/"},
		"a cache that is no URL":         {"-upstream", "http://127.0.0.1/", "-cache", "no URL"},
		"a cache that nobody registered": {"-upstream", "http://127.0.0.1/", "-cache", "nowhere://"},
		"an address that is none":        {"-upstream", "http://127.0.0.1/", "-addr", "no address"},
		"an argument":                    {"-upstream", "http://127.0.0.1/", "argument"},
		"an unknown flag":                {"-no-such-flag"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(t.Context(), args, t.Output()); err == nil {
				t.Errorf("run(%q) = nil, want an error", args)
			}
		})
	}
}
