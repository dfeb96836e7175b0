package audit

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/larder-go/larder/internal/explain"
)

// subject is a request with what its answers have in common.
type subject struct {
	says     string
	given    bool // it is one of the caller's
	request  *http.Request
	ignored  []string
	cookies  []*http.Cookie // that its client was given
	pages    []seenPage     // as the first answer had them
	unjudged error          // why nothing is known of it

	// unsteady is the first later answer that does not count, since it is not about the
	// page that the first answer was about: a failure, or a response with another status
	// that is not stored, or one that is stored where the first was not, or vice versa.
	unsteady  string
	confirmed bool // an answer that was sent after all inputs were tried counts
}

// seenPage is a page that a request has come to.
type seenPage struct {
	explain.Page
	pattern *pattern
	last    explain.Response
}

// add takes an answer into account, and reports whether it counts. A page that not all
// answers came to is left as it is.
func (s *subject) add(got *sample) (counts bool) {
	s.cookies = append(s.cookies, got.cookies...)
	if s.pages == nil {
		for _, p := range got.pages {
			s.pages = append(s.pages, seenPage{p, newPattern(p.Response, s.ignored), p.Response})
		}
		return true
	}
	for i := range min(len(s.pages), len(got.pages)) {
		if p := &got.pages[i]; s.pages[i].isAnother(p) {
			s.deviate(kept(p))
			return false
		}
	}
	for i := range min(len(s.pages), len(got.pages)) {
		s.pages[i].add(&got.pages[i])
	}
	return true
}

// deviate remembers the first answer that does not count.
func (s *subject) deviate(how string) { s.unsteady = cmp.Or(s.unsteady, how) }

// isAnother reports whether the answer to an equal request is not about the page, but
// about a limit that was reached, say. A stored response always is the page.
func (p *seenPage) isAnother(q *explain.Page) bool {
	return q.IsStored() != p.IsStored() || !q.IsStored() && q.Response.Status != p.last.Status
}

// kept says which status a response has, and what becomes of it.
func kept(p *explain.Page) string {
	if p.IsStored() {
		return fmt.Sprintf("status %s, which is stored", statusText(p.Response))
	}
	return fmt.Sprintf("status %s, which is not stored (%s)", statusText(p.Response), cmp.Or(p.Why, p.Bypass))
}

// add takes the response to an equal request into account.
func (p *seenPage) add(q *explain.Page) {
	if !q.IsStored() {
		p.Bypass, p.Why, p.Guarded = q.Bypass, q.Why, q.Guarded
	}
	if q.Response.Sum != p.last.Sum || len(p.pattern.differing(q.Response.Header)) > 0 || q.Response.Status != p.last.Status {
		p.pattern.add(q.Response)
	}
	p.last = q.Response
}

// difference is a page of each request.
type difference struct{ a, b *seenPage }

// differences are the pages of the two requests that are not alike: those that have the
// same key, whatever their order, since one may then be given for the other, and the
// outermost.
func (p pair) differences() (found []difference) {
	for i := range p.a.pages {
		for j := range p.b.pages {
			a, b := &p.a.pages[i], &p.b.pages[j]
			if (i == 0 && j == 0 || a.Key == b.Key && a.Key != "") && !a.pattern.matches(b.last) && !b.pattern.matches(a.last) {
				found = append(found, difference{a, b})
			}
		}
	}
	return found
}

func (p pair) differs() bool { return len(p.differences()) > 0 }

// shared returns a difference of which one response would be given to the other request.
func (p pair) shared() (d difference, ok bool) {
	all := p.differences()
	at := slices.IndexFunc(all, func(d difference) bool {
		return standsFor(&d.a.Page, &d.b.Page) || standsFor(&d.b.Page, &d.a.Page)
	})
	if at < 0 {
		return d, false
	}
	return all[at], true
}

// standsFor is [explain.Page.StandsFor], except that a content coding keeps nothing apart
// where both requests accept the same codings. A page that sends a coding to clients that
// do not accept it gives the same response to two that do.
func standsFor(p, q *explain.Page) bool {
	if p.Codings == q.Codings {
		accepted := *p
		accepted.AnyCoding = true
		p = &accepted
	}
	return p.StandsFor(q)
}

// isConfirmed reports whether both requests were answered by the page again: whether it is
// known what differs between equal requests.
func (p pair) isConfirmed() bool { return p.a.confirmed && p.b.confirmed }

func (p pair) isShared() bool {
	_, ok := p.shared()
	return ok
}

// apart says what keeps two different responses from being given to each other's request.
func (d difference) apart() string {
	one, other := keeps(&d.a.Page, &d.b.Page), keeps(&d.b.Page, &d.a.Page)
	if one == other || other == "" {
		return one
	}
	return one + "; " + other
}

// keeps says why the response of p is not given to the request of q.
func keeps(p, q *explain.Page) string {
	switch name := p.VariesApart(q); {
	case p.Bypass != "":
		return fmt.Sprintf("the request bypasses the cache (%s)", p.Bypass)
	case p.Why != "":
		return fmt.Sprintf("the response is not stored (%s)", p.Why)
	case p.Validated:
		return "the handler is asked before each use"
	case q.Bypass != "":
		return fmt.Sprintf("the request bypasses the cache (%s)", q.Bypass)
	case p.Key != q.Key:
		return "the key has " + firstPart(p.Parts, q.Parts)
	case name != "":
		return "the response varies on " + name
	case !q.Credentials.MayShare(p.Permission, p.Vary):
		return "the response is not for requests with credentials"
	}
	return "the client does not accept its coding"
}

// firstPart is the first part of a key in which two requests differ.
func firstPart(a, b []explain.Part) string {
	for _, part := range append(slices.Clone(a), b...) {
		if slices.Contains(a, part) != slices.Contains(b, part) {
			return "the " + part.Name
		}
	}
	return "another part"
}
