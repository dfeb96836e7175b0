package middleware

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-go/larder/internal/rfc9111"
)

// The Cache-Status members that larder writes (RFC 9211).

// statusName is larder's name in Cache-Status, and causeParameter a parameter of its
// own: with the detail "uncacheable" it is that of the last response.
const (
	statusName     = "larder"
	causeParameter = "larder-cause"
)

// forward says why a request went to the handler (RFC 9211, section 2.2).
type forward string

const (
	forwardNone     forward = "" // it did not
	forwardURIMiss  forward = "uri-miss"
	forwardVaryMiss forward = "vary-miss"
	forwardStale    forward = "stale"
	forwardRequest  forward = "request"
	forwardMethod   forward = "method"
	forwardBypass   forward = "bypass"
	forwardPartial  forward = "partial"
)

// forwardOf is the standard's word for a reason that stops a request from being
// looked up.
func forwardOf(r reason) forward {
	if r == reasonMethod {
		return forwardMethod
	}
	return forwardBypass
}

func statusHit(ttl int64) string {
	return statusName + "; hit; ttl=" + strconv.FormatInt(ttl, 10)
}

// forwarded is what is told of a response that was not in the cache.
type forwarded struct {
	why       forward // forwardNone if it is the cache's own
	status    int     // of the handler's response; 0 if it is not known yet
	stored    bool
	collapsed bool // another request's run was waited for
	detail    reason
	cause     reason // of reasonUncacheable: that of the last response
}

// String returns the member of Cache-Status.
func (f forwarded) String() string {
	var buffer [96]byte
	b := append(buffer[:0], statusName...)
	if f.why != forwardNone {
		b = append(b, "; fwd="...)
		b = append(b, f.why...)
	}
	if f.status != 0 {
		b = append(b, "; fwd-status="...)
		b = strconv.AppendInt(b, int64(f.status), 10)
	}
	if f.stored {
		b = append(b, "; stored"...)
	}
	if f.collapsed {
		b = append(b, "; collapsed"...)
	}
	if f.detail != reasonNone {
		b = append(b, "; detail="...)
		b = append(b, f.detail.String()...)
	}
	if f.cause != reasonNone {
		b = append(b, "; "+causeParameter+"="...)
		b = append(b, f.cause.String()...)
	}
	return string(b)
}

// setStatus says what was done, behind what inner caches have said of the response.
func setStatus(header http.Header, inner []string, f forwarded) {
	setField(header, "Cache-Status", append(slices.Clip(readable(inner)), f.String()))
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
