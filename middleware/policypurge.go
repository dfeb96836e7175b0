package middleware

import (
	"context"
	"net/http"

	"github.com/larder-go/larder/internal/pagecache/purge"
)

// PurgeURL is [Purge] for the pages of this policy, and says what it did: the keys of
// the URL's pages in the alias, and how many had something stored. A purge that found
// nothing is no error, for the page may have expired; [PurgeResult.Entries] is 0 then, as
// it is for a URL, KeyPrefix or alias that is not that of the pages.
//
// It looks for the pages before it purges them, one look-up of many keys more than Purge;
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

// Purge is [Purge] for the pages of this policy.
func (p *Policy) Purge(ctx context.Context, url string) error {
	_, err := purge.URL(ctx, p.rules(), url, purge.Order{}, purge.Uncounted)
	return err
}

// PurgeSoft is [PurgeSoft] for the pages of this policy.
func (p *Policy) PurgeSoft(ctx context.Context, url string) error {
	_, err := purge.URL(ctx, p.rules(), url, purge.Order{Soft: true}, purge.Uncounted)
	return err
}

// PurgePrefix is [PurgePrefix] for the pages of this policy.
func (p *Policy) PurgePrefix(ctx context.Context, url string) error {
	_, err := purge.URL(ctx, p.rules(), url, purge.Order{Prefix: true}, purge.Uncounted)
	return err
}

// PurgePrefixSoft is [PurgePrefixSoft] for the pages of this policy.
func (p *Policy) PurgePrefixSoft(ctx context.Context, url string) error {
	_, err := purge.URL(ctx, p.rules(), url, purge.Order{Prefix: true, Soft: true}, purge.Uncounted)
	return err
}

// PurgeHandler is [PurgeHandler] for the pages of this policy.
func (p *Policy) PurgeHandler(authorize Authorizer) http.Handler {
	return newPurgeHandler(authorize, p.rules())
}
