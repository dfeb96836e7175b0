package middleware

import (
	"net/http"
	"net/url"
	"sync"

	"github.com/larder-go/larder/internal/rfc9111"
)

// What a successful change makes invalid (RFC 9111, section 4.4).

// watch returns the writer for a request that goes past the cache: one that
// invalidates if the request may change something.
func (h *pageHandler) watch(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	if rfc9111.IsSafe(r.Method) {
		return w
	}
	t, ok := h.targetOf(r, len(h.trustedProxies) > 0 && h.isTrusted(r.RemoteAddr))
	if !ok {
		return w
	}
	return &changeWatcher{ResponseWriter: w, h: h, r: r, target: t}
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
		base := &url.URL{Scheme: c.target.scheme, Host: c.target.host, Path: "/"}
		target, err := base.Parse(c.target.path)
		if err != nil {
			return
		}
		target.RawQuery = c.target.query
		for _, u := range rfc9111.Invalidated(c.r.Method, status, target, c.Header()) {
			if err := c.h.purge(c.r.Context(), targetOfURL(u, &c.h.query), purgedHard); err != nil {
				c.h.logStoreError(c.r.Context(), err)
			}
		}
	})
}

// targetOfURL is the target of requests for an absolute URL.
func targetOfURL(u *url.URL, query *queryRules) target {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return newTarget(u.Scheme, u.Host, path, query.apply(u.RawQuery))
}
