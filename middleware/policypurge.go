package middleware

import (
	"context"
	"net/http"

	"github.com/larder-go/larder/internal/pagecache/purge"
)

// Purge invalidates the page of a URL, in all its variants, for HEAD as for GET,
// and for those with credentials too: the next request for it runs the handler.
// [Policy.PurgeURL] also tells whether there was such a page.
//
// It reaches the pages that have the policy's [Alias], [KeyPrefix] and [HostAliases], and that
// take the same of the query, whichever policy has stored them. A program that only purges
// makes a policy of the same options and calls no Handler.
//
// The URL is absolute, with the scheme and host by which clients know the page. All
// spellings that are equivalent by RFC 3986, section 6.2.2, and RFC 9110, section 4.2.3,
// are one URL, and people's own are understood: https://example.org/café.
//
// When Purge returns nil, no request that comes later, in this process or in any other
// with the same store, is answered with the old page, and a run of the handler that has
// begun before, in any of them, does not store its response. An error of the store is
// returned whatever the alias's on_error says: the page may still be there.
func (p *Policy) Purge(ctx context.Context, url string) error {
	return p.purge(ctx, url, purge.Order{})
}

// PurgeSoft is [Policy.Purge] for a page that may be served for a while longer, while the
// handler refreshes it in the background: for as long as the stale-while-revalidate of its
// response allows, and without that for [Grace] and at least a minute. If the handler fails,
// stale-if-error or Grace applies.
func (p *Policy) PurgeSoft(ctx context.Context, url string) error {
	return p.purge(ctx, url, purge.Order{Soft: true})
}

// PurgePrefix is [Policy.Purge] for all pages whose URL is the given one or under it:
// "https://example.org/shop" is about /shop, /shop?page=2 and /shop/hats, and not
// about /shopping. A query in the prefix is an error.
//
// The purge takes effect at once in this process, and in others with the same
// store within a second. A response whose run began before the purge is gone. It compares
// clocks of processes: keep them in step.
//
// The list of purged prefixes holds 256, of all KeyPrefixes of the alias. One more merges
// the two oldest of a KeyPrefix into a purge of all older pages of that KeyPrefix. While
// another process is purging a prefix, PurgePrefix waits, and returns an error after about
// 10 s.
func (p *Policy) PurgePrefix(ctx context.Context, url string) error {
	return p.purge(ctx, url, purge.Order{Prefix: true})
}

// PurgePrefixSoft is [Policy.PurgePrefix] for pages that may be served for a while longer, as
// with [Policy.PurgeSoft].
func (p *Policy) PurgePrefixSoft(ctx context.Context, url string) error {
	return p.purge(ctx, url, purge.Order{Prefix: true, Soft: true})
}

func (p *Policy) purge(ctx context.Context, url string, o purge.Order) error {
	_, err := purge.URL(ctx, p.rules(), url, o, purge.Uncounted)
	return err
}

// PurgeURL purges as [Policy.Purge] does, or as opts say, and tells what it did: the keys of
// the URL's pages in the alias, and how many had something stored. A purge that found
// nothing is no error, for the page may have expired; [PurgeResult.Entries] is 0 then, as
// it is for a URL, KeyPrefix or alias that is not that of the pages.
//
// It looks for the pages before it purges them, one look-up of many keys more than [Policy.Purge];
// what is stored in between is purged and not counted. With [PrefixPurge] nothing is
// counted. It is for all processes with the same store: at once, or by PrefixPurge within
// a second. A run of the handler that has begun before, in any of them, does not store
// its response.
//
// The error says what is wrong with the URL, or is that of the store, whatever the
// alias's on_error says. The result then says what would have been purged, as far as that
// is known.
func (p *Policy) PurgeURL(ctx context.Context, url string, opts ...PurgeOption) (PurgeResult, error) {
	result, err := purge.URL(ctx, p.rules(), url, newPurgeOrder(opts), purge.Counted)
	return PurgeResult(result), err
}

// PurgePath is [Policy.PurgeURL] for a path of the site that r is a request to, such as
// "/articles/42" or "/articles?page=2", in the context of r: scheme and host are those by
// which its client knows the site. A path that does not begin with a slash is an error.
func (p *Policy) PurgePath(r *http.Request, path string, opts ...PurgeOption) (PurgeResult, error) {
	result, err := purge.Path(p.rules(), r, path, newPurgeOrder(opts))
	return PurgeResult(result), err
}
