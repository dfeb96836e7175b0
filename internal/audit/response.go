package audit

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/explain"
)

// harmless are response fields that may differ: they are about the moment, about caches,
// or follow from what else is in the response.
var harmless = []string{
	"Age", "Cache-Control", "Cache-Status", "Cdn-Cache-Control", "Content-Encoding", "Content-Length", "Date", "Expires", "Pragma", "Server-Timing", "Surrogate-Control", "Vary",
}

// pattern is what the responses to equal requests have in common.
type pattern struct {
	first   explain.Response
	ignored []string        // fields that may differ, beside those that are harmless
	status  bool            // they have one status
	known   *template       // of their bodies, see body
	sums    map[string]bool // of whole bodies
	varying map[string]bool // fields in which they differ

	uncompared bool // bodies differ as they were sent, and could not be read
}

func newPattern(r explain.Response, ignored []string) *pattern {
	return &pattern{first: r, ignored: ignored, status: true, sums: map[string]bool{r.Sum: true}, varying: make(map[string]bool)}
}

// body is what the bodies have in common. Most are never compared.
func (p *pattern) body() *template {
	if p.known == nil {
		p.known = newTemplate(string(p.first.Body))
	}
	return p.known
}

// mayDiffer reports whether a field says nothing of what a client gets.
func (p *pattern) mayDiffer(name string) bool {
	is := func(other string) bool { return strings.EqualFold(name, other) }
	return p.varying[name] || slices.ContainsFunc(harmless, is) || slices.ContainsFunc(p.ignored, is)
}

// add takes the response to another equal request into account.
func (p *pattern) add(r explain.Response) {
	p.status = p.status && p.first.Status == r.Status
	if !p.sums[r.Sum] {
		p.uncompared = p.uncompared || p.isUncompared(r)
		p.sums[r.Sum] = true
		p.body().add(string(r.Body))
	}
	for _, name := range p.differing(r.Header) {
		p.varying[name] = true
	}
}

// differing are the fields that are not the same in another header, in order.
func (p *pattern) differing(header http.Header) (names []string) {
	isCoded := !slices.Equal(p.first.Header["Content-Encoding"], header["Content-Encoding"])
	mayDiffer := func(name string) bool {
		return p.mayDiffer(name) || isCoded && (name == "Etag" || name == "Accept-Ranges") // of another coding
	}
	for name, lines := range p.first.Header {
		if !mayDiffer(name) && !slices.Equal(lines, header[name]) {
			names = append(names, name)
		}
	}
	for name := range header {
		if _, both := p.first.Header[name]; !both && !mayDiffer(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// matches reports whether a response is as those to equal requests, except for what
// differs among these.
func (p *pattern) matches(r explain.Response) bool {
	switch {
	case p.status && p.first.Status != r.Status, len(p.differing(r.Header)) > 0:
		return false
	case p.sums[r.Sum]:
		return true
	case isUnread(p.first), isUnread(r):
		return false // they may be the same, in two codings
	case r.Length > explain.MaxBody && p.body().isConstant():
		return false // it differs behind what is known of it
	}
	return p.body().matches(string(r.Body))
}

// isUncompared reports whether it is not known if a body is as those to equal requests:
// its coding, or theirs, cannot be taken away.
func (p *pattern) isUncompared(r explain.Response) bool {
	return (isUnread(p.first) || isUnread(r)) && !p.sums[r.Sum]
}

// codingOf is the content coding of a body that cannot be read, or "".
func codingOf(r explain.Response) string {
	if !isUnread(r) {
		return ""
	}
	return strings.Join(r.Header["Content-Encoding"], ", ")
}

// change says what of a response is not as in those to equal requests.
func (p *pattern) change(r explain.Response) string {
	switch names := p.differing(r.Header); {
	case p.status && p.first.Status != r.Status:
		return fmt.Sprintf("status %s, not %s", statusText(r), statusText(p.first))
	case p.isUncompared(r):
		return fmt.Sprintf("the body, which cannot be read in the coding %q", cmp.Or(codingOf(r), codingOf(p.first)))
	case !p.body().matches(string(r.Body)):
		was, is := p.body().difference(string(r.Body))
		return fmt.Sprintf("%s, not %s", quoted(is), quoted(was))
	case len(names) > 0:
		return fmt.Sprintf("%s is %s, not %s", names[0], fieldText(r.Header[names[0]]), fieldText(p.first.Header[names[0]]))
	}
	return fmt.Sprintf("the body differs behind its first %d bytes", explain.MaxBody)
}

func statusText(r explain.Response) string {
	if r.Panicked {
		return "500 (the handler panicked)"
	}
	return fmt.Sprint(r.Status)
}

func fieldText(lines []string) string {
	if len(lines) == 0 {
		return "absent"
	}
	return quoted(strings.Join(lines, ", "))
}

// quoted returns a text for a report, shortened.
func quoted(text string) string {
	const most = 80
	if text = strings.TrimSpace(text); text == "" {
		return "nothing"
	}
	if len(text) > most {
		text = text[:most] + "..."
	}
	return fmt.Sprintf("%q", text)
}

// difference returns the first text that is not as the template has it, and what is there
// in another body. Both begin with some of what they have in common.
func (t *template) difference(body string) (was, is string) {
	const context = 8 // tokens
	other := tokensOf(body)
	i, j := 0, 0
	for _, m := range append(align(t.tokens, other), match{len(t.tokens), len(other)}) {
		if slices.Contains(t.fixed[i:m.a], true) || j < m.b && i == m.a && !t.gap[i] {
			return text(t.tokens, i-context, m.a+context), text(other, j-context, m.b+context)
		}
		i, j = m.a+1, m.b+1
	}
	return "", ""
}

func text(tokens []string, from, to int) string {
	return strings.Join(tokens[max(0, from):min(to, len(tokens))], "")
}
