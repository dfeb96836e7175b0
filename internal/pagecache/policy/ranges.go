package policy

import (
	"net/http"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/rfc9111"
)

// What of a whole response a client gets, by its own conditions and ranges.

// AsksForRange reports whether the Range field of r means anything: it is of
// GET only, and other units than bytes, in any case (RFC 9110, section 14.1), are
// ignored (section 14.2).
func AsksForRange(r *http.Request) bool {
	if r.Method != http.MethodGet || len(r.Header["Range"]) != 1 {
		return false
	}
	unit, _, _ := strings.Cut(r.Header["Range"][0], "=")
	return strings.EqualFold(unit, "bytes")
}

// MayCut reports whether ranges may be cut from a stored page, of whose response this is
// the header: if the handler has said so, or if nothing between it and the client
// compresses the response, since the client accepts no coding. Otherwise compression
// outside of the cache would compress the part, and the client would take its bytes for
// those of the whole. A [Literal] cache cuts them as RFC 9111, section 3.3, allows: it is
// a proxy, outside of which nothing changes content.
func (p *Policy) MayCut(header http.Header, r *http.Request) bool {
	if said := header["Accept-Ranges"]; said != nil {
		return acceptsRanges(said)
	}
	return p.Literal || header["Content-Encoding"] == nil && rfc9111.AcceptedCodings(r.Header["Accept-Encoding"]).AcceptNone()
}

// acceptsRanges reports whether the lines of Accept-Ranges have bytes (RFC 9110, section
// 14.3).
func acceptsRanges(lines []string) bool {
	return slices.Contains(rfc9111.FieldNames(lines), "Bytes")
}
