package middleware

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// CheckOptions returns an error that lists everything that is wrong with these options,
// or nil. [CachePage], [Site], [Shared] and the policies panic with the same error, since
// a page with an option that means nothing would be cached in another way than its
// owner thinks.
func CheckOptions(opts ...PageOption) error {
	_, err := newPolicy(perSite, DefaultSiteTTL, opts)
	return err
}

// mustPolicy is newPolicy for a programmer's own options.
func mustPolicy(f face, ttl time.Duration, opts []PageOption) *policy {
	p, err := newPolicy(f, ttl, opts)
	if err != nil {
		panic(err)
	}
	return p
}

// optionsError lists what is wrong with options, one line each.
type optionsError []string

// Error implements error.
func (e optionsError) Error() string {
	return "middleware: options are wrong:\n\t" + strings.Join(e, "\n\t")
}

// problem notes that an option is wrong.
func (p *policy) problem(option, format string, args ...any) {
	p.problems = append(p.problems, option+": "+fmt.Sprintf(format, args...))
}

// resolve makes of all options together what a policy goes by, and returns what is
// wrong with them.
func (p *policy) resolve() error {
	p.checkNames("VaryByHeader", p.varyHeaders)
	p.checkNames("Targets", p.targets)
	p.checkValues()
	p.resolveFields()
	if len(p.problems) > 0 {
		return optionsError(p.problems)
	}
	return nil
}

func (p *policy) checkNames(option string, names []string) {
	for _, name := range names {
		if !rfc9111.IsFieldName(name) || name == "*" {
			p.problem(option, "%q is not the name of a field", name)
		}
	}
}

// checkValues checks the values of VaryBy and VaryByNamed.
func (p *policy) checkValues() {
	var names []string
	for _, v := range p.varyValues {
		switch {
		case v.of == nil:
			p.problem("VaryBy", "there is no function")
		case v.given && v.name == "":
			p.problem("VaryByNamed", "the name is empty")
		case v.given && slices.Contains(names, v.name):
			p.problem("VaryByNamed", "two values have the name %q", strings.TrimPrefix(v.name, namedValue))
		}
		names = append(names, v.name)
	}
}

// everyClient are fields of which each client sends some. A pattern that matches one
// matches everybody.
var everyClient = []string{"Accept", "Accept-Encoding", "Accept-Language", "Connection", "Host", "User-Agent"}

// resolveFields makes fieldRules of the options about credentials.
func (p *policy) resolveFields() {
	rules := fieldRules{unknown: p.face == shared}
	for _, text := range p.credentialHeaders {
		if p.checkField("CredentialHeaders", text) {
			rules.credentials.add(text)
		}
	}
	for _, text := range p.ignoredHeaders {
		if p.checkField("IgnoreHeaders", text) {
			p.checkIgnored(text)
			rules.ignored.add(text)
		}
	}
	if rules.unknown || len(p.credentialHeaders)+len(p.ignoredHeaders) > 0 {
		p.fieldRules = &rules
	}
}

// checkField reports whether a text is the name of a field, or a pattern for such, and
// notes what is wrong with it.
func (p *policy) checkField(option, text string) bool {
	name := strings.TrimPrefix(strings.TrimSuffix(text, "*"), "*")
	isPattern := name != text
	pattern := newFieldPattern(text)
	switch {
	case isPattern && strings.Trim(name, "*") == "":
		p.problem(option, "%q matches every field", text)
		return false
	case !rfc9111.IsFieldName(name) || strings.Contains(name, "*"):
		p.problem(option, `%q is neither the name of a field nor one with "*" before or behind it`, text)
		return false
	}
	for _, field := range everyClient {
		if isPattern && pattern.matches(field) || option == "CredentialHeaders" && strings.EqualFold(name, field) {
			p.problem(option, "%q matches %s, which every client sends", text, field)
			return false
		}
	}
	if kindOf(withHyphens(name)) == kindCookie {
		p.problem(option, "%q is declared by IgnoreCookies and VaryByCookie", text)
		return false
	}
	return true
}

// checkIgnored notes if a field cannot be ignored.
func (p *policy) checkIgnored(text string) {
	name := withHyphens(text)
	switch kind := kindOf(name); {
	case name == "Host":
		p.problem("IgnoreHeaders", "the Host is a part of every key")
	case kind&^kindsOfUser != 0:
		p.problem("IgnoreHeaders", "%q means something to the cache itself", text)
	}
	if slices.Contains(p.varyHeaders, name) {
		p.problem("IgnoreHeaders", "VaryByHeader declares that pages depend on %q", text)
	}
	if slices.ContainsFunc(p.credentialHeaders, func(other string) bool { return strings.EqualFold(other, text) }) {
		p.problem("IgnoreHeaders", "CredentialHeaders has %q as well", text)
	}
}
