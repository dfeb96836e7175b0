package respwriter

import (
	"net/http"
	"slices"
)

// Edits are what a handler has done to the header that outer middleware had begun:
// its own fields, and which of theirs it has taken away. They are what is stored of a
// response's header: on a hit they are applied to what outer middleware has set for
// that request.
type Edits struct {
	Own     http.Header // lines of the handler alone
	Added   []string    // fields of own that go behind the lines of outer middleware
	Removed []string    // fields of outer middleware that the handler has deleted
}

// EditsOf compares a header as the handler got it with what it has made of it. Both
// have canonical names. What the handler has left as it was is not its own.
func EditsOf(before, after http.Header) Edits {
	if len(before) == 0 {
		return Edits{Own: after}
	}
	e := Edits{Own: make(http.Header, len(after))}
	for name, lines := range after {
		outer, had := before[name]
		switch {
		case !had:
			e.Own[name] = lines
		case slices.Equal(outer, lines) && (outer == nil) == (lines == nil):
		case len(outer) > 0 && len(lines) > len(outer) && slices.Equal(outer, lines[:len(outer)]):
			e.Own[name] = lines[len(outer):]
			e.Added = append(e.Added, name)
		default:
			e.Own[name] = lines
		}
	}
	for name := range before {
		if _, kept := after[name]; !kept {
			e.Removed = append(e.Removed, name)
		}
	}
	return e
}

// ApplyTo makes a header of outer middleware that of the response, Cache-Status
// excepted.
func (e *Edits) ApplyTo(header http.Header) {
	for _, name := range e.Removed {
		delete(header, name)
	}
	for name, lines := range e.Own {
		switch {
		case name == "Cache-Status":
		case slices.Contains(e.Added, name):
			header[name] = slices.Concat(header[name], lines)
		default:
			SetField(header, name, lines)
		}
	}
}

// Upon returns the header of the response with these edits of an outer header.
func (e *Edits) Upon(outer http.Header) http.Header {
	if len(outer) == 0 && len(e.Removed) == 0 {
		return e.Own
	}
	header := Canonical(outer)
	e.ApplyTo(header)
	return header
}
