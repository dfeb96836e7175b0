package targets

import (
	"bytes"
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/paired"
	"github.com/larder-go/larder/middleware"
)

func pagesThroughFrameworks(ctx context.Context, l *Lab) error {
	caches, err := l.caches(ctx)
	if err != nil {
		return err
	}
	scope := caches.Scope(ctx)
	l.cleanup(func() { must(scope.Close(ctx)) })

	p := &pages.Page{Body: bytes.Repeat([]byte("p"), 1<<10), TTL: pageTTL}
	operation := func(h http.Handler) func() {
		w, r := newDiscard(), pageRequest(scope)
		return func() { w.request(h, r, len(p.Body)) }
	}
	floor := operation(pages.GinCached(p))
	frameworks := []struct {
		name    string
		handler http.Handler
	}{{"gin", ginCached(p)}, {"echo", echoCached(p)}}

	// What gin does by itself, and what a hit has to do at the least.
	_, least := leastOfHit(ginCached(p), pageRequest(scope), p.Body)
	contestants := []paired.Contestant{paired.Serial("least", operation(inGin(gin.WrapF(least))))}
	for _, f := range frameworks {
		if err := checkHit(f.handler, pageRequest(scope)); err != nil {
			return err
		}
		hit := operation(f.handler)
		l.report("CachePage hit through "+f.name+", 1 KiB", Allocations, allocations(hit), AtMost(2))
		contestants = append(contestants, paired.Serial(f.name, hit))
	}
	c := l.compare(paired.Serial("gin-cache", floor), contestants...)
	l.ratio("the fields of a hit alone, in the client's own memory, through gin, to gin-cache", c, "least", Bound{})
	for _, f := range frameworks {
		l.ratio("CachePage hit through "+f.name+", 1 KiB, to gin-cache", c, f.name, AtMost(0.6))
	}
	return nil
}

// ginCached returns p in gin behind the adapter.
func ginCached(p *pages.Page) http.Handler {
	return inGin(gincache.CachePage(p.TTL, middleware.KeyPrefix("gin")), gin.WrapH(p))
}

// echoCached returns p in echo behind the adapter.
func echoCached(p *pages.Page) http.Handler {
	return inEcho(p, echocache.CachePage(p.TTL, middleware.KeyPrefix("echo")))
}
