package middleware

import (
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-go/larder/internal/rfc9111"
)

func isEventStream(header http.Header) bool {
	mediaType, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "text/event-stream")
}

// hasLateTrailers reports whether a handler has set trailers without announcing
// them.
func hasLateTrailers(header http.Header) bool {
	for name := range header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			return true
		}
	}
	return false
}

// addTrailers gives a client the trailers that the handler has set since the
// header was sent.
func addTrailers(dst, sent, header http.Header) {
	for name, lines := range header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			dst[name] = slices.Clone(lines)
		}
	}
	for _, name := range rfc9111.FieldNames(sent["Trailer"]) {
		if lines, has := header[name]; has {
			dst[name] = slices.Clone(lines)
		}
	}
}

// declaredLength is what Content-Length says, or -1.
func declaredLength(header http.Header) int64 {
	n, err := strconv.ParseInt(single(header["Content-Length"]), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// canonical returns a copy of a header that has canonical names only: what is
// sent is the same, and no rule misses "set-cookie".
func canonical(header http.Header) http.Header {
	c := make(http.Header, len(header))
	for name, lines := range header {
		name = textproto.CanonicalMIMEHeaderKey(name)
		c[name] = append(c[name], lines...)
	}
	return c
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// single is the only value of a field.
func single(lines []string) string {
	if len(lines) != 1 {
		return ""
	}
	return lines[0]
}

// merged are the fields to which each handler on the way adds its own. A cookie
// that middleware further out has set stays beside the handler's.
var merged = []string{"Cache-Status", "Link", "Server-Timing", "Set-Cookie", "Vary", "Via"}

// setField sets a field in dst, which may have fields of middleware further
// out. It keeps lines.
func setField(dst http.Header, name string, lines []string) {
	outer := dst[name]
	switch {
	case outer == nil || !slices.Contains(merged, name):
		dst[name] = lines
	case name == "Cache-Status":
		dst[name] = slices.Concat(lines, outer) // the innermost is first (RFC 9211, section 2)
	default:
		dst[name] = slices.Concat(outer, lines)
	}
}

// statusName is larder's name in Cache-Status, and causeParameter a parameter of its
// own: with the detail "uncacheable" it is that of the last response.
const (
	statusName     = "larder"
	causeParameter = "larder-cause"
)

func statusHit(ttl int64) string {
	return statusName + "; hit; ttl=" + strconv.FormatInt(ttl, 10)
}

// readable returns the lines of an inner Cache-Status, or none if they are malformed:
// whoever reads the field strictly would have to ignore the whole of it, ours too (RFC
// 9651, section 4.2).
func readable(inner []string) []string {
	if !rfc9111.IsList(append(slices.Clip(inner), statusName)) {
		return nil
	}
	return inner
}

// isNested reports whether a CachePage further in has the response: its member
// of Cache-Status says hit or stored.
func isNested(lines []string) bool {
	for _, line := range lines {
		for member := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(member, ";")
			if strings.TrimSpace(name) != statusName {
				continue
			}
			for parameter := range strings.SplitSeq(parameters, ";") {
				switch strings.TrimSpace(parameter) {
				case "hit", "stored":
					return true
				}
			}
		}
	}
	return false
}
