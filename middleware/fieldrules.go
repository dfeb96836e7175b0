package middleware

import (
	"net/textproto"
	"slices"
	"strings"
)

// fieldRules is what the options of a policy say about request fields. The name of a
// field counts before patterns, and patterns of options before knownCredentials.
type fieldRules struct {
	unknown              bool // knownCredentials do not count
	credentials, ignored fieldSet
}

// apply returns what a field means to the policy that otherwise is of this kind.
func (r *fieldRules) apply(name string, kind fieldKind) fieldKind {
	name = withHyphens(name)
	switch {
	case r.ignored.hasName(name):
	case r.credentials.hasName(name), r.credentials.hasPattern(name):
		return kind | kindCredential
	case r.ignored.hasPattern(name):
	case r.unknown:
		return kind &^ (kindCredential | kindCSRF)
	default:
		return kind
	}
	return kind &^ kindsOfUser
}

// ignores reports whether pages do not depend on a field, by [IgnoreHeaders].
func (r *fieldRules) ignores(name string) bool {
	if r == nil {
		return false
	}
	name = withHyphens(name)
	if r.credentials.hasName(name) {
		return false
	}
	return r.ignored.hasName(name) || r.ignored.hasPattern(name) && !r.credentials.hasPattern(name)
}

// fieldSet is a set of names of request fields, in canonical form.
type fieldSet struct {
	names    map[string]struct{}
	patterns []fieldPattern
}

func newFieldSet(known []knownField) (s fieldSet) {
	for _, k := range known {
		s.add(k.Name)
	}
	return s
}

// add adds a name, or what is one with a "*" before or behind it.
func (s *fieldSet) add(text string) {
	if strings.Contains(text, "*") {
		s.patterns = append(s.patterns, newFieldPattern(text))
		return
	}
	if s.names == nil {
		s.names = make(map[string]struct{})
	}
	s.names[textproto.CanonicalMIMEHeaderKey(text)] = struct{}{}
}

func (s *fieldSet) has(name string) bool { return s.hasName(name) || s.hasPattern(name) }

func (s *fieldSet) hasName(name string) bool {
	_, is := s.names[name]
	return is
}

func (s *fieldSet) hasPattern(name string) bool {
	return slices.ContainsFunc(s.patterns, func(p fieldPattern) bool { return p.matches(name) })
}

// fieldPattern is a text that names begin with, end in, or have anywhere, whatever
// the case of its letters. Names over maxFieldName match none.
type fieldPattern struct {
	text             string
	anyHead, anyTail bool // there may be something before it, behind it
}

// newFieldPattern reads a text with a "*" before it, behind it, or both.
func newFieldPattern(pattern string) fieldPattern {
	text, anyHead := strings.CutPrefix(pattern, "*")
	text, anyTail := strings.CutSuffix(text, "*")
	return fieldPattern{text, anyHead, anyTail}
}

func (p *fieldPattern) matches(name string) bool {
	spare := len(name) - len(p.text)
	switch {
	case spare < 0, len(name) > maxFieldName:
		return false
	case !p.anyHead:
		return strings.EqualFold(name[:len(p.text)], p.text)
	case !p.anyTail:
		return strings.EqualFold(name[spare:], p.text)
	}
	for i := 0; i <= spare; i++ {
		if strings.EqualFold(name[i:i+len(p.text)], p.text) {
			return true
		}
	}
	return false
}
