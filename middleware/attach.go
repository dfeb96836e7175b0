package middleware

import (
	"context"
	"net/http"
	"sync"
)

// attachment is a context that leads to what belongs to a request and has to be
// forgotten when that is over, whoever still has the context then.
type attachment struct {
	context.Context

	mu    sync.Mutex
	value any // nil when the request is over

	// answers are what the functions of VaryBy have said of the request, before
	// anything else was done with it. They begin in few.
	answers []string
	few     [2]string
}

type attachmentKey struct{}

// Value implements [context.Context].
func (a *attachment) Value(key any) any {
	if key == (attachmentKey{}) {
		return a
	}
	return a.Context.Value(key)
}

func (a *attachment) detach() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.value = nil
}

func (a *attachment) attached() any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.value
}

func attach(r *http.Request, value any) (*http.Request, *attachment) {
	a := &attachment{Context: r.Context(), value: value}
	a.answers = a.few[:0]
	return r.WithContext(a), a
}

func attachmentOf(r *http.Request) *attachment {
	a, _ := r.Context().Value(attachmentKey{}).(*attachment)
	return a
}

// Attach returns the request with something that [Attached] finds until detach is
// called, though the request may be kept for longer. It is for the contexts of
// frameworks.
func Attach(r *http.Request, value any) (attached *http.Request, detach func()) {
	attached, a := attach(r, value)
	return attached, a.detach
}

// Attached returns what belongs to a request: the [Visit], in functions of
// [VaryBy] and [When] for an [Engine], or else what was given to [Attach]. It is
// nil if there is nothing, or the request is over.
func Attached(r *http.Request) any {
	if a := attachmentOf(r); a != nil {
		return a.attached()
	}
	return nil
}
