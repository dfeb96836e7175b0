package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
)

// redispatch is the handler behind the cache for requests of the cache's own. They go
// through the whole framework, so that they have a framework context that no other request
// uses.
type redispatch struct {
	engine    *Engine
	framework http.Handler // nil if it is not known
	route     string
}

// ServeHTTP implements [http.Handler].
func (e *redispatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := &token{refusal: "the framework is not known"}
	if e.framework != nil {
		for _, u := range e.engine.entrances(r) {
			if t = e.enter(w, r, u); t.returned || t.panicked != nil || r.Context().Err() != nil {
				break
			}
		}
	}
	switch {
	case t.panicked != nil:
		panic(t.panicked) // outer middleware has recovered from it
	case !t.returned:
		if w, ok := w.(*recorder); ok {
			e.engine.pages.refused.remember(w.run.x.memoryKey(), reason.HandlerError)
		}
		Logger(r.Context()).WarnContext(r.Context(), "larder: a request of the cache did not come through the framework", "path", r.URL.Path, "route", e.route, "reason", t.refusal)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// entrances returns the URLs with which a request for the handler may enter the framework,
// the likely one first. If the URL at the cache is not the received one, it was rewritten:
// by the framework, which is going to do so again, or before it reached the framework. The
// URL that has led to the cache is tried first from then on.
func (e *Engine) entrances(r *http.Request) []*url.URL {
	received, err := url.ParseRequestURI(policy.RequestTarget(r))
	switch {
	case err != nil || isSameResource(received, r.URL):
		return []*url.URL{r.URL}
	case e.isRewrittenBefore.Load():
		return []*url.URL{r.URL, received}
	}
	return []*url.URL{received, r.URL}
}

func isSameResource(a, b *url.URL) bool {
	return a.Path == b.Path && a.RawPath == b.RawPath && a.RawQuery == b.RawQuery
}

// enter sends a request for the handler through the framework.
func (e *redispatch) enter(w http.ResponseWriter, r *http.Request, u *url.URL) *token {
	t := &token{redispatch: e, w: w, r: r, refusal: "outer middleware answered it"}
	through := r.Clone(context.WithValue(r.Context(), tokenKey{}, t))
	*through.URL = *u
	e.framework.ServeHTTP(&sink{header: make(http.Header)}, through)
	if t.returned {
		e.engine.isRewrittenBefore.Store(u == r.URL)
	}
	return t
}

// token is in the context of a request of the cache's own, and says what it is for when it
// arrives at the engine.
type token struct {
	*redispatch
	w http.ResponseWriter
	r *http.Request // as the handler is to have it

	used     bool // it is good once
	refusal  string
	returned bool
	panicked any
}

type tokenKey struct{}

// TokenOf returns the token of a request that has not yet reached its engine, or nil.
func TokenOf(r *http.Request) *token {
	if t, _ := r.Context().Value(tokenKey{}).(*token); t != nil && !t.used {
		return t
	}
	return nil
}

// redeem is called when a request of the cache's own reaches an engine. If it is for an
// inner engine, it passes. redeem reports whether the handler was called.
func (t *token) redeem(e *Engine, w http.ResponseWriter, r *http.Request, v FrameworkRequest) (ran bool) {
	if t.engine != e {
		proceed(v, w, r)
		return true
	}
	t.used = true
	if t.refusal = t.mismatch(r, v); t.refusal != "" {
		return false
	}
	defer func() {
		if t.panicked = recover(); t.panicked != nil {
			panic(t.panicked)
		}
	}()
	// Outer middleware has put into the context what this request needs.
	t.proceed(v, t.r.WithContext(r.Context()))
	t.returned = true
	return true
}

// proceed runs the handlers behind the cache with the ResponseWriter of the token, and not
// with that of the framework, which discards everything.
func (t *token) proceed(v FrameworkRequest, r *http.Request) {
	if w, ok := t.w.(*recorder); ok {
		proceed(v, w, r)
		return
	}
	var failure *Failure
	if errors.As(v.Next(t.w, r), &failure) {
		http.Error(t.w, http.StatusText(failure.Status), failure.Status)
	}
}

// mismatch says why the handler's response to a request that has arrived would not be the
// page that it is for, or "".
func (t *token) mismatch(r *http.Request, v FrameworkRequest) string {
	is, was := t.engine.pages.SharedURL(r), t.engine.pages.SharedURL(t.r)
	switch {
	case v.Route() != t.route:
		return fmt.Sprintf("the route is %q now", v.Route())
	case !isSameResource(&is, &was):
		return "the URL is another now"
	}
	first := policy.AttachmentOf(t.r)
	if len(t.engine.pages.VaryValues) == 0 || first == nil {
		return ""
	}
	r, a := policy.Attach(r, v)
	defer a.Detach()
	for _, value := range t.engine.pages.VaryValues {
		a.Answers = append(a.Answers, value.Of(r))
	}
	if !slices.Equal(a.Answers, first.Answers) {
		return "a value of VaryBy is another now"
	}
	return ""
}

// sink is the ResponseWriter that outer middleware gets for a request without a client.
type sink struct{ header http.Header }

// Header implements [http.ResponseWriter].
func (s *sink) Header() http.Header { return s.header }

// WriteHeader implements [http.ResponseWriter].
func (s *sink) WriteHeader(int) {}

// Write implements [http.ResponseWriter].
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// Flush implements [http.Flusher].
func (s *sink) Flush() {}
