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
var GinCache = Rival{Name: "gin-cache", Module: "github.com/chenyahui/gin-cache", Serve: func(_ context.Context, p *Page) (string, func(), error) {
	return loopback.Serve(GinCached(p))
}}

// GinCached returns p in gin-cache in gin.
func GinCached(p *Page) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET(Path, gincache.CacheByRequestURI(persist.NewMemoryStore(p.TTL), p.TTL), gin.WrapH(p))
	return engine
}
