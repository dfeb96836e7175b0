package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/uri"
)

// Purge invalidates the page of a URL, in all its variants, for HEAD as for GET,
// and for those with credentials too: the next request for it runs the handler.
// opts are those of the cache that has the page: [Alias], [KeyPrefix], [HostAliases]
// and what it says of the query. [Policy.Purge] has them already, and
// [Policy.PurgeURL] also tells whether there was such a page.
//
// The URL is absolute, with the scheme and host by which clients know the page. All
// spellings that are equivalent by RFC 3986, section 6.2.2, and RFC 9110, section 4.2.3,
// are one URL, and people's own are understood: https://example.org/café.
//
// When Purge returns nil, no request that comes later, in this process or in any other
// with the same store, is answered with the old page, and a run of the handler that has
// begun before, in any of them, does not store its response. An error of the store is
// returned whatever the alias's on_error says: the page may still be there.
func Purge(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(ctx, url, purgeOrder{}, opts)
}

// PurgeSoft is Purge for a page that may be served for a while longer, while the
// handler makes it anew in the background: for the time that its response or
// [Grace] allows for that, or else for a minute.
func PurgeSoft(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(ctx, url, purgeOrder{soft: true}, opts)
}

// PurgePrefix is Purge for all pages whose URL is the given one or beneath it:
// "https://example.org/shop" is about /shop, /shop?page=2 and /shop/hats, and not
// about /shopping. A query in the prefix is an error.
//
// The purge takes effect at once in this process, and in others with the same
// store within a second. It is by the clocks of the processes: what a run has
// begun to make before the purge is gone.
func PurgePrefix(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(ctx, url, purgeOrder{prefix: true}, opts)
}

// PurgePrefixSoft is PurgePrefix as PurgeSoft is Purge.
func PurgePrefixSoft(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(ctx, url, purgeOrder{prefix: true, soft: true}, opts)
}

// purgeWith purges for a policy with these options, unless they are wrong. The kind of
// cache makes no difference to a key.
func purgeWith(ctx context.Context, url string, o purgeOrder, opts []PageOption) error {
	p, err := newAnyPolicy(opts)
	if err != nil {
		return err
	}
	_, err = p.purgeURL(ctx, url, o, uncounted)
	return err
}

// errPurgeURL is the error for a URL that is not that of a page.
var errPurgeURL = errors.New("larder: not the URL of a page")

// purgeURL carries out an order about a URL as people write it.
func (p *policy) purgeURL(ctx context.Context, text string, o purgeOrder, count counting) (_ PurgeResult, err error) {
	if o.target, err = p.parseTarget(text); err != nil {
		return PurgeResult{}, err
	}
	return p.carryOut(ctx, o, count)
}

// purgePath is purgeURL for a path, with a query or without, of the origin of a request.
func (p *policy) purgePath(r *http.Request, path string, o purgeOrder) (PurgeResult, error) {
	scheme, host := p.originOf(r, p.trustsPeer(r))
	switch {
	case host == "":
		return PurgeResult{}, fmt.Errorf("%w: the request has no host; use PurgeURL", errPurgeURL)
	case !strings.HasPrefix(path, "/"):
		return PurgeResult{}, fmt.Errorf("%w: %q has to begin with a slash; for a whole URL there is PurgeURL", errPurgeURL, path)
	}
	u, err := uri.Parse("http://host" + path)
	if err != nil {
		return PurgeResult{}, fmt.Errorf("%w: %w", errPurgeURL, err)
	}
	o.target = p.newTarget(scheme, host, u.Path, u.Query)
	return p.carryOut(r.Context(), o, counted)
}

// parseTarget returns the target of requests for a URL as people write it.
func (p *policy) parseTarget(text string) (target, error) {
	u, err := uri.Parse(text)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", errPurgeURL, err)
	}
	return p.newTarget(u.Scheme, u.Host, u.Path, u.Query), nil
}

// counting says whether a purge looks for what is there, which takes a look-up.
type counting bool

const (
	counted   counting = true
	uncounted counting = false
)

// carryOut purges. The result of an order that could not be carried out says what would
// have been purged.
func (p *policy) carryOut(ctx context.Context, o purgeOrder, count counting) (PurgeResult, error) {
	result := PurgeResult{URL: o.target.String(), Prefix: o.prefix, Soft: o.soft}
	if !o.prefix {
		return p.purge(ctx, o, count, result)
	}
	if o.target.query != "" {
		return PurgeResult{}, fmt.Errorf("%w: %q has a query; a prefix ends with the path", errPurgeURL, result.URL)
	}
	return result, p.addRule(ctx, purgeRule{
		keyPrefix: p.keyPrefix,
		scheme:    o.target.scheme,
		host:      o.target.host,
		path:      strings.TrimSuffix(o.target.path, "/"),
		at:        time.Now(),
		soft:      o.soft,
	})
}
