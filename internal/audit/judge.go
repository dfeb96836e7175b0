package audit

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/explain"
)

// decide adds what an input was found to do: of the pairs that still differ when what
// differs between equal requests is left out, the first that is known to be unsafe, or the
// first of which it is not known.
func (a *Auditor) decide(s *subject, t *trial) {
	var unknown *Finding
	for _, p := range t.suspects {
		d, ok := p.shared()
		if !ok {
			continue
		}
		f := Finding{Page: s.name(), Input: p.says(s), Verdict: Unsafe, Change: d.a.pattern.change(d.b.last)}
		if f.Why = p.unknown(d); f.Why == "" {
			f.Why, f.Line = t.input.undeclared(d), t.input.line(d)
			a.report.Findings = append(a.report.Findings, f)
			return
		}
		f.Verdict = NotJudged
		unknown = cmp.Or(unknown, &f)
	}
	switch {
	case unknown != nil:
		a.report.Findings = append(a.report.Findings, *unknown)
	case t.apart != nil:
		a.decideApart(s, *t.apart)
	}
}

const uncompared = "bodies in a coding that cannot be read are only known to be the same if they were sent as the same bytes"

// unknown says why it is not known whether two responses differ because their requests do,
// or "" if it is.
func (p pair) unknown(d difference) string {
	switch {
	case !p.isConfirmed():
		return "when the requests were sent again, the answer did not count: " + cmp.Or(p.b.unsteady, p.a.unsteady)
	case d.a.pattern.isUncompared(d.b.last):
		return uncompared
	}
	return ""
}

// decideApart adds that two requests get different responses, each its own.
func (a *Auditor) decideApart(s *subject, p pair) {
	if all := p.differences(); len(all) > 0 {
		a.report.Findings = append(a.report.Findings, Finding{
			Page: s.name(), Input: p.says(s), Verdict: Safe,
			Change: all[0].a.pattern.change(all[0].b.last),
			Why:    all[0].apart(),
		})
	}
}

// decideFailures adds the changed requests whose answers say nothing, once for each
// reason: a server that has had too many requests refuses hundreds.
func (a *Auditor) decideFailures(s *subject, trials []*trial) {
	first, count := make(map[string]string), make(map[string]int)
	var reasons []string
	for _, t := range trials {
		for _, failed := range t.failed {
			why := whyNot(failed.unjudged)
			if count[why]++; count[why] == 1 {
				first[why], reasons = failed.says, append(reasons, why)
			}
		}
	}
	for _, why := range reasons {
		input := first[why]
		if more := count[why] - 1; more > 0 {
			input += fmt.Sprintf(", and %d more", more)
		}
		a.report.NotJudge(s.name(), input, why)
	}
}

// name is the page of a request.
func (s *subject) name() string {
	method := s.request.Method
	if method == "" {
		method = "GET"
	}
	return method + " " + s.request.URL.RequestURI()
}

// says is what is different between two requests, one of which may be the one that was
// given.
func (p pair) says(given *subject) string {
	if p.a == given && !p.b.given {
		return p.b.says
	}
	return p.a.says + " and " + p.b.says
}

// undeclared says that nothing keeps two responses apart.
func (in input) undeclared(d difference) string {
	if in.isRemoved(d) {
		return "the handler of a stored page does not get it, so all get the page without it"
	}
	return "the response does not vary on it and no option declares it, so one client gets the other's"
}

// isRemoved reports whether the input is a field that the handler of a stored page does
// not get.
func (in input) isRemoved(d difference) bool {
	return in.kind == ofField && (has(d.a.Removed, in.name) || has(d.b.Removed, in.name))
}

