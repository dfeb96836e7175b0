package middleware

import (
	"net/http"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Attach returns the request with something that [Attached] finds until detach is
// called, though the request may be kept for longer. It is for the contexts of
// frameworks.
func Attach(r *http.Request, value any) (attached *http.Request, detach func()) {
	attached, a := policy.Attach(r, value)
	return attached, a.Detach
}

// Attached returns what belongs to a request: the [Visit], in functions of
// [VaryBy] and [When] for an [Engine], or else what was given to [Attach]. It is
// nil if there is nothing, or the request is over.
func Attached(r *http.Request) any {
	if a := policy.AttachmentOf(r); a != nil {
		return a.Attached()
	}
	return nil
}
