package policy

import (
	"net/http"
	"strings"

	"github.com/larder-go/larder/internal/explain"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// ExplainField is the field by which a client asks for an explanation, and what an answer
// that is one has.
const ExplainField = explain.Field

// AsksWhy reports whether a request asks for an explanation, and may, and in which mode.
func (p *Policy) AsksWhy(r *http.Request) (mode string, asks bool) {
	if !p.IsExplained(r) {
		return "", false
	}
	known, mode, hasMode := strings.Cut(respwriter.Single(r.Header[ExplainField]), ";")
	known, mode = strings.TrimSpace(known), strings.TrimSpace(mode)
	if hasMode && mode != explain.Run && mode != explain.Audit {
		return "", false
	}
	return mode, p.ExplainTo != nil && p.ExplainTo.Matches(known) || explain.Admits(known)
}

// IsExplained reports whether a request asks for an explanation, who may or not.
func (p *Policy) IsExplained(r *http.Request) bool {
	return (p.ExplainTo != nil || explain.IsAuditing()) && r.Header[ExplainField] != nil
}
