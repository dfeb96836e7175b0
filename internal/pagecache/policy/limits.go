package policy

import (
	"net/http"
	"strings"
	"time"
)

// maxElements is how many fields, cookies, elements of a list and, where options
// look at them, query parameters a request may have to be answered from the cache.
// Browsers send a dozen of each. What looks at them takes time for each one, and
// mostly more than net/http takes to read it; over the limit the request bypasses
// the cache, after the separators were counted (RFC 9110, section 5.4).
const maxElements = 256

// maxTarget is how many bytes the target of a request that is answered from the cache
// may have. The key of a page, which is stored with it, is six times as long at most: the
// Target as received, in normal form, in which a byte may take three, and as the handler
// gets it.
const maxTarget = 32 << 10

// isOverlong reports whether a request has more of something than maxElements, or a
// Target of more than maxTarget bytes. f are its fields.
func (p *Policy) isOverlong(r *http.Request, f FieldKind) bool {
	header := r.Header
	switch {
	case len(header) > maxElements,
		len(r.RequestURI) > maxTarget,
		f.Has(kindConnection) && hasManyElements(header["Connection"], ","),
		f.Has(KindCookie) && hasManyElements(header["Cookie"], ";"),
		hasManyElements(header["Accept-Encoding"], ","),
		p.Normalize && hasManyElements(header["Accept-Language"], ","),
		f.Has(kindDirectives) && p.HeedRequests && (hasManyElements(header["Cache-Control"], ",") || hasManyElements(header["Pragma"], ",")):
		return true
	}
	return !p.Query.unchanged() && strings.Count(r.URL.RawQuery, "&") >= maxElements
}

// hasManyElements reports whether lines have more than maxElements elements.
func hasManyElements(lines []string, separator string) bool {
	n := len(lines)
	for _, line := range lines {
		n += strings.Count(line, separator)
	}
	return n > maxElements
}

// MaxRun is how long a run may take whose response is stored. A tombstone lives
// longer than that, so no run that began before an invalidation outlives it.
const MaxRun = 5 * time.Minute
