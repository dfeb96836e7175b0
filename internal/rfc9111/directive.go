package rfc9111

import (
	"iter"
	"strings"
)

// directive is one element of a Cache-Control line.
type directive struct {
	name     string // in lower case
	argument string // without its quotes
	rest     string // what follows the name outside of quotes
	assigned bool   // there is an argument, if only an empty one
	quoted   bool   // the argument is a quoted string
	unended  bool   // which has no closing quote
}

// eachDirective yields the directives of all lines in order.
func eachDirective(lines []string) iter.Seq[directive] {
	return func(yield func(directive) bool) {
		for _, line := range lines {
			for line != "" {
				var next directive
				next, line = nextDirective(line)
				if !yield(next) {
					return
				}
			}
		}
	}
}

// nextDirective splits the first directive off a Cache-Control line.
func nextDirective(line string) (d directive, rest string) {
	end := strings.IndexAny(line, ",=")
	if end < 0 || line[end] == ',' {
		d.name, rest = cutAt(line, end)
		d.name = lowerTrim(d.name)
		return d, rest
	}
	d.name = lowerTrim(line[:end])
	d.assigned = true
	argument := strings.TrimLeft(line[end+1:], " \t")
	if !strings.HasPrefix(argument, `"`) {
		d.rest, rest = cutAt(argument, strings.IndexByte(argument, ','))
		d.argument = strings.Trim(d.rest, " \t")
		return d, rest
	}
	d.quoted = true
	d.argument, rest, d.unended = quotedString(argument[1:])
	d.rest, rest = cutAt(rest, strings.IndexByte(rest, ','))
	return d, rest
}

// cutAt splits s around the byte at i, or at its end if i is negative.
func cutAt(s string, i int) (before, after string) {
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

// quotedString reads a quoted-string after its opening quote (RFC 9110, section
// 5.6.4).
func quotedString(s string) (value, rest string, unended bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], false
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", true
}

func lowerTrim(s string) string {
	return strings.ToLower(strings.Trim(s, " \t"))
}

// isToken reports whether s is a token (RFC 9110, section 5.6.2), as the names
// of fields and directives are.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !isTokenChar(c) })
}

func isTokenChar(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}
