package policy

import (
	"fmt"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
)

// Fits reports whether a page as long as MaxBody has room among the responses under way
// of caches.
func (p *Policy) Fits(caches *cache.Handler) bool {
	return p.MaxBody <= hooks.Cache.Budget(caches).Limit()
}

// Misfit says what is wrong if it has none.
func (p *Policy) Misfit(caches *cache.Handler) string {
	return fmt.Sprintf("MaxBody is %d, and max_in_flight of the caches %d: lower the one or raise the other", p.MaxBody, hooks.Cache.Budget(caches).Limit())
}

// CheckFit panics at construction if the default handler of caches is there already and
// has no room for the page. Others are known at the first request only.
func (p *Policy) CheckFit() {
	if caches := cache.DefaultHandler(); !p.Fits(caches) {
		panic("middleware: " + p.Misfit(caches))
	}
}
