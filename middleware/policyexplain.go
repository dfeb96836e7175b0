package middleware

import (
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/pagecache/respwriter"

	"github.com/larder-go/larder/internal/explain"
)

// explainField is the field by which a client asks for an explanation, and what an answer
// that is one has.
const explainField = explain.Field

// asksWhy reports whether a request asks for an explanation, and may, and in which mode.
func (p *policy) asksWhy(r *http.Request) (mode string, asks bool) {
	if !p.isExplained(r) {
		return "", false
	}
	known, mode, hasMode := strings.Cut(respwriter.Single(r.Header[explainField]), ";")
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
