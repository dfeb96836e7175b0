package pages

import (
	"context"
	"time"

	"github.com/larder-go/larder/benchmarks/loopback"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"

	_ "github.com/larder-go/larder/backends/memstore" // the pages are there
)

// grace is for how long those that can may serve the page after its time, while
// it is refreshed.
const grace = time.Minute

// Larder is this module: CachePage with pages in memory, inside of Lifecycle.
var Larder = Rival{Name: "larder", Module: "github.com/larder-go/larder", Serve: serveLarder}

func serveLarder(ctx context.Context, p *Page) (string, func(), error) {
	config := cache.Config{Backend: "memory"}
	if p.Room > 0 {
		config.Options = map[string]any{"max_entries": p.Room}
	}
	caches, err := cache.NewHandler(cache.Settings{"default": config})
	if err != nil {
		return "", nil, err
	}
	whole := middleware.Lifecycle(middleware.WithBus(new(signals.Bus)), middleware.WithCaches(caches))
	page := middleware.CachePage(p.TTL, middleware.Grace(grace))
	addr, stop, err := loopback.Serve(whole(at(page(p))))
	if err != nil {
		return "", nil, err
	}
	return addr, func() {
		stop()
		_ = caches.Shutdown(context.WithoutCancel(ctx)) // memory has nothing to lose
	}, nil
}
