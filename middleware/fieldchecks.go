package middleware

import (
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/rfc9111"
)

// isToken reports whether a text is a token (RFC 9110, section 5.6.2), as the names of
// fields and cookies are.
func isToken(text string) bool { return rfc9111.IsFieldName(text) }

// checkNames checks names of fields, and returns those that are right.
func (s *optionSet) checkNames(option string, names []string) (right []string) {
	for _, name := range names {
		if !isToken(name) || name == "*" {
			s.problem(option, "%q is not the name of a field", name)
			continue
		}
		right = append(right, name)
	}
	return right
}

// checkTargets checks the fields that stand in for Cache-Control.
func (s *optionSet) checkTargets(option string, names []string) {
	s.checkNames(option, names)
	for i, name := range names {
		switch {
		case slices.Contains(names[:i], name):
			s.problem(option, "%q is named twice; the first that a response has counts", name)
		case name == "Cache-Control":
			s.problem(option, "%q is what the others stand in for, and counts where a response has none of them; leave it out", name)
		}
	}
}

// checkVaryHeaders checks the fields of VaryByHeader.
func (s *optionSet) checkVaryHeaders(names []string) {
	const option = "VaryByHeader"
	for _, name := range s.checkNames(option, names) {
		switch {
		case policy.IsPartial(name):
			s.problem(option, "%q is not given to the handler, but applied to its answer, so no page may depend on it", name)
		case slices.Contains(policy.Believed, name):
			if len(s.trustedProxies) == 0 {
				s.problem(option, "%q is not given to the handler without TrustProxies, which has it in the key of every page", name)
			}
		case name != "Host" && policy.IsHidden(policy.WithHyphens(name)):
			s.problem(option, "%q is not given to the handler, so no page may depend on it; name what outer middleware makes of it by VaryByNamed", name)
		case name == "Set-Cookie":
			s.problem(option, "%q is a field of responses; VaryByCookie names the cookies that pages depend on", name)
		}
	}
}

// everyClient are fields of which each client sends some. A pattern that matches one
// matches everybody.
var everyClient = []string{"Accept", "Accept-Encoding", "Accept-Language", "Connection", "Host", "User-Agent"}

// checkField reports whether a text is the name of a field, or a pattern for such, and
// notes what is wrong with it.
func (s *optionSet) checkField(option, text string) bool {
	name := strings.TrimPrefix(strings.TrimSuffix(text, "*"), "*")
	isPattern := name != text
	pattern := policy.NewFieldPattern(text)
	switch {
	case isPattern && strings.Trim(name, "*") == "":
		s.problem(option, "%q matches every field", text)
		return false
	case !isToken(name) || strings.Contains(name, "*"):
		s.problem(option, `%q is neither the name of a field nor one with "*" before or behind it`, text)
		return false
	}
	for _, field := range everyClient {
		if isPattern && pattern.Matches(field) || option == "CredentialHeaders" && strings.EqualFold(name, field) {
			s.problem(option, "%q matches %s, which every client sends", text, field)
			return false
		}
	}
	if policy.KindOf(policy.WithHyphens(name)) == policy.KindCookie {
		s.problem(option, "%q is declared by IgnoreCookies and VaryByCookie", text)
		return false
	}
	return true
}

// checkIgnored notes if a field cannot be ignored.
func (s *optionSet) checkIgnored(text string, p *policy.Policy) {
	const option = "IgnoreHeaders"
	name := policy.WithHyphens(text)
	switch kind := policy.KindOf(name); {
	case name == "Host":
		s.problem(option, "the Host is a part of every key")
	case kind&^policy.KindsOfUser != 0:
		s.problem(option, "%q means something to the cache itself", text)
	}
	ignored := policy.NewFieldPattern(text)
	if slices.ContainsFunc(p.VaryHeaders, ignored.Matches) {
		s.problem(option, "VaryByHeader declares that pages depend on %q; give one of the two", text)
	}
	if slices.ContainsFunc(p.CredentialHeaders, func(other string) bool { return strings.EqualFold(other, text) }) {
		s.problem(option, "CredentialHeaders has %q as well; give one of the two", text)
	}
}
