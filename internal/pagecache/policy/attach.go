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

func (a *Attachment) Detach() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.value = nil
}

func (a *Attachment) Attached() any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.value
}

func Attach(r *http.Request, value any) (*http.Request, *Attachment) {
	a := &Attachment{Context: r.Context(), value: value}
	a.Answers = a.few[:0]
	return r.WithContext(a), a
}

func AttachmentOf(r *http.Request) *Attachment {
	a, _ := r.Context().Value(attachmentKey{}).(*Attachment)
	return a
}
