package policy

import (
	"net/http"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Stripped says what is not stored of a response that may be.
type Stripped struct {
	rfc9111.Unstorable
	cookies bool
}

// StrippedOf returns the fields that are not stored of a response with this header.
func (p *Policy) StrippedOf(header http.Header, control *rfc9111.Control) Stripped {
	return Stripped{rfc9111.UnstorableOf(header, &control.Directives), p.StripSetCookie}
}

// Has reports whether the field of this canonical name is one of them.
func (s Stripped) Has(name string) bool {
	return s.Unstorable.Has(name) || s.cookies && name == "Set-Cookie"
}
