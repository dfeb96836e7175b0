package engine

import (
	"bytes"
	"net/http"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// sendBody sends a response whose header is set, and applies the client's own
// conditions and ranges to it if it is whole. f are the fields of the request.
func (h *Handler) sendBody(w http.ResponseWriter, r *http.Request, f policy.FieldKind, response recorded, v *rfc9111.Validators) {
	if f.Has(policy.KindConditional) && response.status == http.StatusOK && !response.truncated {
		h.sendConditional(w, r, response.body, v)
		return
	}
	w.WriteHeader(response.status)
	if r.Method != http.MethodHead && respwriter.BodyAllowed(response.status) {
		_, _ = w.Write(response.body) // the client has left: nothing can be reported to it
	}
}

// sendConditional evaluates the conditions of a request, and leaves its ranges
// to [http.ServeContent].
func (h *Handler) sendConditional(w http.ResponseWriter, r *http.Request, body []byte, v *rfc9111.Validators) {
	outcome := h.conditions(r, v)
	switch {
	case outcome == rfc9111.OutcomeNotModified:
		writeNotModified(w, v.ETag != "")
	case outcome == rfc9111.OutcomePreconditionFailed:
		writePreconditionFailed(w)
	case outcome == rfc9111.OutcomeProceed && policy.AsksForRange(r) && h.MayCut(w.Header(), r):
		sendRange(w, r, body)
	default:
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body)
		}
	}
}

// conditions holds the conditions of a request against a response with status
// 200. A shared cache is not the origin: If-Match and If-Unmodified-Since are not
// for it (RFC 9111, section 4.3.2).
func (h *Handler) conditions(r *http.Request, v *rfc9111.Validators) rfc9111.Outcome {
	header := r.Header
	if h.Mode == policy.Shared && (header["If-Match"] != nil || header["If-Unmodified-Since"] != nil) {
		header = header.Clone()
		delete(header, "If-Match")
		delete(header, "If-Unmodified-Since")
	}
	return v.Evaluate(r.Method, header, time.Now())
}

// sendRange leaves a range to [http.ServeContent], which is not to see the
// conditions again.
func sendRange(w http.ResponseWriter, r *http.Request, body []byte) {
	ranges, outcome := rfc9111.ParseRange(r.Header["Range"], int64(len(body)))
	if outcome == rfc9111.RangeIgnored {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body)
		return
	}
	header := w.Header()
	// ServeContent sets the length of what it sends, which is a part.
	delete(header, "Content-Length")
	if header["Content-Type"] == nil && header["Content-Encoding"] != nil {
		header["Content-Type"] = nil // it would take the encoded form for the type
	}
	// It would send the last 0 bytes as a part, and take the unit in small letters only.
	line := string(rfc9111.AppendRanges(nil, ranges, int64(len(body))))
	ranged := &http.Request{Method: http.MethodGet, Header: http.Header{"Range": {line}}}
	http.ServeContent(w, ranged, "", time.Time{}, bytes.NewReader(body))
}

// writeNotModified answers 304, with the fields that belong there (RFC 9110,
// section 15.4.5).
func writeNotModified(w http.ResponseWriter, hasETag bool) {
	header := w.Header()
	for name := range header {
		if !rfc9111.IsInNotModified(name, hasETag) {
			delete(header, name)
		}
	}
	w.WriteHeader(http.StatusNotModified)
}

// writePreconditionFailed answers 412 without what describes the content.
func writePreconditionFailed(w http.ResponseWriter) {
	header := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Type"} {
		delete(header, name)
	}
	w.WriteHeader(http.StatusPreconditionFailed)
}
