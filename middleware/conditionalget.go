package middleware

import (
	"net/http"
	"strconv"
	"time"

	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// ConditionalGet returns middleware that answers conditional GET and HEAD
// requests from what the handler gave: with 304 if the client has the response
// already, with 412 if its precondition fails (RFC 9110, section 13). Other methods
// pass, since it would be too late to stop them: see [Condition], which also
// saves running the handler.
//
// The response to a GET with status 200, no ETag and no Cache-Control: no-store
// gets an ETag of its content. For that it is held in memory until the handler
// returns, up to maxBody bytes; if it is longer, or the handler flushes, it is sent
// without one. Responses with trailers and event streams are never held. With a
// maxBody of zero nothing is held, and only the validators count that the handler sets.
//
// The tag is weak, so compression may be inside or outside, and If-Match, which compares
// strongly (RFC 9110, section 13.1.1), never matches it: for that, give a strong one with
// [ETag].
func ConditionalGet(maxBody int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isRead(r) {
				next.ServeHTTP(w, r)
				return
			}
			decide := func(w *respwriter.Writer, status int) respwriter.Fate { return conditionalFate(w, r, status) }
			d := &respwriter.Writer{ResponseWriter: w, Decide: decide, Limit: maxBody}
			d.Serve(d, next, r)
		})
	}
}

func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// conditionalFate is what becomes of a response to a GET or HEAD request.
func conditionalFate(w *respwriter.Writer, r *http.Request, status int) respwriter.Fate {
	if status < 200 || status > 299 {
		return respwriter.FateSent // RFC 9110, section 13.2.1
	}
	if w.Fate == respwriter.FateOpen && mayBeTagged(w, r, status) {
		return respwriter.FateHeld
	}
	header := w.Header()
	if w.IsComplete() && len(w.Body) > 0 {
		header.Set("Etag", page.EntityTag(w.Body))
		if !respwriter.HasLateTrailers(header) {
			header.Set("Content-Length", strconv.Itoa(len(w.Body)))
		}
	}
	now := time.Now()
	validators := rfc9111.ValidatorsOf(header, now)
	validators.Date = time.Time{} // it stands in for Last-Modified in caches only
	switch evaluate(r, validators, now) {
	case rfc9111.OutcomeNotModified:
		return replyNotModified(w)
	case rfc9111.OutcomePreconditionFailed:
		return replyPreconditionFailed(w)
	}
	return respwriter.FateSent
}

// mayBeTagged reports whether a response lacks an ETag that it can be given. If
// so, it sets how much of it is held at most.
func mayBeTagged(w *respwriter.Writer, r *http.Request, status int) bool {
	header := w.Header()
	switch {
	case r.Method != http.MethodGet, status != http.StatusOK, w.Limit <= 0:
		return false
	case header["Etag"] != nil, header["Trailer"] != nil, header["Transfer-Encoding"] != nil, header["Content-Range"] != nil:
		return false
	case respwriter.IsEventStream(header), rfc9111.ParseDirectives(header["Cache-Control"]).NoStore:
		return false
	}
	if header["Content-Length"] == nil {
		return true
	}
	length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	held := err == nil && length <= w.Limit
	w.Limit = length // what is written beyond it is an error that the handler gets
	return held
}

// evaluate holds the conditions of a request against the validators of its
// response. Where there is none, conditions are the handler's business.
func evaluate(r *http.Request, v rfc9111.Validators, now time.Time) rfc9111.Outcome {
	if v.ETag == "" && v.LastModified.IsZero() {
		return rfc9111.OutcomeProceed
	}
	return v.Evaluate(r.Method, r.Header, now)
}

// replyNotModified answers with 304 instead of the response.
func replyNotModified(w *respwriter.Writer) respwriter.Fate {
	removeContentFields(w)
	return w.Replace(http.StatusNotModified)
}

// replyPreconditionFailed answers with 412 instead of the response. What that says
// of how long it may be kept is not about the 412.
func replyPreconditionFailed(w *respwriter.Writer) respwriter.Fate {
	removeContentFields(w)
	for _, name := range []string{"Cache-Control", "Etag", "Expires", "Last-Modified"} {
		delete(w.Header(), name)
	}
	return w.Replace(http.StatusPreconditionFailed)
}

// removeContentFields removes the fields that are about content which is not
// sent.
func removeContentFields(w *respwriter.Writer) {
	header := w.Header()
	_, tagged := header["Etag"]
	for name := range header {
		if !rfc9111.IsInNotModified(name, tagged) {
			delete(header, name)
		}
	}
}
