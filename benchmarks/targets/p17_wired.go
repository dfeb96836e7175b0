package targets

import (
	"bytes"
	"context"
	"net/http"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/benchmarks/pages"
	"github.com/larder-go/larder/benchmarks/paired"
)

// wiredSite is a wiring with its page, without a cache and with one.
type wiredSite struct {
	wiring
	without, with http.Handler
	same          http.Handler // without a cache, and the handler sets the fields of a hit
}

func wiredPages(ctx context.Context, l *Lab) error {
	caches, err := l.caches(ctx)
	if err != nil {
		return err
	}
	p := &pages.Page{Body: bytes.Repeat([]byte("p"), 1<<10), TTL: pageTTL}
	sites := make([]wiredSite, len(wirings))
	for i, w := range wirings {
		with := w.cached(caches, p)
		if err := checkHit(with, pageRequest(ctx)); err != nil {
			return err
		}
		sites[i] = wiredSite{w, w.plain(p), with, w.plain(sameAnswer(with, pageRequest(ctx), p.Body))}
		if err := l.wiredOverLoopback(sites[i], len(p.Body)); err != nil {
			return err
		}
	}
	l.wiredInProcess(ctx, sites, p)
	return nil
}

// wiredOverLoopback compares a hit with the same answer in the same wiring without a
// cache, as P6 does: what is sent costs by itself. The line of the handler as it is says
// how much that is.
func (l *Lab) wiredOverLoopback(s wiredSite, length int) error {
	ok := loopback.Response{Status: http.StatusOK, Length: length}
	same, err := l.connection("same", s.same, ok)
	if err != nil {
		return err
	}
	hit, err := l.connection("hit", s.with, ok)
	if err != nil {
		return err
	}
	without, err := l.connection("without", s.without, ok)
	if err != nil {
		return err
	}
	c := l.compare(same, hit, without)
	l.ratio("a hit "+s.name+", over loopback, to the same answer in the same wiring without a cache", c, "hit", AtMost(1.03))
	l.ratio("the same wiring without a cache, with the fields of the handler alone", c, "without", Bound{})
	return nil
}

// wiredInProcess compares hits of all wirings, and the wirings without a cache, with
// gin-cache's.
func (l *Lab) wiredInProcess(ctx context.Context, sites []wiredSite, p *pages.Page) {
	contestant := func(name string, h http.Handler) paired.Contestant {
		w, r := newDiscard(), pageRequest(ctx)
		return paired.Serial(name, func() { w.request(h, r, len(p.Body)) })
	}
	var contestants []paired.Contestant
	for _, s := range sites {
		contestants = append(contestants, contestant(s.name, s.with), contestant(s.name+" without", s.without))
	}
	c := l.compare(contestant("gin-cache", pages.GinCached(p)), contestants...)
	for _, s := range sites {
		l.ratio("a hit "+s.name+", in process, to gin-cache", c, s.name, Bound{})
		l.ratio("the same wiring without a cache, in process, to gin-cache", c, s.name+" without", Bound{})
	}
}
