package targets

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/middleware"
)

func uncachedRoutes(ctx context.Context, l *Lab) error {
	caches, err := l.caches(ctx)
	if err != nil {
		return err
	}
	const size = 1 << 10
	// What is private is never stored, and soon not looked for.
	floor := controlled(bytes.Repeat([]byte("p"), size), "private, max-age=60")
	outside := lifecycle(caches)(floor)
	past := lifecycle(caches)(middleware.CachePage(pageTTL)(floor))
	// What passes says so in Cache-Status, which costs something by itself.
	saying := lifecycle(caches)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Status", "larder; fwd=uri-miss; detail=uncacheable; larder-cause=private")
		floor(w, r)
	}))

	w, r := newDiscard(), pageRequest(ctx)
	added := allocations(func() { w.request(outside, r, size) }) - allocations(func() { w.request(floor, r, size) })
	l.report("Lifecycle around a handler: more", Allocations, added, AtMost(2))

	ok := loopback.Response{Status: http.StatusOK, Length: size}
	plain, err := l.connection("plain", floor, ok)
	if err != nil {
		return err
	}
	inLifecycle, err := l.connection("Lifecycle", outside, ok)
	if err != nil {
		return err
	}
	pastPage, err := l.connection("past", past, ok)
	if err != nil {
		return err
	}
	sayingSo, err := l.connection("saying", saying, ok)
	if err != nil {
		return err
	}
	c := l.compare(plain, inLifecycle, sayingSo, pastPage)
	l.ratio("Lifecycle around a handler, over loopback", c, "Lifecycle", AtMost(1.05))
	l.ratio("the same, and the handler sets Cache-Status", c, "saying", Bound{})
	l.ratio("a request that passes CachePage, over loopback", c, "past", AtMost(1.05))
	return l.streaming(ctx)
}

// streaming measures the time to the first byte of a response that is written in
// two parts, by a run of its own each time.
func (l *Lab) streaming(ctx context.Context) error {
	const pause = 30 * time.Millisecond
	part := bytes.Repeat([]byte("p"), 8<<10)
	stream := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=0") // not from the cache the next time
		time.Sleep(pause)
		_, _ = w.Write(part)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(pause)
		_, _ = w.Write(part)
	})
	caches, err := l.caches(ctx)
	if err != nil {
		return err
	}
	plain, err := l.firstByte(stream)
	if err != nil {
		return err
	}
	cached, err := l.firstByte(lifecycle(caches)(middleware.CachePage(pageTTL)(stream)))
	if err != nil {
		return err
	}
	l.report("time to the first byte of a stream through CachePage", Ratio, cached.Seconds()/plain.Seconds(), AtMost(1.05))
	return nil
}

// firstByte returns the median time to the first byte of a body.
func (l *Lab) firstByte(h http.Handler) (time.Duration, error) {
	addr, stop, err := loopback.Serve(h)
	if err != nil {
		return 0, err
	}
	l.cleanup(stop)
	client, err := loopback.Dial(addr, "/page")
	if err != nil {
		return 0, err
	}
	l.cleanup(func() { must(client.Close()) })
	times := make([]time.Duration, 21)
	for i := range times {
		got, err := client.Do()
		if err != nil {
			return 0, err
		}
		times[i] = got.FirstByte
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}
