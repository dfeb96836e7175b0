package middleware

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"
)

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

// copyResponse sets the header of a response in dst, with what is told of its
// way.
func copyResponse(dst, response http.Header, f forwarded) {
	copyHeader(dst, response, "Cache-Status")
	setStatus(dst, response["Cache-Status"], f)
}

// copyHeader sets the fields of src in dst, but for those named.
func copyHeader(dst, src http.Header, except ...string) {
	for name, lines := range src {
		if !slices.Contains(except, name) {
			setField(dst, name, lines)
		}
	}
}

// lacksControl reports whether nobody has told browsers how long to keep a
// response.
func lacksControl(header http.Header) bool {
	return header["Cache-Control"] == nil && header["Expires"] == nil
}

// pageSender sends a page to one client. Since middleware further out may
// change the lines of a header in place, and the page is everybody's, it gives
// the lines away in memory of its own.
type pageSender struct {
	lines [16]string // as many as most pages have; more are allocated
	used  int
}

// set sets a field with copies of lines.
func (s *pageSender) set(dst http.Header, name string, lines ...string) {
	end := s.used + len(lines)
	if end > len(s.lines) {
		setField(dst, name, slices.Clone(lines))
		return
	}
	own := s.lines[s.used:end:end]
	copy(own, lines)
	s.used = end
	setField(dst, name, own)
}

// hit sends a page that was in the cache.
func (s *pageSender) hit(w http.ResponseWriter, r *http.Request, p *page, control string, now time.Time) {
	header := w.Header()
	rendered := p.render(now)
	s.set(header, "Cache-Status", rendered.status...)
	s.set(header, "Age", rendered.ageLine)
	s.send(w, r, p, control)
}

// send sends a page but for what is said of its way.
func (s *pageSender) send(w http.ResponseWriter, r *http.Request, p *page, control string) {
	header := w.Header()
	for _, f := range p.fields {
		s.set(header, f.name, f.lines...)
	}
	if lacksControl(header) {
		s.set(header, "Cache-Control", control)
	}
	sendBody(w, r, recorded{status: p.status, body: p.body}, p.lastModified)
}

// sendBody sends a response whose header is set, and applies the client's own
// conditions and ranges to it if it is whole.
func sendBody(w http.ResponseWriter, r *http.Request, response recorded, lastModified time.Time) {
	if response.status == http.StatusOK && !response.truncated && isConditional(r) {
		sendContent(w, r, response.body, lastModified)
		return
	}
	w.WriteHeader(response.status)
	if r.Method != http.MethodHead && bodyAllowed(response.status) {
		_, _ = w.Write(response.body) // the client has left: there is nobody to tell
	}
}

func isConditional(r *http.Request) bool {
	return slices.ContainsFunc(partial, func(name string) bool {
		return r.Header[name] != nil && (name != "Range" || asksForRange(r))
	})
}

// asksForRange reports whether the Range field of r means anything: it is of
// GET only, and other units than bytes are ignored (RFC 9110, section 14.2).
func asksForRange(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.Header.Get("Range"), "bytes=")
}

// sendContent leaves conditions and ranges to [http.ServeContent].
func sendContent(w http.ResponseWriter, r *http.Request, body []byte, lastModified time.Time) {
	header := w.Header()
	// ServeContent sets the length of what it sends, which may be a part.
	delete(header, "Content-Length")
	if header["Content-Type"] == nil && header["Content-Encoding"] != nil {
		header["Content-Type"] = nil // it would take the encoded form for the type
	}
	if r.Header["Range"] != nil && !asksForRange(r) {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	http.ServeContent(w, r, "", lastModified, bytes.NewReader(body))
}
