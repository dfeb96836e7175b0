package rfc9111

import (
	"slices"
	"strings"
	"time"
)

// Directives are the directives of a response that a shared cache obeys: those
// of Cache-Control (section 5.2.2) or of a targeted field.
//
// What cannot be read errs on the side of not sharing: a malformed or
// contradictory max-age counts as zero; no-store, private and no-cache count
// behind a wrong separator too, as in "private; max-age=60"; and a quoted
// string that does not end counts as no-store. An argument where none belongs
// is ignored by a directive that forbids, and voids one that permits.
type Directives struct {
	NoStore         bool
	NoCache         bool     // without field names
	NoCacheFields   []string // no-cache="a, b", as canonical field names
	Private         bool     // with or without field names
	PrivateWhole    bool     // without field names
	PrivateFields   []string // private="a, b", as canonical field names
	Public          bool     // permits, so it has no argument
	MustRevalidate  bool
	ProxyRevalidate bool
	MustUnderstand  bool
	Immutable       bool // RFC 8246; permits, so it has no argument

	// must-revalidate also permits to share the answer to Authorization (section
	// 3.5), and must-understand to store in spite of no-store (section 5.2.2.3). If
	// these are set, the directive has an argument, and only forbids.
	RevalidateInvalid bool
	UnderstandInvalid bool

	// Malformed says that a quoted string does not end, so that nobody knows
	// what is a directive. NoStore is set too.
	Malformed bool

	// MaxAge and SMaxAge are lifetimes; they mean nothing unless HasMaxAge or
	// HasSMaxAge is set.
	MaxAge     time.Duration
	SMaxAge    time.Duration
	HasMaxAge  bool
	HasSMaxAge bool

	// SMaxAgeInvalid says that s-maxage limits and permits nothing: it is malformed,
	// there with two values, or quoted, which senders must not do (section 5.2.2.10).
	SMaxAgeInvalid bool

	// StaleWhileRevalidate and StaleIfError are for how long a stale response
	// may be served (RFC 5861); they mean nothing unless the field under is
	// set. Zero forbids what the cache might do by itself.
	StaleWhileRevalidate    time.Duration
	StaleIfError            time.Duration
	HasStaleWhileRevalidate bool
	HasStaleIfError         bool
}

// ParseDirectives reads the lines of Cache-Control. Names are matched without
// regard to case, arguments may be quoted, and several lines count as one list
// (RFC 9110, section 5.3).
func ParseDirectives(lines []string) Directives {
	var d Directives
	for next := range eachDirective(lines) {
		if !d.setFlag(next.name, !next.assigned) && !d.setDuration(next) && !d.setFields(next) {
			d.restrict(next.name)
		}
		d.restrict(next.rest)
		d.Malformed = d.Malformed || next.unended
		d.NoStore = d.NoStore || next.unended
	}
	return d
}

// setFlag sets the directive called name if it is one without an argument. What it
// permits counts only if it is bare.
func (d *Directives) setFlag(name string, bare bool) bool {
	switch name {
	case "no-store":
		d.NoStore = true
	case "public":
		d.Public = d.Public || bare
	case "must-revalidate":
		d.MustRevalidate = true
		d.RevalidateInvalid = d.RevalidateInvalid || !bare
	case "proxy-revalidate":
		d.ProxyRevalidate = true
	case "must-understand":
		d.MustUnderstand = true
		d.UnderstandInvalid = d.UnderstandInvalid || !bare
	case "immutable":
		d.Immutable = d.Immutable || bare
	default:
		return false
	}
	return true
}

// setDuration sets the directive if it is one whose argument is delta-seconds.
func (d *Directives) setDuration(next directive) bool {
	value, has := d.duration(next.name)
	if value == nil {
		return false
	}
	seconds, ok := ParseDeltaSeconds(next.argument)
	if !ok || *has && seconds != *value {
		// Section 4.2.1: invalid, or repeated with another value, it is stale.
		seconds, ok = 0, false
	}
	if value == &d.SMaxAge && (!ok || next.quoted) {
		d.SMaxAgeInvalid = true
	}
	*value, *has = seconds, true
	return true
}

// duration returns where the directive called name is kept, nil if it is not
// one with delta-seconds.
func (d *Directives) duration(name string) (value *time.Duration, has *bool) {
	switch name {
	case "max-age":
		return &d.MaxAge, &d.HasMaxAge
	case "s-maxage":
		return &d.SMaxAge, &d.HasSMaxAge
	case "stale-while-revalidate":
		return &d.StaleWhileRevalidate, &d.HasStaleWhileRevalidate
	case "stale-if-error":
		return &d.StaleIfError, &d.HasStaleIfError
	}
	return nil, nil
}

// setFields sets the directive if it is one that may name fields.
func (d *Directives) setFields(next directive) bool {
	switch next.name {
	case "private":
		names, whole := qualified(next.argument)
		d.Private = true
		d.PrivateWhole = d.PrivateWhole || whole
		d.PrivateFields = append(d.PrivateFields, names...)
	case "no-cache":
		names, whole := qualified(next.argument)
		d.NoCache = d.NoCache || whole
		d.NoCacheFields = append(d.NoCacheFields, names...)
	default:
		return false
	}
	return true
}

// qualified reads the field names of no-cache or private. If there is none, or
// one is no name, the directive is about the whole response.
func qualified(argument string) (names []string, whole bool) {
	names = FieldNames([]string{argument})
	return names, len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return !isToken(name) })
}

// restrict looks in text that is no directive for those that restrict.
func (d *Directives) restrict(text string) {
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return !isTokenChar(c) }) {
		switch strings.ToLower(word) {
		case "no-store":
			d.NoStore = true
		case "private":
			d.Private, d.PrivateWhole = true, true
		case "no-cache":
			d.NoCache = true
		}
	}
}
