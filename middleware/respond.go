package middleware

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/respwriter"

	"github.com/larder-go/larder/internal/rfc9111"
)

// outgoing is the header of a response to one client. Since middleware further
// out may change the lines of a header in place, and a page is everybody's, lines
// are given away in memory of their own.
type outgoing struct {
	http.Header
	empty bool     // nobody has set anything before: there is nothing to merge
	lines []string // memory for what is set

	rendered *renderedAge // of a hit
}

// newOutgoing is for the response to a client who gets p, with memory for the
// lines of p.
func newOutgoing(header http.Header, p *page) outgoing {
	const others = 2 // Age, Cache-Control
	return outgoing{Header: header, empty: len(header) == 0, lines: make([]string, 0, len(p.flat)+len(p.cacheStatus)+1+others)}
}

// copied returns lines in memory that is the client's.
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
func (o *outgoing) setPage(p *page) {
	lines := o.copied(p.flat)
	if !o.empty {
		o.mergePage(p, lines)
		return
	}
	for i := range p.fields {
		f := &p.fields[i]
		n := len(f.lines)
		o.Header[f.name] = lines[:n:n]
		lines = lines[n:]
	}
}

// mergePage is setPage where others have set something before. lines are those of the
// page.
func (o *outgoing) mergePage(p *page, lines []string) {
	for _, name := range p.removed {
		delete(o.Header, name)
	}
	for i := range p.fields {
		f := &p.fields[i]
		n := len(f.lines)
		o.place(f, lines[:n:n])
		lines = lines[n:]
	}
}

// place sets a field where it belongs.
func (o *outgoing) place(f *field, lines []string) {
	switch _, set := o.Header[f.name]; {
	case !set:
		o.Header[f.name] = lines
	case f.place == placeAdded:
		o.Header[f.name] = slices.Concat(o.Header[f.name], lines)
	case f.place == placeSet:
		respwriter.SetField(o.Header, f.name, lines)
	}
}

// setGuesses sets the fields that a page was given where nobody has said anything.
func (o *outgoing) setGuesses(p *page) {
	for i := range p.fields {
		if f := &p.fields[i]; f.place == placeGuess {
			o.place(f, slices.Clone(f.lines))
		}
	}
}

// give sets a field to lines that are the client's.
func (o *outgoing) give(name string, lines []string) {
	if o.empty {
		o.Header[name] = lines
	} else {
		respwriter.SetField(o.Header, name, lines)
	}
}

// tell says of a page what the handler does not: on what it depends, and for how long
// browsers may keep it.
func (o *outgoing) tell(h *pageHandler, p *page) {
	if len(h.declaredVary) > 0 {
		o.tellVary(h)
	}
	o.tellBrowsers(h, p)
}

// tellVary adds to Vary the names of fields by option that it does not have. Without
// them, a cache further out would give a page to clients who are to get another.
func (o *outgoing) tellVary(h *pageHandler) {
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

// setHit says that a page of this age was in the cache.
func (o *outgoing) setHit(p *page, age time.Duration) {
	o.rendered = p.render(age)
	o.give("Cache-Status", o.copied(o.rendered.status))
	o.setLine("Age", o.rendered.ageLine)
}

// sendHit sends a page of this age that was in the cache.
func (x *exchange) sendHit(p *page, age time.Duration) {
	x.from.NoteHit(x.r.Context(), fillOp, x.key)
	out := newOutgoing(x.w.Header(), p)
	out.setHit(p, age)
	x.sendPage(p, &out)
}

// sendAged sends a page that is old, and says so.
func (x *exchange) sendAged(p *page) {
	out := newOutgoing(x.w.Header(), p)
	out.setLine("Age", p.render(p.age(time.Now())).ageLine)
	x.sendPage(p, &out)
}

// sendPage sends a page but for what is said of its way.
func (x *exchange) sendPage(p *page, out *outgoing) {
	out.setPage(p)
	out.tell(x.h, p)
	x.h.sendBody(x.w, x.r, x.Fields, recorded{status: p.status, body: p.body}, &p.validators)
}
