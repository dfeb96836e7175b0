package middleware

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// What a successful change makes invalid (RFC 9111, section 4.4).

// serveUncached runs next for a request that goes past the cache, and
// invalidates what it may have changed.
func (h *pageHandler) serveUncached(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if rfc9111.IsSafe(r.Method) {
		next.ServeHTTP(w, r)
		return
	}
	t, ok := h.targetOf(r, len(h.trustedProxies) > 0 && h.isTrusted(r.RemoteAddr))
	if !ok {
		next.ServeHTTP(w, r)
		return
	}
	c := &changeWatcher{ResponseWriter: w, h: h, r: r, target: t}
	next.ServeHTTP(c, r)
	c.changed(http.StatusOK) // which is what a handler means that writes nothing
}

// changeWatcher is the ResponseWriter of a request with an unsafe method. When
// the handler writes that it has succeeded, and before the client can know, the
// pages that it may have changed are invalidated.
type changeWatcher struct {
	http.ResponseWriter
	h      *pageHandler
	r      *http.Request
	target target
	once   sync.Once
}

// Unwrap is for [http.ResponseController].
func (c *changeWatcher) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (c *changeWatcher) WriteHeader(status int) {
	if rfc9111.IsFinal(status) {
		c.changed(status)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (c *changeWatcher) Write(p []byte) (int, error) {
	c.changed(http.StatusOK)
	return c.ResponseWriter.Write(p)
}

// Flush implements [http.Flusher].
func (c *changeWatcher) Flush() {
	c.changed(http.StatusOK)
	_ = http.NewResponseController(c.ResponseWriter).Flush() // a writer that cannot has nothing to flush
}

// changed invalidates what a response with this status says has changed, the
// first time that it is called.
func (c *changeWatcher) changed(status int) {
	c.once.Do(func() {
		// That the client has left changes nothing about what was changed.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), invalidateTimeout)
		defer cancel()
		for _, t := range c.invalidated(status) {
			if err := c.h.purge(ctx, t, purgedHard); err != nil {
				c.h.logStoreError(ctx, err)
			}
		}
	})
}

// invalidateTimeout is how long a change may take to invalidate pages, while its
// client waits.
const invalidateTimeout = 10 * time.Second

// invalidated returns what a response with this status says has changed. The
// first is the target, in the spelling in which it was received.
func (c *changeWatcher) invalidated(status int) []target {
	u := &url.URL{Scheme: c.target.scheme, Host: c.target.host, Path: "/"}
	if received, err := url.ParseRequestURI(c.target.path); err == nil {
		u.Path, u.RawPath = received.Path, received.RawPath
	}
	u.RawQuery = c.target.query
	var targets []target
	for i, other := range rfc9111.Invalidated(c.r.Method, status, u, c.Header()) {
		if i == 0 {
			targets = append(targets, c.target)
			continue
		}
		targets = append(targets, targetOfURL(other, &c.h.query))
	}
	return targets
}

// targetOfURL is the target of requests for an absolute URL, in its spelling.
func targetOfURL(u *url.URL, query *queryRules) target {
	path := cmp.Or(u.RawPath, u.EscapedPath(), "/")
	return newTarget(u.Scheme, u.Host, path, query.apply(u.RawQuery))
}
