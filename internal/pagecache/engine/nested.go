package engine

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/rfc9111"
)

// A page may be behind another: CachePage on a route of a Site, in gin or echo too. The outer
// one does not know what the inner one declares (its key, its lifetime, what it bypasses), so
// it does not store a response that an inner page took part in. The outer page remembers
// that for a while, as for every response that is not stored, and its requests go to the
// inner page, which then stores its own.
//
// If both have the same key, down to what their options put into it, the outer one is
// making the page that the inner one is asked for. It stores the page for both, by the
// stricter of their rules.

// activeRuns counts the runs of handlers in this process. While there is none, no
// request can be inside of one, and a hit need not search its context.
var activeRuns atomic.Int64

// enclosure is the context of a handler that runs, where inner pages find it.
type enclosure struct {
	context.Context
	x     *requestFlow // of the page whose handler it is
	outer *enclosure   // that this page is inside of, or nil
	inner atomic.Int32 // how many inner pages took part in the response
	audit *audit       // that the handler runs for, or nil

	mu   sync.Mutex
	same []innerPage // those with the same key
}

// innerPage is a page that another stores, too.
type innerPage struct {
	policy  *policy.Policy
	request *policy.RequestInfo
}

type enclosureKey struct{}

// Value implements [context.Context].
func (e *enclosure) Value(key any) any {
	if key == (enclosureKey{}) {
		return e
	}
	return e.Context.Value(key)
}

// enter is called before the handler runs, and leave when it has returned.
func (e *enclosure) enter() { activeRuns.Add(1) }
func (e *enclosure) leave() { activeRuns.Add(-1) }

// enclosureOf returns that of a request with this context, or nil if it is not inside of
// the run of a page.
func enclosureOf(ctx context.Context) *enclosure {
	if activeRuns.Load() == 0 {
		return nil
	}
	e, _ := ctx.Value(enclosureKey{}).(*enclosure)
	return e
}

// hasInner reports whether the response is that of inner pages, too, with other keys.
func (e *enclosure) hasInner() bool { return e.inner.Load() > 0 }

// bindOuter keeps the runs that this request is inside of from storing their responses. It
// leaves out runs of the same cache, whose pages are classified by the same options.
func (x *requestFlow) bindOuter() {
	for e := enclosureOf(x.r.Context()); e != nil; e = e.outer {
		if e.x.h != x.h {
			e.inner.Add(1)
		}
	}
}

// join lets a run around this request store the page for both, if it has the same key. If
// it has another, it is for another page with the same URL: a part whose path the handler
// has changed, say, which is stored the next time.
func (x *requestFlow) join(e *enclosure) {
	switch same := bytes.Equal(x.canonical[:x.fullLen], e.x.canonical[:e.x.fullLen]); {
	case same && e.x.h != x.h:
		e.mu.Lock()
		e.same = append(e.same, innerPage{x.h.Policy, &x.RequestInfo})
		e.mu.Unlock()
		e.inner.Add(-1)
	case !same && e.x.h == x.h:
		e.inner.Add(1)
	}
}

// passRecursive passes a request for the page that a run around it is making.
func (x *requestFlow) passRecursive() {
	outer := enclosureOf(x.r.Context())
	for e := outer; e != nil; e = e.outer {
		x.join(e)
	}
	own := enclosure{Context: x.r.Context(), x: x, outer: outer}
	own.enter()
	defer own.leave()
	x.r = x.r.WithContext(&own)
	x.pass(forwardBypass, reason.Recursive)
	x.isForgotten = false // what the handler has left running may look at own
	if own.hasInner() {
		x.h.uncacheable.remember(x.memoryKey(), reason.Nested)
	}
}

// samePages returns the inner pages that the outer one stores, too.
func (e *enclosure) samePages() []innerPage {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.same
}

// unstorable says why the response of a run must not be stored for others, or
// reason.None.
func (u *run) unstorable(status int, header http.Header, now time.Time) reason.Reason {
	if why := u.x.h.Unstorable(status, header, &u.x.RequestInfo, now); why != reason.None {
		return why
	}
	for _, p := range u.inside.samePages() {
		if why := p.policy.Unstorable(status, header, p.request, now); why != reason.None {
			return why
		}
	}
	if u.inside.hasInner() {
		return reason.Nested
	}
	return reason.None
}

// limit makes the lifetimes of a page those of the strictest page that it is stored for.
func (e *enclosure) limit(f *rfc9111.Freshness, status int, header http.Header, received time.Time, age time.Duration) {
	for _, p := range e.samePages() {
		control := p.policy.Control(header)
		inner := p.policy.Freshness(&control, status, header, received, age)
		f.Lifetime = min(f.Lifetime, inner.Lifetime)
		f.StaleWhileRevalidate = min(f.StaleWhileRevalidate, inner.StaleWhileRevalidate)
		f.StaleIfError = min(f.StaleIfError, inner.StaleIfError)
	}
}
