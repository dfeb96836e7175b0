// Package rfc9111 has the rules of HTTP caching as pure functions, for a shared
// cache: one concern a file, each rule with its section. It knows nothing of
// stores, handlers or the order in which rules are asked.
package rfc9111

import (
	"strings"
	"time"
)

// Directives are the directives of the Cache-Control fields of a response that
// a shared cache obeys (RFC 9111, section 5.2.2).
//
// What cannot be read errs on the side of not sharing: a malformed or
// contradictory max-age counts as zero; no-store, private and no-cache count
// behind a wrong separator too, as in "private; max-age=60"; and a quoted
// string that does not end counts as no-store. An argument where none belongs
// is ignored.
type Directives struct {
	NoStore        bool
	NoCache        bool     // without field names
	NoCacheFields  []string // no-cache="a, b", as canonical field names
	Private        bool     // with or without field names
	Public         bool
	MustRevalidate bool

	// MaxAge and SMaxAge are lifetimes; they mean nothing unless HasMaxAge or
	// HasSMaxAge is set.
	MaxAge     time.Duration
	SMaxAge    time.Duration
	HasMaxAge  bool
	HasSMaxAge bool
}

// ParseDirectives reads the lines of Cache-Control. Names are matched without
// regard to case, arguments may be quoted, and several lines count as one list
// (RFC 9110, section 5.3).
func ParseDirectives(lines []string) Directives {
	var d Directives
	for _, line := range lines {
		for line != "" {
			var next directive
			next, line = nextDirective(line)
			d.add(next)
		}
	}
	return d
}

func (d *Directives) add(next directive) {
	switch next.name {
	case "no-store":
		d.NoStore = true
	case "private":
		d.Private = true
	case "public":
		d.Public = true
	case "must-revalidate":
		d.MustRevalidate = true
	case "no-cache":
		d.addNoCache(next.argument)
	case "max-age":
		d.MaxAge = lifetime(next.argument, d.MaxAge, d.HasMaxAge)
		d.HasMaxAge = true
	case "s-maxage":
		d.SMaxAge = lifetime(next.argument, d.SMaxAge, d.HasSMaxAge)
		d.HasSMaxAge = true
	default:
		d.restrict(next.name)
	}
	d.restrict(next.rest)
	d.NoStore = d.NoStore || next.unended
}

// addNoCache reads the field names of no-cache. If there is none, or one is no
// name, the directive is about the whole response.
func (d *Directives) addNoCache(argument string) {
	names := FieldNames([]string{argument})
	d.NoCache = d.NoCache || len(names) == 0
	for _, name := range names {
		d.NoCache = d.NoCache || !isToken(name)
	}
	d.NoCacheFields = append(d.NoCacheFields, names...)
}

// restrict looks in text that is no directive for those that restrict.
func (d *Directives) restrict(text string) {
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return !isTokenChar(c) }) {
		switch strings.ToLower(word) {
		case "no-store":
			d.NoStore = true
		case "private":
			d.Private = true
		case "no-cache":
			d.NoCache = true
		}
	}
}

// lifetime reads the argument of max-age or s-maxage. If the directive is
// repeated with another value, the response counts as stale (section 4.2.1).
func lifetime(argument string, earlier time.Duration, repeated bool) time.Duration {
	d, ok := ParseDeltaSeconds(argument)
	if !ok || repeated && d != earlier {
		return 0
	}
	return d
}
