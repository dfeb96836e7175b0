package respwriter

import (
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-go/larder/internal/rfc9111"
)

// IsEventStream reports whether a response is an event stream, which has no end to wait for.
func IsEventStream(header http.Header) bool {
	mediaType, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "text/event-stream")
}

// HasLateTrailers reports whether a handler has set trailers without announcing
// them.
func HasLateTrailers(header http.Header) bool {
	for name := range header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			return true
		}
	}
	return false
}

// AddTrailers gives a client the trailers that the handler has set since the
// header was sent.
func AddTrailers(dst, sent, header http.Header) {
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

// DeclaredLength is what Content-Length says, or -1.
func DeclaredLength(header http.Header) int64 {
	length := Single(header["Content-Length"])
	if length == "" {
		return -1
	}
	n, err := strconv.ParseInt(length, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// Canonical returns a copy of a header that has canonical names only: what is
// sent is the same, and no rule misses "set-cookie".
func Canonical(header http.Header) http.Header {
	count := 0
	for _, lines := range header {
		count += len(lines)
	}
	c, room := make(http.Header, len(header)), make([]string, 0, count)
	for name, lines := range header {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if len(lines) == 0 || c[name] != nil {
			c[name] = append(c[name], lines...) // of two spellings, or none
			continue
		}
		begin := len(room)
		room = append(room, lines...)
		c[name] = room[begin:len(room):len(room)]
	}
	return c
}

// IsAsBefore reports whether a header is the same as when a canonical copy of it was made.
func IsAsBefore(header, before http.Header) bool {
	if len(header) != len(before) {
		return false
	}
	for name, lines := range header {
		was, had := before[name]
		if !had || !slices.Equal(was, lines) {
			return false
		}
	}
	return true
}

func BodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// Single is the only value of a field.
func Single(lines []string) string {
	if len(lines) != 1 {
		return ""
	}
	return lines[0]
}

// merged are the fields to which each handler on the way adds its own. A cookie
// that outer middleware has set stays beside the handler's.
var merged = []string{"Cache-Status", "Link", "Server-Timing", "Set-Cookie", "Vary", "Via"}

// SetField sets a field in dst, which may have fields of
// outer middleware. It keeps lines.
func SetField(dst http.Header, name string, lines []string) {
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

// StatusName is larder's name in Cache-Status.
const StatusName = "larder"

func StatusHit(ttl int64) string {
	return StatusName + "; hit; ttl=" + strconv.FormatInt(ttl, 10)
}

// Readable returns the lines of an inner Cache-Status, or none if they are malformed:
// whoever reads the field strictly would have to ignore the whole of it, ours too (RFC
// 9651, section 4.2).
func Readable(inner []string) []string {
	if !rfc9111.IsList(append(slices.Clip(inner), StatusName)) {
		return nil
	}
	return inner
}

// IsNested reports whether an inner CachePage has the response: its member
// of Cache-Status says hit or stored.
func IsNested(lines []string) bool {
	for _, line := range lines {
		for member := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(member, ";")
			if strings.TrimSpace(name) != StatusName {
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
