package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/e2e/soak/measure"
	"github.com/larder-go/larder/internal/e2e/soak/pages"
)

const (
	workers  = 4 // on the data of each backend
	keys     = 64
	visitors = 4 // of the pages of each backend
	skew     = 1.1
)

// open opens the caches.
func (s *soaking) open() *cache.Handler {
	settings := cache.Settings{cache.DefaultAlias: {Backend: memory}}
	byAlias := make(map[string]*backend)
	for _, b := range s.backends {
		for alias, url := range map[string]string{b.name: b.dataURL, b.pagesAlias(): b.pagesURL} {
			config, err := cache.ParseURL(url)
			if err != nil {
				s.Fatal(err)
			}
			settings[alias], byAlias[alias] = config, b
		}
	}
	h, err := cache.NewHandler(settings, cache.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			s.Error("Shutdown: ", err)
		}
	})
	h.Events().Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventError && !errors.Is(e.Err, cache.ErrNotFound) && byAlias[e.Alias] != nil {
			byAlias[e.Alias].health.Trouble()
		}
		return nil
	})
	return h
}

// use starts the traffic.
func (s *soaking) use(h *cache.Handler) {
	var aliases []string
	for _, b := range s.backends {
		aliases = append(aliases, b.pagesAlias())
	}
	site := pages.Open(s.host, h, aliases...)
	for _, b := range s.backends {
		b.data = load.Start(s.host, h.Proxy(b.name), load.Options{
			Workers: workers, Keys: keys, Skew: skew, Pace: s.plan.pace, Prefix: b.name, Kind: b.kind,
			Observe: func(op string, began time.Time, took time.Duration, kind string) {
				s.ledger.Add(measure.Line{Backend: b.name, Op: op, Broken: !b.health.Calm(began)}, took, kind)
			},
		})
		b.pages = pages.Visit(s.host, site, b.pagesAlias(), &b.health, pages.Options{
			Visitors: visitors, Pace: 2 * s.plan.pace,
			Observe: func(op string, began time.Time, took time.Duration) {
				s.ledger.Add(measure.Line{Backend: b.name, Op: op, Broken: !b.health.Calm(began)}, took, "")
			},
		})
	}
}
