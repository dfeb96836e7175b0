package engine

import (
	"bufio"
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// Invalidation of pages by successful unsafe requests (RFC 9111, section 4.4).

// serveUncached runs next for a request that bypasses the cache, and
// invalidates what it may have changed.
func (h *Handler) serveUncached(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if h.Mode == policy.Shared {
		next = respwriter.OriginHandler{Next: next}
	}
	if rfc9111.IsSafe(r.Method) {
		next.ServeHTTP(w, r)
		return
	}
	t, ok := h.TargetOf(r, h.TrustsPeer(r))
	if !ok {
		next.ServeHTTP(w, r)
		return
	}
	c := &changeWatcher{h: h, r: r, next: next, target: t}
	c.Writer = respwriter.Writer{ResponseWriter: w, Decide: c.decide}
	c.Serve(c, http.HandlerFunc(c.run), r)
}

// changeWatcher is the ResponseWriter of a request with an unsafe method. It invalidates the
// pages that the request may have changed when the handler reports success, before the
// client can see that; a handler that writes nothing succeeds, too. It invalidates them again
// when the handler returns, since the handler, or middleware around it, may make the change
// only after it has written.
type changeWatcher struct {
	respwriter.Writer
	h       *Handler
	r       *http.Request
	next    http.Handler
	target  policy.Target
	changed []policy.Target
	failed  bool // the store cannot be reached
}

// run runs the handler. If that has written nothing, Decide has not been called yet.
func (c *changeWatcher) run(w http.ResponseWriter, r *http.Request) {
	defer c.invalidate()
	c.next.ServeHTTP(w, r)
}

func (c *changeWatcher) decide(_ *respwriter.Writer, status int) respwriter.Fate {
	c.changed = c.invalidated(status)
	c.invalidate()
	return respwriter.FateSent
}

// invalidate purges the pages that may have changed.
func (c *changeWatcher) invalidate() {
	if len(c.changed) == 0 || c.failed {
		return // the client has already waited for the failing store
	}
	// The pages have changed even if the client has left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), invalidateTimeout)
	defer cancel()
	for _, t := range c.changed {
		if _, err := purge.CarryOut(ctx, c.h.Policy, purge.Order{Target: t}, purge.Uncounted); err != nil {
			c.h.logStoreError(ctx, err)
			c.failed = true
		}
	}
}

// Hijack implements [http.Hijacker]. The handler's answer cannot be seen then, so it counts
// as a success.
func (c *changeWatcher) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if c.Fate == respwriter.FateOpen {
		c.Begin(http.StatusOK)
	}
	return c.Writer.Hijack()
}

// invalidateTimeout is how long a change may take to invalidate pages, while its
// client waits.
const invalidateTimeout = 10 * time.Second

// invalidated returns the URLs that a response with this status invalidates. The first is
// the target.
func (c *changeWatcher) invalidated(status int) []policy.Target {
	u := &url.URL{Scheme: c.target.Scheme, Host: c.target.Host, Path: "/"}
	if received, err := url.ParseRequestURI(c.target.Path); err == nil {
		u.Path, u.RawPath = received.Path, received.RawPath
	}
	u.RawQuery = c.target.Query
	var targets []policy.Target
	for i, other := range rfc9111.Invalidated(c.r.Method, status, u, c.Header()) {
		if i == 0 {
			targets = append(targets, c.target)
			continue
		}
		path := cmp.Or(other.RawPath, other.EscapedPath(), "/")
		targets = append(targets, c.h.NewTarget(other.Scheme, other.Host, path, other.RawQuery))
	}
	return targets
}
