package middleware

import (
	"net/http"

	"github.com/larder-go/larder/internal/rfc9111"
)

// strip removes what must not be stored of a response that may be.
func (p *policy) strip(header http.Header, control *rfc9111.Control) {
	rfc9111.RemoveQualified(header, &control.Directives)
	if p.stripSetCookie {
		delete(header, "Set-Cookie")
	}
	rfc9111.RemoveUnstorable(header)
}
