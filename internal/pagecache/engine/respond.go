package engine

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// outgoing is the header of a response to one client. Since outer middleware may change the
// lines of a header in place, and a page is shared, it gets copies of the lines.
type outgoing struct {
	http.Header
	empty bool     // outer middleware has set nothing: there is nothing to merge
	lines []string // memory for the copies

	rendered *page.RenderedAge // of a hit
}

// newOutgoing is for the response to a client that gets p, with memory for the
// lines of p.
func newOutgoing(header http.Header, p *page.Page) outgoing {
	const others = 2 // Age, Cache-Control
	return outgoing{Header: header, empty: len(header) == 0, lines: make([]string, 0, len(p.Flat)+len(p.CacheStatus)+1+others)}
}

// copied returns a copy of lines that belongs to this response.
func (o *outgoing) copied(lines []string) []string {
	from := len(o.lines)
	o.lines = append(o.lines, lines...)
	return o.lines[from:len(o.lines):len(o.lines)]
}

// setLine sets a field to one line.
func (o *outgoing) setLine(name, line string) {
	from := len(o.lines)
	o.lines = append(o.lines, line)
	o.give(name, o.lines[from:from+1:from+1])
}

// setPage sets the stored fields of a page.
func (o *outgoing) setPage(p *page.Page) {
	lines := o.copied(p.Flat)
	if !o.empty {
		o.mergePage(p, lines)
		return
	}
	for i := range p.Fields {
		f := &p.Fields[i]
		n := len(f.Lines)
		o.Header[f.Name] = lines[:n:n]
		lines = lines[n:]
	}
}

// mergePage is setPage where others have set something before. lines are those of the
// page.
func (o *outgoing) mergePage(p *page.Page, lines []string) {
	for _, name := range p.Removed {
		delete(o.Header, name)
	}
	for i := range p.Fields {
		f := &p.Fields[i]
		n := len(f.Lines)
		o.set(f, lines[:n:n])
		lines = lines[n:]
	}
}

// set adds a field as its merge says.
func (o *outgoing) set(f *page.Field, lines []string) {
	switch _, set := o.Header[f.Name]; {
	case !set:
		o.Header[f.Name] = lines
	case f.Merge == page.MergeAppend:
		o.Header[f.Name] = slices.Concat(o.Header[f.Name], lines)
	case f.Merge == page.MergeReplace:
		respwriter.SetField(o.Header, f.Name, lines)
	}
}

// setGuesses sets the default fields of a page that outer middleware has not set.
func (o *outgoing) setGuesses(p *page.Page) {
	for i := range p.Fields {
		if f := &p.Fields[i]; f.Merge == page.MergeDefault {
			o.set(f, o.copied(f.Lines))
		}
	}
}

// give sets a field to a copy of lines.
func (o *outgoing) give(name string, lines []string) {
	if o.empty {
		o.Header[name] = lines
	} else {
		respwriter.SetField(o.Header, name, lines)
	}
}

// setClientHeaders adds what the handler does not say about a page: the fields that it
// depends on, and for how long browsers may keep it.
func (o *outgoing) setClientHeaders(h *Handler, p *page.Page) {
	if len(h.declaredVary) > 0 {
		o.setVary(h)
	}
	o.setBrowserHeaders(h, p)
}

// setVary adds to Vary the fields that options name and that it does not have. Without them,
// an outer cache would send the page to clients that should get another.
func (o *outgoing) setVary(h *Handler) {
	lines := o.Header["Vary"]
	if len(lines) == 0 {
		o.Header["Vary"] = []string{h.declaredLine}
		return
	}
	said, any := rfc9111.VaryNames(lines)
	if any {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(h.declaredVary), func(name string) bool { return slices.Contains(said, name) })
	if len(missing) > 0 {
		o.Header["Vary"] = append(slices.Clip(lines), strings.Join(missing, ", "))
	}
}

// setStatus is the function of that name with the memory of o.
func (o *outgoing) setStatus(inner []string, f forwarded) {
	if len(inner) > 0 {
		setStatus(o.Header, inner, f)
		return
	}
	o.setLine("Cache-Status", f.String())
}

// setHit says that a page of this age was in the cache.
func (o *outgoing) setHit(p *page.Page, age time.Duration) {
	o.rendered = p.Render(age)
	o.give("Cache-Status", o.copied(o.rendered.Status))
	o.setLine("Age", o.rendered.AgeLine)
}

// sendHit sends a page of this age that was in the cache.
func (x *requestFlow) sendHit(p *page.Page, age time.Duration) {
	hooks.Cache.NoteHit(x.r.Context(), x.from, fillOp, x.key)
	out := newOutgoing(x.w.Header(), p)
	out.setHit(p, age)
	x.sendPage(p, &out)
}

// sendAged sends a page with its Age.
func (x *requestFlow) sendAged(p *page.Page) {
	out := newOutgoing(x.w.Header(), p)
	out.setLine("Age", p.Render(p.Age(time.Now())).AgeLine)
	x.sendPage(p, &out)
}

// sendPage sends a page; the caller has set Age and Cache-Status.
func (x *requestFlow) sendPage(p *page.Page, out *outgoing) {
	out.setPage(p)
	out.setClientHeaders(x.h, p)
	x.h.sendBody(x.w, x.r, x.Fields, recorded{status: p.Status, body: p.Body}, &p.Validators)
}
