package rfc9111

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// MergeDirectives returns one Cache-Control line that says both what the lines
// of a response say and what those in added do. Where they differ the stricter
// counts: the smaller of two lifetimes, private over public, and a directive
// about the whole response over one that names fields. What cannot be read is
// left out, except for what [Directives] takes it to restrict. Directives that
// this package does not know are kept; added replaces those with the same name.
func MergeDirectives(lines, added []string) string {
	all := slices.Concat(lines, added)
	merged, a, b := ParseDirectives(all), ParseDirectives(lines), ParseDirectives(added)
	for _, name := range lifetimes {
		value, _ := merged.duration(name)
		x, inLines := a.duration(name)
		y, inAdded := b.duration(name)
		if *inLines && *inAdded {
			*value = min(*x, *y)
		}
	}
	return strings.Join(append(merged.list(), extensions(all)...), ", ")
}

// lifetimes are the directives whose argument is delta-seconds.
var lifetimes = [...]string{"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"}

// list returns the directives as they are written. Public is left out beside
// private.
func (d *Directives) list() []string {
	var l []string
	flag := func(is bool, name string) {
		if is {
			l = append(l, name)
		}
	}
	lifetime := func(name string) {
		if value, has := d.duration(name); *has {
			l = append(l, name+"="+strconv.FormatInt(int64(*value/time.Second), 10))
		}
	}
	flag(d.Public && !d.PrivateWhole, "public")
	lifetime("max-age")
	lifetime("s-maxage")
	l = appendQualified(l, "no-cache", d.NoCache, d.NoCacheFields)
	flag(d.NoStore, "no-store")
	flag(d.MustRevalidate, "must-revalidate")
	flag(d.ProxyRevalidate, "proxy-revalidate")
	flag(d.MustUnderstand, "must-understand")
	l = appendQualified(l, "private", d.PrivateWhole, d.PrivateFields)
	flag(d.Immutable, "immutable")
	lifetime("stale-while-revalidate")
	lifetime("stale-if-error")
	return l
}

// appendQualified appends a directive that may name fields.
func appendQualified(l []string, name string, whole bool, fields []string) []string {
	switch {
	case whole:
		return append(l, name)
	case len(fields) > 0:
		return append(l, name+`="`+strings.Join(FieldNames(fields), ", ")+`"`)
	}
	return l
}

// extensions returns the directives that Directives does not have, as they are
// written; of several with one name the last.
func extensions(lines []string) []string {
	var names, l []string
	var written distinct
	for next := range eachDirective(lines) {
		var known Directives
		if next.unended || !isToken(next.name) || known.setFlag(next.name, true) || known.setDuration(next) || known.setFields(next) {
			continue
		}
		text := next.name
		if next.assigned {
			text += "=" + quoteIfNeeded(next.argument)
		}
		if i := written.index(names, next.name); i >= 0 {
			l[i] = text
			continue
		}
		names, l = append(names, next.name), append(l, text)
	}
	return l
}

// quoteIfNeeded writes an argument as a token if it is one, and as a
// quoted-string if not.
func quoteIfNeeded(argument string) string {
	if isToken(argument) {
		return argument
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(argument) + `"`
}

// DirectiveName returns the name, in lower case, of the directive that text is.
// It is false if text is not exactly one directive with the argument that it
// needs, written as a sender should.
func DirectiveName(text string) (name string, ok bool) {
	next, _ := nextDirective(text)
	written := next.name
	if next.assigned {
		written += "=" + quoteIfNeeded(next.argument)
	}
	quoted := next.name + `="` + next.argument + `"`
	if !isToken(next.name) || !strings.EqualFold(text, written) && !strings.EqualFold(text, quoted) {
		return "", false
	}
	return next.name, next.takesArgument()
}

// takesArgument reports whether a directive has an argument that it may have,
// or none and needs none.
func (d directive) takesArgument() bool {
	var known Directives
	switch {
	case known.setFlag(d.name, true):
		return !d.assigned
	case known.setFields(d):
		return !d.assigned || !known.PrivateWhole && !known.NoCache
	}
	if value, _ := known.duration(d.name); value != nil {
		_, ok := ParseDeltaSeconds(d.argument)
		return ok
	}
	return true
}
