package policy

import (
	"net/http"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Strip removes what must not be stored of a response that may be.
func (p *Policy) Strip(header http.Header, control *rfc9111.Control) {
	rfc9111.RemoveQualified(header, &control.Directives)
	if p.StripSetCookie {
		delete(header, "Set-Cookie")
	}
	rfc9111.RemoveUnstorable(header)
}
