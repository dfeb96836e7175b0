package middleware

import (
	"net/http"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
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

// tellBrowsers says how long browsers may keep a response, if nobody has said
// anything about that. A shared cache adds nothing of its own.
func (s *pageSender) tellBrowsers(header http.Header, h *pageHandler) {
	if h.face == shared || header["Cache-Control"] != nil || header["Expires"] != nil {
		return
	}
	s.set(header, "Cache-Control", h.browserControl)
	if h.djangoHeaders {
		s.set(header, "Expires", rfc9111.FormatDate(time.Now().Add(h.browserTTL)))
	}
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
func (s *pageSender) hit(w http.ResponseWriter, r *http.Request, p *page, h *pageHandler, now time.Time) {
	header := w.Header()
	rendered := p.render(now)
	s.set(header, "Cache-Status", rendered.status...)
	s.set(header, "Age", rendered.ageLine)
	s.send(w, r, p, h)
}

// sendAged sends a page that is old, and says so.
func (s *pageSender) sendAged(w http.ResponseWriter, r *http.Request, p *page, h *pageHandler) {
	s.set(w.Header(), "Age", p.render(time.Now()).ageLine)
	s.send(w, r, p, h)
}

// aged sets the stored fields of a page, and how old it is.
func (s *pageSender) aged(header http.Header, p *page) {
	s.set(header, "Age", p.render(time.Now()).ageLine)
	s.fields(header, p)
}

// send sends a page but for what is said of its way.
func (s *pageSender) send(w http.ResponseWriter, r *http.Request, p *page, h *pageHandler) {
	s.fields(w.Header(), p)
	s.tellBrowsers(w.Header(), h)
	sendBody(w, r, h, recorded{status: p.status, body: p.body}, p.validators)
}

// fields sets the stored fields of a page.
func (s *pageSender) fields(header http.Header, p *page) {
	for _, f := range p.fields {
		s.set(header, f.name, f.lines...)
	}
}
