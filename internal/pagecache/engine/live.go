package engine

import (
	"bytes"
	"net/http"
	"sync"

	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/stream"
)

// live is a response that other clients may read while the handler is still writing it. It
// is published to all requests that wait for the run, and to those that arrive before the
// run is over.
type live struct {
	loading   fill.Run        // the run that makes it
	tombstone *page.Tombstone // that was found before the run, or nil

	page     *page.Page  // its header; the body is that of the stream
	header   http.Header // of the handler, for the client that started the run
	at       destination // of page
	body     *stream.Stream
	trailers http.Header // set before body ends

	// stale is the reason if page is a complete stale one instead of a new one.
	stale reason.Reason

	completed sync.Once
	entry     *page.Page // the page with its body
}

// whole returns the page with its body, the same one for all callers, once the body is
// complete; or false if it is not yet, or will not be kept.
func (l *live) whole(p *policy.Policy) (entry *page.Page, ok bool) {
	body, ended := l.body.Ended()
	if !ended || l.trailers != nil {
		return nil, false
	}
	l.completed.Do(func() {
		l.entry = l.page.Clone() // readers have the page without its body
		l.entry.Complete(withoutSlack(body), p)
	})
	return l.entry, true
}

// withoutSlack returns a body for the store in memory of its own size: the store would keep
// all of the underlying array.
func withoutSlack(body []byte) []byte {
	if cap(body)-len(body) > len(body)/4 {
		return bytes.Clone(body)
	}
	return body
}