func has(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

const private = `w.Header().Set("Cache-Control", "private")`

// line is the line of code that would keep the responses apart.
func (in input) line(d difference) string {
	switch in.kind {
	case ofField:
		return in.fieldLine(d)
	case ofCookie:
		if d.a.Fields["Cookie"] == d.b.Fields["Cookie"] { // an option takes it out of the request
			return `middleware.VaryByNamed("user", userOf) // what outer middleware makes of the cookie; or ` + private
		}
		return fmt.Sprintf("middleware.VaryByCookie(%q)", in.name)
	case ofQuery:
		if in.name == "" {
			return "middleware.SortQuery() // remove it: the page depends on the order"
		}
		return fmt.Sprintf("middleware.OnlyQuery(%q) // add it there, or remove it from IgnoreQuery", in.name)
	case ofHost:
		return `middleware.VaryByNamed("host", func(r *http.Request) string { return r.Host })`
	case ofUser:
		return `middleware.VaryByNamed("user", userOf) // or ` + private
	}
	return private
}

func (in input) fieldLine(d difference) string {
	name := in.name
	switch {
	case in.isRemoved(d) && (name == "X-Forwarded-Host" || name == "X-Forwarded-Proto"):
		return `middleware.TrustProxies(netip.MustParsePrefix("10.0.0.0/8")) // where your proxy is`
	case in.isRemoved(d):
		return private + " // or do not look at " + name
	case d.a.Fields[name] == d.b.Fields[name]: // an option takes it out of the request
		return `middleware.VaryByNamed("user", userOf) // what outer middleware makes of ` + name
	}
	return fmt.Sprintf("middleware.VaryByHeader(%q)", name)
}

// again is the input of what differs between equal requests.
const again = "the same request again"

// decideEqual adds what differs between equal requests, or that nothing is known.
func (a *Auditor) decideEqual(s *subject) {
	a.report.Pages++
	if s.unjudged != nil {
		a.report.NotJudge(s.name(), s.says, whyNot(s.unjudged))
		return
	}
	if r := s.pages[0].last; isFailure(r.Status) {
		a.report.NotJudge(s.name(), s.says, "the page has failed with status "+statusText(r))
	}
	if s.unsteady != "" {
		a.report.NotJudge(s.name(), again, fmt.Sprintf("the first answer has status %s, and a later one does not count: %s", statusText(s.pages[0].pattern.first), s.unsteady))
	}
	for i := range s.pages {
		p := &s.pages[i]
		if p.pattern.uncompared && p.IsShared() {
			a.report.NotJudge(s.name(), again, uncompared)
		}
		if p.IsShared() || p.Guarded {
			if f, ok := p.unequal(); ok {
				f.Page = s.name()
				a.report.Findings = append(a.report.Findings, f)
				return
			}
		}
	}
}

// unequal is the finding that equal requests have got different responses, which a cache
// gives to all who ask.
func (p *seenPage) unequal() (f Finding, ok bool) {
	f = Finding{Input: again, Verdict: Unsafe, Line: private}
	policy := p.pattern.varying["Content-Security-Policy"] || p.pattern.varying["Content-Security-Policy-Report-Only"]
	switch before, text := p.pattern.body().varying(); {
	case policy:
		f.Change = "a nonce: Content-Security-Policy, " + quoted(p.first("Content-Security-Policy"))
		f.Line = "Content-Security-Policy: script-src 'sha256-...' // a hash instead of the nonce; or " + private
	case !p.pattern.body().isConstant():
		f.Change = kindOfText(before, text) + ": " + quoted(before+text)
	case !p.pattern.status:
		f.Change = "the status"
	case p.pattern.varying["Set-Cookie"] && p.IsShared():
		f.Change = "Set-Cookie: " + quoted(p.first("Set-Cookie"))
		f.Line = "middleware.StripSetCookie() // or " + private
	case len(p.pattern.sums) > 1 && !p.pattern.uncompared:
		f.Change = fmt.Sprintf("the body differs behind its first %d bytes", explain.MaxBody)
	default:
		return f, false
	}
	f.Why = "two equal requests get different responses, of which a cache gives everyone the first"
	if !p.IsStored() {
		f.Why += fmt.Sprintf("; only a guard keeps it out now (%s)", cmp.Or(p.Why, p.Bypass))
	}
	return f, true
}

func (p *seenPage) first(field string) string {
	return strings.Join(p.pattern.first.Header[field], ", ")
}

var (
	looksLikeNonce = regexp.MustCompile(`(?i)nonce['"=: -]*$`)
	looksLikeToken = regexp.MustCompile(`(?i)(csrf|xsrf|token|authenticity|verification)[^<>]*$`)
	looksLikeTime  = regexp.MustCompile(`\d{1,2}:\d{2}|^(9\d{8}|1\d{9}|1\d{12})$|^\d{4}-\d{2}-\d{2}`)
)

// kindOfText says what text in a page is that is another one each time.
func kindOfText(before, text string) string {
	switch {
	case looksLikeNonce.MatchString(before):
		return "a nonce"
	case looksLikeToken.MatchString(before):
		return "a token"
	case looksLikeTime.MatchString(text):
		return "a time stamp"
	}
	return "text that is another one each time"
}
