package engine

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// The Cache-Status members that larder writes (RFC 9211).

// causeParameter is a parameter of its own in Cache-Status: with the detail "uncacheable" it
// is that of the last response.
const causeParameter = "larder-cause"

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
func forwardOf(r reason.Reason) forward {
	if r == reason.Method {
		return forwardMethod
	}
	return forwardBypass
}

// forwarded is what Cache-Status says about a response that was not in the cache.
type forwarded struct {
	why       forward // forwardNone if it is the cache's own
	status    int     // of the handler's response; 0 if it is not known yet
	stored    bool
	collapsed bool // another request's run was waited for
	detail    reason.Reason
	cause     reason.Reason // of reason.Uncacheable: that of the last response
}

// String returns the member of Cache-Status. The last one is kept: most of them are the same.
func (f forwarded) String() string {
	if last := lastStatus.Load(); last != nil && last.of == f {
		return last.text
	}
	text := f.text()
	lastStatus.Store(&statusText{f, text})
	return text
}

var lastStatus atomic.Pointer[statusText]

type statusText struct {
	of   forwarded
	text string
}

func (f forwarded) text() string {
	var buffer [96]byte
	b := append(buffer[:0], respwriter.StatusName...)
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
	if f.detail != reason.None {
		b = append(b, "; detail="...)
		b = append(b, f.detail.String()...)
	}
	if f.cause != reason.None {
		b = append(b, "; "+causeParameter+"="...)
		b = append(b, f.cause.String()...)
	}
	return string(b)
}

// setStatus appends larder's member to Cache-Status, after those of inner caches.
func setStatus(header http.Header, inner []string, f forwarded) {
	respwriter.SetField(header, "Cache-Status", append(slices.Clip(respwriter.Readable(inner)), f.String()))
}
