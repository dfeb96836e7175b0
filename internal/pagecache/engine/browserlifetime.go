package engine

import (
	"time"

	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/rfc9111"
)

// setBrowserHeaders says how long browsers may keep a page, if neither the handler nor outer
// middleware has. A shared cache adds nothing.
func (o *outgoing) setBrowserHeaders(h *Handler, p *page.Page) {
	stated := p.StatesBrowserLifetime || !o.empty && (o.Header["Cache-Control"] != nil || o.Header["Expires"] != nil)
	adds := h.DjangoHeaders && h.BrowserTTL > 0 && p.StatesBrowserLifetime // to what the handler says
	if stated && !adds || h.Mode == policy.Shared {
		return
	}
	if h.BrowserTTL <= 0 {
		o.setLine("Cache-Control", h.browserControl)
		return
	}
	lines := o.browserLines(h, p)
	o.setLine("Cache-Control", lines.Control)
	if lines.Expires != "" && o.Header["Expires"] == nil {
		o.setLine("Expires", lines.Expires)
	}
}

// browserLines returns the lines for a page, which are made once a second.
func (o *outgoing) browserLines(h *Handler, p *page.Page) *page.BrowserLines {
	if o.rendered == nil {
		o.rendered = p.Render(p.Age(time.Now()))
	}
	if lines := o.rendered.Browser.Load(); lines != nil && lines.Policy == h.Policy {
		return lines
	}
	lines := &page.BrowserLines{Policy: h.Policy}
	if h.DjangoHeaders {
		lines.Control, lines.Expires = h.djangoLines(p)
	} else {
		age := time.Duration(o.rendered.Age) * time.Second
		lines.Control = h.Policy.BrowserControl(age + h.BrowserTTL)
	}
	o.rendered.Browser.Store(lines)
	return lines
}

// djangoLines returns what Django adds to a response before it stores that: they stay the
// same from hit to hit. Its cache for a site goes by the max-age of the response.
func (h *Handler) djangoLines(p *page.Page) (control, expires string) {
	said := p.Lines("Cache-Control")
	ttl := h.BrowserTTL
	if d := rfc9111.ParseDirectives(said); h.Mode == policy.PerSite && d.HasMaxAge {
		ttl = d.MaxAge
	}
	if control = h.browserControl; len(said) > 0 {
		control = rfc9111.MergeDirectives(said, []string{control})
	}
	return control, rfc9111.FormatDate(p.Received.Add(ttl))
}
