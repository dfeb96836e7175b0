package policy

import (
	"context"
	"net/http"
	"sync"
)

// Attachment is a context that leads to what belongs to a request and has to be
// forgotten when that is over, whoever still has the context then.
type Attachment struct {
	context.Context

	mu    sync.Mutex
	value any // nil when the request is over

	// Answers are what the functions of VaryBy have said of the request, before
	// anything else was done with it. They begin in few.
	Answers []string
	few     [2]string
}

type attachmentKey struct{}

// Value implements [context.Context].
func (a *Attachment) Value(key any) any {
	if key == (attachmentKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// Detach is called when the request is over: from then on there is no value.
func (a *Attachment) Detach() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.value = nil
}

// Attached returns the value, or nil when the request is over.
func (a *Attachment) Attached() any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.value
}

// Attach returns the request with a value that [Attached] finds until the attachment is
// detached, though the request may be kept for longer. It is for the contexts of frameworks.
func Attach(r *http.Request, value any) (*http.Request, *Attachment) {
	a := &Attachment{Context: r.Context(), value: value}
	a.Answers = a.few[:0]
	return r.WithContext(a), a
}

// Attached returns what belongs to a request, or nil if there is nothing, or the request is
// over. For functions of VaryBy and When it is the engine.FrameworkRequest of the request; for
// others it is what was given to Attach.
func Attached(r *http.Request) any {
	if a := AttachmentOf(r); a != nil {
		return a.Attached()
	}
	return nil
}

// AttachmentOf returns the attachment of a request, or nil.
func AttachmentOf(r *http.Request) *Attachment {
	a, _ := r.Context().Value(attachmentKey{}).(*Attachment)
	return a
}
