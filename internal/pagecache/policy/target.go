package policy

import (
	"strings"

	"github.com/larder-go/larder/internal/uri"
)

// Target is the URL by which people know a page, and purge it. Equivalent spellings of
// it (RFC 3986, section 6.2.2; RFC 9110, section 4.2.3) have all but the last field in
// common, so a purge reaches the pages of each.
type Target struct {
	Scheme string // http or https
	Host   string // in normal form, see [uri.Host]
	Path   string // in normal form, see [uri.Path]
	Query  string // what of it counts, in normal form, see [uri.Query]

	// spelling is path and query as they were received, if that is otherwise. A handler
	// may well answer it otherwise, so it has a page of its own.
	spelling string
}

// NewTarget returns the target with this path and this query, of which only what counts
// is there.
func NewTarget(scheme, host, path, query string) Target {
	scheme = strings.ToLower(scheme)
	t := Target{Scheme: scheme, Host: uri.Host(scheme, host), Path: uri.Path(path), Query: uri.Query(query)}
	if t.Path != path || t.Query != query {
		t.spelling = withQuery(path, query)
	}
	return t
}

// NewTarget returns the target of requests with this path and query.
func (p *Policy) NewTarget(scheme, host, path, query string) Target {
	return NewTarget(scheme, p.Hosts.fold(scheme, host), path, p.Query.apply(query))
}

// Received is what a request line has of the target, without what of the query does not
// count.
func (t *Target) Received() string {
	if t.spelling != "" {
		return t.spelling
	}
	return withQuery(t.Path, t.Query)
}

// String returns the target as a URL in normal form.
func (t Target) String() string { return t.Scheme + "://" + t.Host + withQuery(t.Path, t.Query) }

func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}
