package middleware

import (
	"strings"

	"github.com/larder-go/larder/internal/uri"
)

// target is the URL by which people know a page, and purge it. Equivalent spellings of
// it (RFC 3986, section 6.2.2; RFC 9110, section 4.2.3) have all but the last field in
// common, so a purge reaches the pages of each.
type target struct {
	scheme string // http or https
	host   string // in normal form, see [uri.Host]
	path   string // in normal form, see [uri.Path]
	query  string // what of it counts, in normal form, see [uri.Query]

	// spelling is path and query as they were received, if that is otherwise. A handler
	// may well answer it otherwise, so it has a page of its own.
	spelling string
}

// newTarget returns the target with this path and this query, of which only what counts
// is there.
func newTarget(scheme, host, path, query string) target {
	scheme = strings.ToLower(scheme)
	t := target{scheme: scheme, host: uri.Host(scheme, host), path: uri.Path(path), query: uri.Query(query)}
	if t.path != path || t.query != query {
		t.spelling = withQuery(path, query)
	}
	return t
}

// newTarget returns the target of requests with this path and query.
func (p *policy) newTarget(scheme, host, path, query string) target {
	return newTarget(scheme, p.hosts.fold(scheme, host), path, p.query.apply(query))
}

// received is what a request line has of the target, without what of the query does not
// count.
func (t *target) received() string {
	if t.spelling != "" {
		return t.spelling
	}
	return withQuery(t.path, t.query)
}

// String returns the target as a URL in normal form.
func (t target) String() string { return t.scheme + "://" + t.host + withQuery(t.path, t.query) }

func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}
