package middleware

import (
	"net/http"
	"slices"
)

// edits are what a handler has done to the header that outer middleware had begun:
// its own fields, and which of theirs it has taken away. They are what is stored of a
// response's header: on a hit they are applied to what outer middleware has set for
// that request.
type edits struct {
	own     http.Header // lines of the handler alone
	added   []string    // fields of own that go behind the lines of outer middleware
	removed []string    // fields of outer middleware that the handler has deleted
}

// editsOf compares a header as the handler got it with what it has made of it. Both
// have canonical names. What the handler has left as it was is not its own.
func editsOf(before, after http.Header) edits {
	if len(before) == 0 {
		return edits{own: after}
	}
	e := edits{own: make(http.Header, len(after))}
	for name, lines := range after {
		outer, had := before[name]
		switch {
		case !had:
			e.own[name] = lines
		case slices.Equal(outer, lines) && (outer == nil) == (lines == nil):
		case len(outer) > 0 && len(lines) > len(outer) && slices.Equal(outer, lines[:len(outer)]):
			e.own[name] = lines[len(outer):]
			e.added = append(e.added, name)
		default:
			e.own[name] = lines
		}
	}
	for name := range before {
		if _, kept := after[name]; !kept {
			e.removed = append(e.removed, name)
		}
	}
	return e
}

// applyTo makes a header of outer middleware that of the response, Cache-Status
// excepted.
func (e *edits) applyTo(header http.Header) {
	for _, name := range e.removed {
		delete(header, name)
	}
	for name, lines := range e.own {
		switch {
		case name == "Cache-Status":
		case slices.Contains(e.added, name):
			header[name] = slices.Concat(header[name], lines)
		default:
			setField(header, name, lines)
		}
	}
}

// upon returns the header of the response with these edits of an outer header.
func (e *edits) upon(outer http.Header) http.Header {
	if len(outer) == 0 && len(e.removed) == 0 {
		return e.own
	}
	header := canonical(outer)
	e.applyTo(header)
	return header
}
