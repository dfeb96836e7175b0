package rfc9111

import (
	"cmp"
	"slices"
	"strings"
)

// language is one element of Accept-Language.
type language struct {
	tag    string // in lower case
	weight int    // in thousandths
}

// parseLanguages reads the lines of Accept-Language (RFC 9110, section 12.5.4).
// It is false if an element is malformed. They are in the order of their
// weights, and equals in that of their tags, each once.
func parseLanguages(lines []string) ([]language, bool) {
	var languages []language
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			if element = lowerTrim(element); element == "" {
				continue
			}
			l, ok := parseLanguage(element)
			if !ok {
				return nil, false
			}
			languages = append(languages, l)
		}
	}
	slices.SortFunc(languages, func(a, b language) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.tag, b.tag))
	})
	return slices.Compact(languages), true
}

func parseLanguage(element string) (language, bool) {
	tag, parameter, weighted := strings.Cut(element, ";")
	l := language{strings.TrimRight(tag, " \t"), 1000}
	ok := isToken(l.tag)
	if weighted {
		name, value, _ := strings.Cut(parameter, "=")
		l.weight = thousandths(value)
		ok = ok && strings.Trim(name, " \t") == "q" && l.weight >= 0
	}
	return l, ok
}

// thousandths reads a qvalue (RFC 9110, section 12.4.2), -1 if it is malformed.
func thousandths(s string) int {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > 3 || strings.Trim(fraction, "0123456789") != "" {
		return -1
	}
	n := 0
	for _, digit := range (fraction + "000")[:3] {
		n = n*10 + int(digit-'0')
	}
	switch {
	case whole == "0":
		return n
	case whole == "1" && n == 0:
		return 1000
	}
	return -1
}

// normalizeLanguages gives Accept-Language a form that does not depend on the
// order of languages with the same weight, on case, or on blanks. A malformed
// field stays as it is.
func normalizeLanguages(lines []string) string {
	languages, ok := parseLanguages(lines)
	if !ok {
		return joinLines(lines)
	}
	var b strings.Builder
	for i, l := range languages {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(l.tag)
		if l.weight < 1000 {
			b.WriteString(";q=0.")
			for _, unit := range [...]int{100, 10, 1} {
				b.WriteByte('0' + byte(l.weight/unit%10))
			}
		}
	}
	return b.String()
}
