package middleware

import (
	"net/http"
	"strings"
	"time"
)

// explainField is the field by which a client asks for an explanation; an answer
// that is one has it too.
const explainField = "Larder-Explain"

// Explain lets those who know secret ask what would become of a request:
//
//	curl -H 'Larder-Explain: SECRET' https://example.org/page
//	larder explain https://example.org/page
//
// The answer is, in place of the page, an account of the decision step by step,
// with the section of the RFC or the option that has the rule: what the key is
// made of, what is stored under it and until when, and what would be done. Values
// of the request that may identify a user are there as hashes only, and of what
// is stored neither body nor fields. It is text, or JSON if Accept prefers that.
//
// Nothing changes by it, and the handler does not run. Whether its response could
// be stored is only known by running it: "Larder-Explain: SECRET; run" does that,
// for a GET or HEAD, drops the body, stores nothing, and says what would become
// of it.
//
// A request without the field, or with another secret, is answered as ever. A
// cache in front of this server may answer a request without asking it; larder
// explain is for the server itself.
//
// The secret is visible ASCII without a semicolon, and not empty.
func Explain(secret string) PageOption {
	return func(s *optionSet) { s.explainTo = append(s.explainTo, secret) }
}

// asksWhy reports whether a request asks for an explanation, and may; run says
// that the handler is to run for it.
func (p *policy) asksWhy(r *http.Request) (run, asks bool) {
	if !p.isExplained(r) {
		return false, false
	}
	known, mode, hasMode := strings.Cut(single(r.Header[explainField]), ";")
	run = strings.TrimSpace(mode) == "run"
	return run, p.explainTo.matches(strings.TrimSpace(known)) && run == hasMode
}

// isExplained reports whether a request asks for an explanation, who may or not.
func (p *policy) isExplained(r *http.Request) bool {
	return p.explainTo != nil && r.Header[explainField] != nil
}

// explain answers with an account of what would be done, and does none of it.
func (x *exchange) explain(run bool) {
	x.r = x.r.WithContext(x.r.Context())
	x.r.Header = x.r.Header.Clone()
	delete(x.r.Header, explainField) // neither the key nor the handler sees it
	e := &explainer{x: x, now: time.Now()}
	e.explain(run)
	x.w.Header().Set(explainField, "explained")
	reply(x.w, x.r, http.StatusOK, e.account.String(), e.account)
}
