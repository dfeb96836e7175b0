package middleware

import (
	"fmt"

	"github.com/larder-go/larder/cache"
)

// fits reports whether a page as long as MaxBody has room among the responses under way
// of caches.
func (p *policy) fits(caches *cache.Handler) bool { return p.maxBody <= caches.InFlight().Limit() }

// misfit says what is wrong if it has none.
func (p *policy) misfit(caches *cache.Handler) string {
	return fmt.Sprintf("MaxBody is %d, and max_in_flight of the caches %d: lower the one or raise the other", p.maxBody, caches.InFlight().Limit())
}

// checkFit panics at construction if the default handler of caches is there already and
// has no room for the page. Others are known at the first request only.
func (p *policy) checkFit() {
	if caches := cache.DefaultHandler(); !p.fits(caches) {
		panic("middleware: " + p.misfit(caches))
	}
}
