package policy

import (
	"net/textproto"
	"slices"
	"strings"
)

// FieldRules is what the options of a policy say about request fields. The name of a
// field counts before patterns, and patterns of options before knownCredentials.
type FieldRules struct {
	Unknown              bool // knownCredentials do not count
	Credentials, Ignored fieldSet
}

// apply returns what a field means to the policy that otherwise is of this kind.
func (r *FieldRules) apply(name string, kind FieldKind) FieldKind {
	name = WithHyphens(name)
	switch {
	case r.Ignored.hasName(name):
	case r.Credentials.hasName(name), r.Credentials.hasPattern(name):
		return kind | kindCredential
	case r.Ignored.hasPattern(name):
	case r.Unknown:
		return kind &^ (kindCredential | kindCSRF)
	default:
		return kind
	}
	return kind &^ KindsOfUser
}

// Ignores reports whether pages do not depend on a field, by [IgnoreHeaders].
func (r *FieldRules) Ignores(name string) bool {
	if r == nil {
		return false
	}
	name = WithHyphens(name)
	if r.Credentials.hasName(name) {
		return false
	}
	return r.Ignored.hasName(name) || r.Ignored.hasPattern(name) && !r.Credentials.hasPattern(name)
}

// fieldSet is a set of names of request fields, in canonical form.
type fieldSet struct {
	names    map[string]struct{}
	patterns []fieldPattern
}

func newFieldSet(known []knownField) (s fieldSet) {
	for _, k := range known {
		s.Add(k.Name)
	}
	return s
}

// Add adds a name, or what is one with a "*" before or behind it.
func (s *fieldSet) Add(text string) {
	if strings.Contains(text, "*") {
		s.patterns = append(s.patterns, NewFieldPattern(text))
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
	return slices.ContainsFunc(s.patterns, func(p fieldPattern) bool { return p.Matches(name) })
}

// fieldPattern is a text that names begin with, end in, or have anywhere, whatever
// the case of its letters. Names over maxFieldName match none.
type fieldPattern struct {
	text             string
	anyHead, anyTail bool // there may be something before it, behind it
}

// NewFieldPattern reads a text with a "*" before it, behind it, or both.
func NewFieldPattern(pattern string) fieldPattern {
	text, anyHead := strings.CutPrefix(pattern, "*")
	text, anyTail := strings.CutSuffix(text, "*")
	return fieldPattern{text, anyHead, anyTail}
}

func (p *fieldPattern) Matches(name string) bool {
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
