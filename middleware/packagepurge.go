package middleware

import (
	"context"

	"github.com/larder-go/larder/internal/pagecache/purge"
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
	return purgeWith(ctx, url, purge.Order{}, opts)
}

// PurgeSoft is Purge for a page that may be served for a while longer, while the
// handler makes it anew in the background: for the time that its response or
// [Grace] allows for that, or else for a minute.
func PurgeSoft(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(ctx, url, purge.Order{Soft: true}, opts)
}

// PurgePrefix is Purge for all pages whose URL is the given one or beneath it:
// "https://example.org/shop" is about /shop, /shop?page=2 and /shop/hats, and not
// about /shopping. A query in the prefix is an error.
//
// The purge takes effect at once in this process, and in others with the same
// store within a second. It is by the clocks of the processes: what a run has
// begun to make before the purge is gone.
func PurgePrefix(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(ctx, url, purge.Order{Prefix: true}, opts)
}

// PurgePrefixSoft is PurgePrefix as PurgeSoft is Purge.
func PurgePrefixSoft(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(ctx, url, purge.Order{Prefix: true, Soft: true}, opts)
}

// purgeWith purges for a policy with these options, unless they are wrong. The kind of
// cache makes no difference to a key.
func purgeWith(ctx context.Context, url string, o purge.Order, opts []PageOption) error {
	p, err := newAnyPolicy(opts)
	if err != nil {
		return err
	}
	_, err = purge.URL(ctx, p, url, o, purge.Uncounted)
	return err
}
