package rfc9111

import "strings"

// joinLines changes nothing except what section 4.1 allows for every field: several
// lines become one, in order.
func joinLines(lines []string) string {
	if len(lines) == 1 {
		return lines[0]
	}
	return strings.Join(lines, ", ")
}

// NormalizeField gives the value of a request field, known by its canonical name, a form
// that is the same for all values which mean the same (section 4.1). There is at least
// one line. The languages
// of Accept-Language may come in any order and case, and in a list blanks around
// commas say nothing. Accept-Encoding is for the caller to reduce, with
// AcceptedCodings, before any handler sees it.
//
// Fields that are known not to be lists, and those that tell who the client is,
// stay as they are.
func NormalizeField(name string, lines []string) string {
	switch name {
	case "Accept-Language":
		return normalizeLanguages(lines)
	case "Authorization", "Proxy-Authorization", "Cookie", "From", "Host", "Origin", "Referer", "User-Agent", "X-Api-Key":
		return joinLines(lines)
	}
	return trimCommas(joinLines(lines))
}

// trimCommas removes the blanks around a list and around its commas, except for
// those in quoted strings.
func trimCommas(s string) string {
	s = strings.Trim(s, " \t")
	if !strings.Contains(s, ",") || !strings.ContainsAny(s, " \t") {
		return s
	}
	var b strings.Builder
	for {
		end := elementEnd(s)
		b.WriteString(strings.Trim(s[:end], " \t"))
		if end == len(s) {
			return b.String()
		}
		b.WriteByte(',')
		s = s[end+1:]
	}
}

// elementEnd returns where the first element of a list ends: at a comma outside
// of quotes, or at the end.
func elementEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ',' && !quoted:
			return i
		}
	}
	return len(s)
}
