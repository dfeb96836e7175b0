package middleware

import (
	"net/http"
	"time"

	"github.com/larder-go/larder/internal/pagecache/engine"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Policy says how pages are cached. It is made once and used at several routes, so that
// all of them, and their purges, use the same options:
//
//	var catalogue = middleware.NewPolicy(time.Hour, middleware.IgnoreQuery("utm_*"), middleware.IgnoreCookies("*"))
//
//	mux.Handle("GET /hats/", catalogue.Handler(hats))
//	mux.Handle("GET /shoes/", catalogue.Handler(shoes))
//	mux.Handle("POST /-/purge", catalogue.PurgeHandler(middleware.BearerToken(token)))
//
//	err := catalogue.PurgePrefix(ctx, "https://example.org/hats")
//
// A Policy does not change, and may be used from many goroutines.
type Policy policy.Opaque

// NewPolicy returns the policy of [CachePage] with these options.
func NewPolicy(ttl time.Duration, opts ...PageOption) *Policy {
	return newNamed(mustPolicy(policy.PerView, ttl, opts))
}

// NewSitePolicy returns the policy of [Site] with these options.
func NewSitePolicy(opts ...PageOption) *Policy {
	return newNamed(mustPolicy(policy.PerSite, DefaultSiteTTL, opts))
}

// NewSharedPolicy returns the policy of [Shared] with these options.
func NewSharedPolicy(opts ...PageOption) *Policy {
	return newNamed(mustPolicy(policy.Shared, 0, opts))
}

// Handler returns next with its responses cached.
func (p *Policy) Handler(next http.Handler) http.Handler { return engine.NewHandler(p.rules(), next) }

func newNamed(rules *policy.Policy) *Policy { return (*Policy)(policy.Hide(rules)) }

// rules returns what the options of the policy mean.
func (p *Policy) rules() *policy.Policy { return (*policy.Opaque)(p).Policy() }
