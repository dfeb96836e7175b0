package rfc9111

import (
	"iter"
	"strings"
)

// ETag is an entity tag as it was received, with its quotes and weakness flag
// (RFC 9110, section 8.8.3). The empty one is none.
type ETag string

// ParseETag reads the lines of an ETag field. A malformed one, and one that is
// repeated with another value, is none: it must be compared with nothing.
func ParseETag(lines []string) ETag {
	if len(lines) == 0 {
		return ""
	}
	tag, rest := nextETag(lines[0])
	if tag == "" || rest != "" {
		return ""
	}
	for _, line := range lines[1:] {
		if line != lines[0] {
			return ""
		}
	}
	return tag
}

// IsWeak reports whether the tag is marked as weak.
func (t ETag) IsWeak() bool { return strings.HasPrefix(string(t), "W/") }

// IsStrong reports whether there is a tag, and it is strong.
func (t ETag) IsStrong() bool { return t != "" && !t.IsWeak() }

// StrongEqual reports whether two tags match and both are strong (RFC 9110,
// section 8.8.3.2).
func (t ETag) StrongEqual(other ETag) bool { return t.IsStrong() && t == other }

// WeakEqual reports whether two tags match, be they weak or not.
func (t ETag) WeakEqual(other ETag) bool {
	return t != "" && strings.TrimPrefix(string(t), "W/") == strings.TrimPrefix(string(other), "W/")
}

// nextETag splits an entity tag, and the blanks behind it, off s. The tag is
// empty if s begins with something else.
func nextETag(s string) (tag ETag, rest string) {
	open := 0
	if strings.HasPrefix(s, "W/") {
		open = 2
	}
	if len(s) <= open || s[open] != '"' {
		return "", s
	}
	for i := open + 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return ETag(s[:i+1]), strings.TrimLeft(s[i+1:], " \t")
		case c <= ' ' || c == 0x7f:
			return "", s
		}
	}
	return "", s
}

// eachETag yields the entity tags of a list, up to the first element that is
// none.
func eachETag(lines []string) iter.Seq[ETag] {
	return func(yield func(ETag) bool) {
		for _, line := range lines {
			for {
				line = strings.TrimLeft(line, " \t,")
				tag, rest := nextETag(line)
				if tag == "" {
					break
				}
				if rest != "" && rest[0] != ',' || !yield(tag) {
					return
				}
				line = rest
			}
			if line != "" {
				return
			}
		}
	}
}

// matchesAny reports whether a list of entity tags, or "*", matches by that
// comparison. The tag stands for a representation that exists, so "*" always
// does.
func (t ETag) matchesAny(lines []string, equal func(a, b ETag) bool) bool {
	if len(lines) == 1 && strings.Trim(lines[0], " \t") == "*" {
		return true
	}
	for other := range eachETag(lines) {
		if equal(t, other) {
			return true
		}
	}
	return false
}
