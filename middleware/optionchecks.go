package middleware

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// isPrintable reports whether a text can stand in logs and explanations as it is.
func isPrintable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c >= 0x7f && c < 0xa0 })
}

// statusLifetime returns the lifetime that StatusTTL gives to responses with a status.
func (s *optionSet) statusLifetime(status int, ttls []time.Duration) time.Duration {
	const option = "StatusTTL"
	switch {
	case status < http.StatusOK || status > 599:
		s.problem(option, "%d is not the status of a final response; these are 200 to 599 (RFC 9110, section 15)", status)
	case status == http.StatusPartialContent, status == http.StatusNotModified:
		s.problem(option, "responses with status %d are never stored: they are a part of one that has another", status)
	}
	for _, ttl := range ttls {
		s.notNegative("; 0 stores no response with that status")(option, ttl)
	}
	if len(ttls) > 1 {
		s.problem(option, "it is given %d times for status %d; it holds one lifetime for each", len(ttls), status)
	}
	return slices.Min(ttls)
}

// notNegative returns a check for durations; zero says what zero means.
func (s *optionSet) notNegative(zero string) func(option string, d time.Duration) {
	return func(option string, d time.Duration) {
		if d < 0 {
			s.problem(option, "%s is negative%s", d, zero)
		}
	}
}

func (s *optionSet) checkAlias(option, name string) {
	if name == "" {
		s.problem(option, "the name is empty; without the option it is %q", cache.DefaultAlias)
	}
}

func (s *optionSet) checkPrintable(option, text string) {
	if !isPrintable(text) {
		s.problem(option, "%q has characters that cannot be printed", text)
	}
}

func (s *optionSet) checkMaxBody(option string, bytes int64) {
	if bytes <= 0 {
		s.problem(option, "%d bytes; it has to be above zero, since nothing could be stored otherwise", bytes)
	}
}

func (s *optionSet) checkRefreshTimeout(option string, d time.Duration) {
	if d <= 0 {
		s.problem(option, "%s; it has to be above zero, since every refresh would fail otherwise", d)
	}
}

func (s *optionSet) checkMaxRuns(option string, n int) {
	if n < 1 {
		s.problem(option, "%d; it has to be above zero, and 1 starts no other run", n)
	}
}

// checkValues checks the values of VaryBy and VaryByNamed.
func (s *optionSet) checkValues() {
	given := make(map[string]int)
	for _, v := range s.varyValues {
		switch {
		case v.Given && v.Name == "":
			s.problem("VaryByNamed", "the name is empty; it says what the value is a value of, such as \"user\"")
		case v.Given && !isPrintable(v.Name):
			s.problem("VaryByNamed", "the name %q has characters that cannot be printed", strings.TrimPrefix(v.Name, namedValue))
		case v.Given:
			if given[v.Name]++; given[v.Name] == 2 {
				s.problem("VaryByNamed", "two values have the name %q; each has its own", strings.TrimPrefix(v.Name, namedValue))
			}
		}
		switch {
		case v.Of == nil && v.Given:
			s.problem("VaryByNamed", "the function is nil")
		case v.Of == nil:
			s.problem("VaryBy", "the function is nil")
		}
	}
}

// checkProxies checks the addresses of TrustProxies.
func (s *optionSet) checkProxies() {
	const option = "TrustProxies"
	for _, prefix := range s.trustedProxies {
		switch addr := prefix.Addr(); {
		case !prefix.IsValid():
			s.problem(option, "an address is the zero netip.Prefix; make them with netip.MustParsePrefix")
		case addr.Is4In6():
			s.problem(option, "%s is an IPv4 address written as IPv6, which no peer has; write the IPv4 prefix", prefix)
		}
	}
}

// checkSecret checks the secret of Explain, which the error does not quote.
func (s *optionSet) checkSecret(option, text string) {
	isMalformed := func(c rune) bool { return c <= ' ' || c > '~' || c == ';' }
	if text == "" || strings.ContainsFunc(text, isMalformed) {
		s.problem(option, "the secret has to be visible ASCII without a semicolon, and not empty")
	}
}

// checkCookies checks the names of IgnoreCookies and VaryByCookie.
func (s *optionSet) checkCookies(ignored, inKey []string) {
	for _, name := range ignored {
		s.checkCookie("IgnoreCookies", strings.TrimSuffix(name, "*"), name)
	}
	for _, name := range inKey {
		switch {
		case strings.Contains(name, "*"):
			s.problem("VaryByCookie", `%q: name each cookie, since a "*" stands for nothing here; VaryByHeader("Cookie") is for all of them`, name)
			continue
		case name != "" && slices.Contains(ignored, name):
			s.problem("VaryByCookie", "IgnoreCookies says that pages do not depend on %q; give one of the two", name)
		}
		s.checkCookie("VaryByCookie", name, name)
	}
}

// notCookies are fields that are taken for cookies by mistake.
var notCookies = []string{
	"Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization", "Accept", "Accept-Encoding", "Accept-Language",
	"Cache-Control", "If-None-Match", "User-Agent", "Vary",
}

// checkCookie checks the name of a cookie, or what a pattern for such begins with.
func (s *optionSet) checkCookie(option, name, text string) {
	isField := func(field string) bool { return strings.EqualFold(field, name) }
	switch {
	case text == "":
		s.problem(option, "a name is empty")
	case strings.Contains(name, "*"):
		s.problem(option, `%q has more than a "*" at its end, which is the only one that stands for anything`, text)
	case strings.ContainsAny(name, "=;"):
		s.problem(option, `%q is a cookie with its value; the name is what stands before "="`, text)
	case slices.ContainsFunc(notCookies, isField):
		s.problem(option, "%q is a header field; IgnoreHeaders and VaryByHeader are for these, and here stand names of cookies, such as \"session\"", text)
	case name != "" && !isToken(name):
		s.problem(option, "%q is not the name of a cookie (RFC 6265, section 4.1.1)", text)
	}
}

// checkQuery checks the names of IgnoreQuery and OnlyQuery.
func (s *optionSet) checkQuery(ignored, allowed []string) {
	for _, name := range ignored {
		s.checkParameter("IgnoreQuery", name)
		if name != "" && slices.Contains(allowed, name) {
			s.problem("IgnoreQuery", "OnlyQuery says that pages depend on %q; give one of the two", name)
		}
	}
	for _, name := range allowed {
		s.checkParameter("OnlyQuery", name)
	}
}

// checkParameter checks the name of a query parameter, or a pattern for such.
func (s *optionSet) checkParameter(option, text string) {
	name := strings.TrimSuffix(text, "*")
	switch {
	case text == "":
		s.problem(option, "a name is empty")
	case strings.Contains(name, "*"):
		s.problem(option, `%q has more than a "*" at its end, which is the only one that stands for anything`, text)
	case strings.HasPrefix(name, "?"), strings.ContainsAny(name, "&=#"):
		s.problem(option, `%q is a part of a query; a name is what stands before "=", such as "page"`, text)
	case policy.ParameterName(name) != name:
		s.problem(option, "%q is escaped; write the name as a handler reads it, %q", text, policy.ParameterName(name))
	case !isPrintable(name):
		s.problem(option, "%q has characters that cannot be printed", text)
	}
}
