package middleware

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
// target as received, in normal form, in which a byte may take three, and as the handler
// gets it.
const maxTarget = 32 << 10

// isOverlong reports whether a request has more of something than maxElements, or a
// target of more than maxTarget bytes. f are its fields.
func (p *policy) isOverlong(r *http.Request, f fieldKind) bool {
	header := r.Header
	switch {
	case len(header) > maxElements,
		len(r.RequestURI) > maxTarget,
		f.has(kindConnection) && hasManyElements(header["Connection"], ","),
		f.has(kindCookie) && hasManyElements(header["Cookie"], ";"),
		hasManyElements(header["Accept-Encoding"], ","),
		p.normalize && hasManyElements(header["Accept-Language"], ","),
		f.has(kindDirectives) && p.heedRequests && (hasManyElements(header["Cache-Control"], ",") || hasManyElements(header["Pragma"], ",")):
		return true
	}
	return !p.query.unchanged() && strings.Count(r.URL.RawQuery, "&") >= maxElements
}

// hasManyElements reports whether lines have more than maxElements elements.
func hasManyElements(lines []string, separator string) bool {
	n := len(lines)
	for _, line := range lines {
		n += strings.Count(line, separator)
	}
	return n > maxElements
}

// maxRun is how long a run may take whose response is stored. A tombstone lives
// longer than that, so no run that began before an invalidation outlives it.
const maxRun = 5 * time.Minute
