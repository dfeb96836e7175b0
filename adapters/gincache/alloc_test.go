package gincache_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/larder-go/larder/adapters/adaptertest"
	"github.com/larder-go/larder/adapters/gincache"
)

func TestAHitAllocatesTwiceOverWhatGinDoes(t *testing.T) {
	caches := adaptertest.NewCaches(t)
	r := gin.New()
	r.GET("/plain", func(*gin.Context) {}, func(c *gin.Context) { c.Writer.WriteHeader(http.StatusOK) })
	r.GET("/cached", gincache.CachePage(ttl), func(c *gin.Context) { c.String(http.StatusOK, "page") })
	r.GET("/keyed", gincache.CachePage(ttl, gincache.VaryBy(func(*gin.Context) string { return "" })),
		func(c *gin.Context) { c.String(http.StatusOK, "page") })
	plain := adaptertest.Allocations(t, r, caches, "/plain")
	if raceEnabled {
		return
	}
	if hit := adaptertest.Allocations(t, r, caches, "/cached"); hit > plain+2 {
		t.Errorf("a hit allocates %v times, gin alone %v", hit, plain)
	}
	if hit := adaptertest.Allocations(t, r, caches, "/keyed"); hit > plain+7 {
		t.Errorf("a hit of a page that varies by the Context allocates %v times, gin alone %v", hit, plain)
	}
}
