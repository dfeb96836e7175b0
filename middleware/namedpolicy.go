package middleware

import (
	"context"
	"net/http"
	"time"
)

// Policy says how pages are cached. It is made once and used at several routes,
// so that these, and the purges of their pages, go by the same options. Its name
// is that of the variable that holds it:
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
type Policy struct{ policy *policy }

// NewPolicy returns the policy of [CachePage] with these options.
func NewPolicy(ttl time.Duration, opts ...PageOption) *Policy {
	return &Policy{mustPolicy(perView, ttl, opts)}
}

// NewSitePolicy returns the policy of [Site] with these options.
func NewSitePolicy(opts ...PageOption) *Policy {
	return &Policy{mustPolicy(perSite, DefaultSiteTTL, opts)}
}

// NewSharedPolicy returns the policy of [Shared] with these options.
func NewSharedPolicy(opts ...PageOption) *Policy {
	return &Policy{mustPolicy(shared, 0, opts)}
}

// Handler returns next with its responses cached.
func (p *Policy) Handler(next http.Handler) http.Handler { return p.policy.wrap(next) }

// Purge is [Purge] for the pages of this policy.
func (p *Policy) Purge(ctx context.Context, url string) error {
	return p.policy.purgeURL(ctx, url, purgedHard)
}

// PurgeSoft is [PurgeSoft] for the pages of this policy.
func (p *Policy) PurgeSoft(ctx context.Context, url string) error {
	return p.policy.purgeURL(ctx, url, purgedSoft)
}

// PurgePrefix is [PurgePrefix] for the pages of this policy.
func (p *Policy) PurgePrefix(ctx context.Context, url string) error {
	return p.policy.purgePrefix(ctx, url, purgedHard)
}

// PurgePrefixSoft is [PurgePrefixSoft] for the pages of this policy.
func (p *Policy) PurgePrefixSoft(ctx context.Context, url string) error {
	return p.policy.purgePrefix(ctx, url, purgedSoft)
}

// PurgeHandler is [PurgeHandler] for the pages of this policy.
func (p *Policy) PurgeHandler(authorize Authorizer) http.Handler {
	return newPurgeHandler(authorize, p.policy)
}
