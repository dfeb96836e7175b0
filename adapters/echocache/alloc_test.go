package echocache_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/larder-go/larder/adapters/adaptertest"
	"github.com/larder-go/larder/adapters/echocache"
)

func TestAHitAllocatesThreeTimesOverWhatEchoDoes(t *testing.T) {
	caches := adaptertest.NewCaches(t)
	e := echo.New()
	e.GET("/plain", func(c echo.Context) error { return c.NoContent(http.StatusOK) }, around(nothing, nothing))
	e.GET("/cached", func(c echo.Context) error { return c.String(http.StatusOK, "page") }, echocache.CachePage(ttl))
	plain, hit := adaptertest.Allocations(t, e, caches, "/plain"), adaptertest.Allocations(t, e, caches, "/cached")
	if !raceEnabled && hit > plain+3 {
		t.Errorf("a hit allocates %v times, echo alone %v", hit, plain)
	}
}
