package pages

import (
	"context"
	"net/http"

	gincache "github.com/chenyahui/gin-cache"
	"github.com/chenyahui/gin-cache/persist"
	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/benchmarks/loopback"
)

// GinCache is chenyahui's for gin, with pages in memory.
var GinCache = Rival{Name: "gin-cache", Module: "github.com/chenyahui/gin-cache", Serve: serveGinCache}

func serveGinCache(_ context.Context, p *Page) (string, func(), error) {
	store := ginStore(p)
	addr, stop, err := loopback.Serve(ginCached(p, store))
	return addr, func() {
		stop()
		_ = store.Cache.Close() // memory has nothing to lose
	}, err
}

// GinCached returns p in gin-cache in gin.
func GinCached(p *Page) http.Handler { return ginCached(p, ginStore(p)) }

func ginStore(p *Page) *persist.MemoryStore {
	store := persist.NewMemoryStore(p.TTL)
	store.Cache.SetCacheSizeLimit(p.Room) // 0 is no limit
	return store
}

func ginCached(p *Page, store *persist.MemoryStore) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	cached := gincache.CacheByRequestURI(store, p.TTL)
	engine.GET(Path, cached, gin.WrapH(p))
	engine.GET(Path+"/:page", cached, gin.WrapH(p))
	return engine
}
