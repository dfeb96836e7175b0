package targets

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/cache"
)

// missBound is how much memory the pages may take that are asked for once.
const missBound = 64 << 20

// missTTL is so short that a rival without a bound forgets what it has seen.
const missTTL = time.Second

func missedPages(ctx context.Context, l *Lab) error {
	caches, err := l.cachesOf(ctx, cache.Config{Backend: "memory", Options: map[string]any{"max_bytes": missBound}})
	if err != nil {
		return err
	}
	body := bytes.Repeat([]byte("p"), 1<<10)
	page := &pages.Page{Body: body, TTL: missTTL}
	floor := alwaysNew(behindMux.plain(page))
	miss := alwaysNew(behindMux.cached(caches, page))
	handed := alwaysNew(behindMux.plain(inOwnGoroutine(page)))
	stored, err := l.otterOfPages()
	if err != nil {
		return err
	}
	least := alwaysNew(behindMux.plain(&leastPageCache{page, stored}))
	gin := alwaysNew(throughGin.plain(page))
	ginCache := alwaysNew(pages.GinCached(page))
	for name, h := range map[string]http.Handler{"larder": miss, "gin-cache": ginCache} {
		if err := checkMisses(name, h, page, pageRequest(ctx)); err != nil {
			return err
		}
	}

	serve := func(h http.Handler) func() {
		r := pageRequest(ctx)
		return func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Body.Len() != len(body) {
				panic("the wrong answer")
			}
		}
	}
	l.report("a page that nobody has asked for, over the handler behind a mux", Allocations, allocations(serve(miss))-allocations(serve(floor)), AtMost(30))
	l.report("the same, gin-cache over the handler in gin", Allocations, allocations(serve(ginCache))-allocations(serve(gin)), Bound{})

	l.report("the least that a page cache does, over the handler", Allocations, allocations(serve(least))-allocations(serve(floor)), Bound{})

	c := l.compare(paired.Serial("handler", serve(floor)), paired.Serial("larder", serve(miss)), paired.Serial("least", serve(least)),
		paired.Serial("gin", serve(gin)), paired.Serial("gin-cache", serve(ginCache)), paired.Serial("handed", serve(handed)))
	l.report("a page that nobody has asked for, over the handler behind a mux", Microseconds, over(c, "larder"), AtMost(8))
	l.report("the least that a page cache does, over the handler", Microseconds, over(c, "least"), Bound{})
	l.report("the handler in a goroutine of its own, over the handler", Microseconds, over(c, "handed"), Bound{})
	l.report("the same, gin-cache over the handler in gin", Microseconds, over(c, "gin-cache")-over(c, "gin"), Bound{})

	ok := loopback.Response{Status: http.StatusOK, Length: len(body)}
	plain, err := l.connection("no cache", floor, ok)
	if err != nil {
		return err
	}
	missed, err := l.connection("larder", miss, ok)
	if err != nil {
		return err
	}
	others, err := l.connection("gin-cache", ginCache, ok)
	if err != nil {
		return err
	}
	apart, err := l.connection("handed", handed, ok)
	if err != nil {
		return err
	}
	atLeast, err := l.connection("least", least, ok)
	if err != nil {
		return err
	}
	overLoopback := l.compare(plain, missed, atLeast, apart, others)
	l.ratio("a page that nobody has asked for, to no cache, over loopback", overLoopback, "larder", AtMost(1.15))
	l.ratio("the least that a page cache does", overLoopback, "least", Bound{})
	l.ratio("the handler in a goroutine of its own", overLoopback, "handed", Bound{})
	l.ratio("the same, gin-cache", overLoopback, "gin-cache", Bound{})
	return nil
}

// inOwnGoroutine returns h for requests that each wait for it in a goroutine of its own.
func inOwnGoroutine(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.ServeHTTP(w, r)
		}()
		<-done
	})
}

// alwaysNew returns h for requests that each have another URL, also than those of other
// handlers that it has returned.
func alwaysNew(h http.Handler) http.Handler {
	number := strconv.FormatUint(visitors.Add(1), 10)
	var count atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = "n=" + number + "-" + strconv.FormatInt(count.Add(1), 10)
		r.RequestURI = pages.Path + "?" + r.URL.RawQuery
		h.ServeHTTP(w, r)
	})
}

// checkMisses fails if two requests do not make the page twice.
func checkMisses(name string, h http.Handler, page *pages.Page, r *http.Request) error {
	before := page.Runs()
	for range 2 {
		h.ServeHTTP(newDiscard(), r)
	}
	if runs := page.Runs() - before; runs != 2 {
		return fmt.Errorf("%s has made two pages %d times", name, runs)
	}
	return nil
}
