package engine

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// The header that outer middleware shares with a run.
//
// A handler without a cache writes to the same ResponseWriter as outer middleware: it sees
// their fields, and they add theirs when it writes its status, or while it runs, through a
// writer that they have kept. Behind a cache it is the same:
//
//   - While the handler runs, the ResponseWriter of the client that started the run
//     belongs to the handler's goroutine: the client's own, or another while that does not
//     return. So nothing that the handler can reach is used by two goroutines. Only the
//     body of a stream is sent by another goroutine, see [stream.Reader].TakesTurns.
//   - The handler starts with a copy of the outer header. What is stored is what it
//     has made of that, see [respwriter.Edits].
//   - Before other clients get anything, and before anything is stored, the outer header
//     is read again, [run.review]: a field that makes the response one client's counts
//     whenever it appears. Middleware may add fields as the status is written, so unless
//     the ResponseWriter is the server's own, the client's header is written first.
//
// Fields that middleware adds after the handler has returned, to a response that it holds
// back, cannot be seen.

// outerHeader is what a run knows of the header of outer middleware.
type outerHeader struct {
	before  http.Header // as the request came, with canonical names
	known   http.Header // as it was when it was last looked at
	vary    []string    // what it has been found to vary on since
	encodes bool        // it has applied a coding, and varies on Accept-Encoding only for that
}

func newOuterHeader(before http.Header) outerHeader {
	return outerHeader{before: before, known: before}
}

// forHandler returns the header with which a handler starts.
func (o *outerHeader) forHandler() http.Header {
	if len(o.before) == 0 {
		return make(http.Header)
	}
	return o.before.Clone()
}

// outerNow is the header of outer middleware as it is.
func (u *run) outerNow() http.Header {
	if u.x.w == nil {
		return u.outer.before // of the request that asked for a refresh
	}
	return u.x.w.Header()
}

// review looks at what has been added to the outer header since it was last looked at,
// and says why that makes the response one client's, or reason.None.
func (u *run) review() reason.Reason {
	x := u.x
	if x.w == nil || u.held != nil {
		return reason.None // of a part, the goroutine that sends it sets the header, to a server's own writer
	}
	if respwriter.IsAsBefore(u.outerNow(), u.outer.known) {
		return reason.None
	}
	was, now := u.outer.known, respwriter.Canonical(u.outerNow())
	late := respwriter.EditsOf(was, now)
	u.outer.known = now
	if len(late.Own) == 0 {
		return reason.None
	}
	if why := x.h.ReasonAdded(was, now, late.Own); why != reason.None {
		return why
	}
	return u.reviewVary(now, late.Own["Vary"])
}

// reviewVary is review for what outer middleware has added to Vary: it selects the
// page, too. A coding that it has applied itself does not.
func (u *run) reviewVary(now http.Header, lines []string) reason.Reason {
	x := u.x
	encodes := now["Content-Encoding"] != nil && u.recorder.edits.Own["Content-Encoding"] == nil
	for _, name := range rfc9111.FieldNames(lines) {
		switch {
		case slices.Contains(x.Vary, name), slices.Contains(u.outer.vary, name):
		case u.page != nil && slices.Contains(u.page.Vary, name):
		case name == "Accept-Encoding" && encodes:
			u.outer.encodes = true
		case name == "Cookie" && x.h.Identifies(name):
			return reason.VaryCookie
		case x.h.Identifies(name):
			return reason.VaryCredentials
		case policy.VariesOnHidden([]string{name}, &x.RequestInfo):
			return reason.VaryHidden
		default:
			u.outer.vary = append(u.outer.vary, name)
		}
	}
	if len(u.outer.vary) > policy.MaxVary {
		return reason.VaryAny
	}
	return reason.None
}

// isServersOwn reports whether a ResponseWriter is that of an HTTP server, which adds
// nothing to the header that it does not send itself, and does not look at the header
// again when that is written. That of package httptest counts.
func isServersOwn(w http.ResponseWriter) bool {
	t := reflect.TypeOf(w)
	if t.Kind() != reflect.Pointer {
		return false
	}
	switch t.Elem().PkgPath() {
	case "net/http", "net/http/httptest", "net/http/internal/http2", "golang.org/x/net/http2":
		return true
	}
	return false
}
