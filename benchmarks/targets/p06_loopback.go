package targets

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/middleware"
)

// connection returns a contestant that sends a request over one connection to a
// server of its own, as its twin does.
func (l *Lab) connection(name string, h http.Handler, want loopback.Response, header ...string) (paired.Contestant, error) {
	c, err := l.singleConnection(name, h, want, header...)
	if err != nil {
		return c, err
	}
	twin, err := l.singleConnection(name, h, want, header...)
	c.Twin = twin.Run
	return c, err
}

func (l *Lab) singleConnection(name string, h http.Handler, want loopback.Response, header ...string) (paired.Contestant, error) {
	addr, stop, err := loopback.Serve(h)
	if err != nil {
		return paired.Contestant{}, err
	}
	l.cleanup(stop)
	client, err := loopback.Dial(addr, "/page?a=1", header...)
	if err != nil {
		return paired.Contestant{}, err
	}
	l.cleanup(func() { must(client.Close()) })
	return paired.Serial(name, func() {
		got, err := client.Do()
		must(err)
		if got.Status != want.Status || got.Length != want.Length {
			panic(fmt.Sprintf("%s answered %+v instead of %+v", name, got, want))
		}
	}), nil
}

// sameAnswer returns a handler that gives what h gives, the same fields and the
// body, without a cache: the floor of what is sent.
func sameAnswer(h http.Handler, r *http.Request, body []byte) http.Handler {
	w := newDiscard()
	h.ServeHTTP(w, r)
	fields := w.header.Clone()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		for name, lines := range fields {
			header.Set(name, lines[0])
		}
		_, _ = w.Write(body)
	})
}

func pagesOverLoopback(ctx context.Context, l *Lab) error {
	caches, err := l.caches(ctx)
	if err != nil {
		return err
	}
	const tag = `"p6"`
	for _, size := range []int{1 << 10, 32 << 10} {
		body := bytes.Repeat([]byte("p"), size)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", tag)
			threeHeaders(body)(w, r)
		})
		page := middleware.CachePage(pageTTL, middleware.KeyPrefix(fmt.Sprint("p6:", size)))(handler)
		whole := lifecycle(caches)(page)
		r := pageRequest(ctx)
		if err := checkHit(whole, r); err != nil {
			return err
		}

		ok := loopback.Response{Status: http.StatusOK, Length: size}
		floor, err := l.connection("floor", sameAnswer(whole, r, body), ok)
		if err != nil {
			return err
		}
		hit, err := l.connection("hit", whole, ok)
		if err != nil {
			return err
		}
		behindMux, err := l.connection("mux", lifecycle(caches)(muxed(page)), ok)
		if err != nil {
			return err
		}
		c := l.compare(floor, hit, behindMux)
		l.ratio(fmt.Sprintf("a hit over loopback, %d KiB, to the same header and body", size>>10), c, "hit", AtMost(1.05))
		l.ratio(fmt.Sprintf("the same with a mux between Lifecycle and the page, %d KiB", size>>10), c, "mux", Bound{})
		if size < 32<<10 {
			continue
		}
		unmodified, err := l.connection("304", whole, loopback.Response{Status: http.StatusNotModified}, "If-None-Match: "+tag)
		if err != nil {
			return err
		}
		c = l.compare(hit, unmodified)
		l.inverse("a 304 at 32 KiB: requests per second to those of the 200", c, "304", AtLeast(1.3))
	}
	return nil
}
