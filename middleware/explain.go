package middleware

import (
	"net/http"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/explain"
)

// explainField is the field by which a client asks for an explanation, and what an answer
// that is one has.
const explainField = explain.Field

// Explain lets those who know secret ask what would become of a request:
//
//	curl -H 'Larder-Explain: SECRET' https://example.org/page
//	larder explain --remote https://example.org/page
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
// "Larder-Explain: SECRET; audit" runs the handler, too, and answers with its response and
// what would become of it as JSON, for "larder audit": see package pagetest.
//
// A request without the field, or with another secret, is answered as ever. A
// cache in front of this server may answer a request without asking it; larder
// explain is for the server itself.
//
// The secret is visible ASCII without a semicolon, and not empty.
func Explain(secret string) PageOption {
	return func(s *optionSet) { s.explainTo = append(s.explainTo, secret) }
}

// asksWhy reports whether a request asks for an explanation, and may, and in which mode.
func (p *policy) asksWhy(r *http.Request) (mode string, asks bool) {
	if !p.isExplained(r) {
		return "", false
	}
	known, mode, hasMode := strings.Cut(single(r.Header[explainField]), ";")
	known, mode = strings.TrimSpace(known), strings.TrimSpace(mode)
	if hasMode && mode != explain.Run && mode != explain.Audit {
		return "", false
	}
	return mode, p.explainTo != nil && p.explainTo.matches(known) || explain.Admits(known)
}

// isExplained reports whether a request asks for an explanation, who may or not.
func (p *policy) isExplained(r *http.Request) bool {
	return (p.explainTo != nil || explain.IsAuditing()) && r.Header[explainField] != nil
}

// answerAsked answers a request that asks for an explanation.
func (x *exchange) answerAsked(mode string) {
	if mode == explain.Audit {
		x.answerAudit()
		return
	}
	x.explain(mode == explain.Run)
}

// withoutField takes the field out of the request: neither the key nor the handler sees
// it.
func (x *exchange) withoutField() {
	x.r = x.r.WithContext(x.r.Context())
	x.r.Header = x.r.Header.Clone()
	delete(x.r.Header, explainField)
}

// explain answers with an account of what would be done, and does none of it.
func (x *exchange) explain(run bool) {
	x.withoutField()
	e := &explainer{x: x, now: time.Now()}
	e.explain(run)
	x.w.Header().Set(explainField, explain.Explained)
	reply(x.w, x.r, http.StatusOK, e.account.String(), e.account)
}
