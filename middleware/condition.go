package middleware

import (
	"fmt"
	"net/http"
	"time"

	"github.com/larder-go/larder/internal/pagecache/engine"

	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// ETag is [Condition] with an entity tag only.
func ETag(etag func(*http.Request) (string, error)) func(http.Handler) http.Handler {
	return Condition(etag, nil)
}

// LastModified is [Condition] with a date only.
func LastModified(lastModified func(*http.Request) (time.Time, error)) func(http.Handler) http.Handler {
	return Condition(nil, lastModified)
}

// Condition returns middleware that answers conditional requests without
// running the handler (RFC 9110, section 13). The functions tell the entity tag
// of what the request is for, and when it was last changed; either may be nil.
// The answer is 304 for a GET or HEAD of what the client has already, and 412 for
// any method if a precondition fails, so the second of two clients that change the
// same resource gets 412 instead of a lost update. Otherwise the handler runs. It panics if both
// functions are nil.
//
// An entity tag that is not in quotes is put in quotes, which makes it a strong
// one; a weak one is W/"tag". An empty tag and the zero time are none. If there is
// neither, there is nothing yet: If-Match fails, and If-None-Match does not. A
// time is cut to seconds, and one in the future is now.
//
// The functions run for every GET and HEAD, and otherwise if there is a condition.
// The response to a GET or HEAD gets the tag and the date where the handler sets
// none, if its status is 2xx or 304. A 304 has what outer middleware has set and
// nothing of the handler's, so [VaryOnHeaders] and [CacheControl] belong outside.
//
// If a function fails, the error is logged, and a GET or HEAD goes to the handler
// as it is. For another method, where a change may be lost, the answer is 500. It
// is an error, too, if a tag has a space or a quote in it.
//
// Inside of a [CachePage] there are no conditions: it takes them out of the
// request and answers them itself.
func Condition(
	etag func(*http.Request) (string, error),
	lastModified func(*http.Request) (time.Time, error),
) func(http.Handler) http.Handler {
	if etag == nil && lastModified == nil {
		panic("middleware: Condition: there is neither a function for the entity tag nor one for the date")
	}
	return func(next http.Handler) http.Handler {
		return &condition{etag: etag, lastModified: lastModified, next: next}
	}
}

type condition struct {
	etag         func(*http.Request) (string, error)
	lastModified func(*http.Request) (time.Time, error)
	next         http.Handler
}

// ServeHTTP implements [http.Handler].
func (c *condition) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isSubject(r) {
		c.next.ServeHTTP(w, r)
		return
	}
	now := time.Now()
	v, err := c.validators(r, now)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	d := &respwriter.Writer{ResponseWriter: w, Decide: v.keep}
	outcome := evaluate(r, v.Validators, now)
	if v.isNothing() && r.Header["If-Match"] != nil {
		outcome = rfc9111.OutcomePreconditionFailed
	}
	if outcome == rfc9111.OutcomePreconditionFailed {
		replyPreconditionFailed(d)
		return
	}
	if isRead(r) {
		v.announce(w.Header())
	}
	if outcome == rfc9111.OutcomeNotModified {
		replyNotModified(d)
		return
	}
	d.Serve(d, c.next, r)
}

// isSubject reports whether there is something to do for a request: it wants
// the validators, or has conditions on them (RFC 9110, section 13.2.1).
func isSubject(r *http.Request) bool {
	switch r.Method {
	case http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return false
	}
	return isRead(r) || rfc9111.IsConditional(r.Header)
}

// validators asks the functions.
func (c *condition) validators(r *http.Request, now time.Time) (v preset, err error) {
	if c.etag != nil {
		tag, err := c.etag(r)
		if err != nil {
			return v, err
		}
		if v.ETag, err = quoteTag(tag); err != nil {
			return v, err
		}
	}
	if c.lastModified != nil {
		modified, err := c.lastModified(r)
		if err != nil {
			return v, err
		}
		if modified.After(now) {
			modified = now // RFC 9110, section 8.8.2.1
		}
		v.LastModified = modified.Truncate(time.Second)
	}
	return v, nil
}

// quoteTag returns the entity tag that s is, in quotes or without.
func quoteTag(s string) (rfc9111.ETag, error) {
	if s == "" {
		return "", nil
	}
	for _, form := range []string{s, `"` + s + `"`} {
		if tag := rfc9111.ParseETag([]string{form}); tag != "" {
			return tag, nil
		}
	}
	return "", fmt.Errorf("%q cannot be an entity tag", s)
}

// fail serves a request whose validators are not known.
func (c *condition) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		engine.Logger(r.Context()).ErrorContext(r.Context(), "larder: the validators of a response are not known", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if isRead(r) {
		c.next.ServeHTTP(w, r)
		return
	}
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}

// preset are validators that a response has before the handler runs, so that
// a handler such as [http.ServeContent] can hold If-Range against them.
type preset struct {
	rfc9111.Validators
	tag      string // of the lines of the header, those that are ours
	modified string
}

func (v *preset) isNothing() bool { return v.ETag == "" && v.LastModified.IsZero() }

func (v *preset) announce(header http.Header) {
	if v.ETag != "" && header["Etag"] == nil {
		v.tag = string(v.ETag)
		header.Set("Etag", v.tag)
	}
	if !v.LastModified.IsZero() && header["Last-Modified"] == nil {
		v.modified = rfc9111.FormatDate(v.LastModified)
		header.Set("Last-Modified", v.modified)
	}
}

// keep takes the validators away from a response which is not that of what they
// are about. The ResponseWriter asks it.
func (v *preset) keep(w *respwriter.Writer, status int) respwriter.Fate {
	if status >= 200 && status <= 299 || status == http.StatusNotModified {
		return respwriter.FateSent
	}
	header := w.Header()
	if v.tag != "" && header.Get("Etag") == v.tag {
		delete(header, "Etag")
	}
	if v.modified != "" && header.Get("Last-Modified") == v.modified {
		delete(header, "Last-Modified")
	}
	return respwriter.FateSent
}
