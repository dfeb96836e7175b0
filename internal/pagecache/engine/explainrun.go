package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// run runs the handler as for a shared response, and says what would be done with its
// response.
func (e *explainer) run() {
	x := e.x
	ctx, stop := context.WithCancel(x.r.Context())
	defer stop()
	p := &probe{header: make(http.Header), stop: stop}
	requested := time.Now()
	panicked := p.serve(x.next, x.SharedRequest(ctx, x.r, new(url.URL)))
	u := &run{x: x, requested: requested, status: p.status} // to be asked, and not to be run
	if panicked {
		u.ending = endedByPanic{}
	}
	switch {
	case u.hasFailed() && u.fallback() != nil:
		e.addReason("run", reason.StaleIfError)
		e.Outcome = "the stored response is sent instead of a failure"
		return
	case panicked:
		e.add("run", "the handler panicked; the log has the stack", "")
		e.Outcome = "the request is aborted, and nothing is stored"
		return
	}
	e.add("run", fmt.Sprintf("the handler answered %d with %d bytes, in %s", p.status, p.written, inWords(time.Since(requested))), "")
	if why := p.unstorable(u); why != reason.None {
		e.addReason("response", why)
		e.Outcome = "the response is not stored, and given to no other request"
		return
	}
	e.storable(p, requested)
}

func (e *explainer) storable(p *probe, requested time.Time) {
	h, now := e.x.h, time.Now()
	entry := page.New(nil, p.status, &respwriter.Edits{Own: p.sent}, p.sent, requested, now, h.Policy)
	details := append(describe(h.Policy, entry, now), detail{"kept for", inWords(h.Keep(&entry.Fresh, entry.Initial, entry.IsValidatable()))})
	e.add("response", "it can be stored", "RFC 9111, section 3", details...)
	e.Outcome = "the response is stored, for all who send the same key"
	if entry.IsStaleAtBirth() {
		e.Outcome = "the response is stored, and validated before each use"
	}
	names := policy.SelectingNames(entry.Vary)
	if at := e.x.destinationOf(names); at.index != nil && len(names) > 0 {
		slices.Sort(names)
		e.add("variants", "from then on the page has variants, by "+variesOn(names), "RFC 9111, section 4.1")
	}
}

// errExplained is the error of writes of an event stream to a probe.
var errExplained = errors.New("larder: the header of the stream was all that was asked for")

// probe is a ResponseWriter that discards the response. An event stream, which has no end,
// is stopped at its header.
type probe struct {
	stop     context.CancelFunc
	header   http.Header
	sent     http.Header // when the status was written, with canonical names
	status   int
	written  int64
	hijacked bool
}

var (
	_ http.Flusher  = (*probe)(nil)
	_ http.Hijacker = (*probe)(nil)
)

// serve runs the handler.
func (p *probe) serve(next http.Handler, r *http.Request) (panicked bool) {
	defer func() {
		if v := recover(); v != nil {
			panicked = true
			logPanic(r.Context(), v)
		}
	}()
	next.ServeHTTP(p, r)
	p.WriteHeader(http.StatusOK)
	return false
}

// unstorable says why the response would not be stored, or reason.None.
func (p *probe) unstorable(u *run) reason.Reason {
	maxBody, now := u.x.h.MaxBody, time.Now()
	if p.hijacked {
		return reason.Hijacked
	}
	if why := unrecordable(p.sent, maxBody); why != reason.None {
		return why
	}
	if why := u.unstorable(p.status, p.sent, now); why != reason.None {
		return why
	}
	switch {
	case p.written > maxBody:
		return reason.TooLarge
	case respwriter.HasLateTrailers(p.header):
		return reason.Trailers
	case respwriter.DeclaredLength(p.sent) > p.written && respwriter.BodyAllowed(p.status):
		return reason.Truncated
	case now.Sub(u.requested) > policy.MaxRun:
		return reason.Slow
	}
	return reason.None
}

// Header implements [http.ResponseWriter].
func (p *probe) Header() http.Header { return p.header }

// WriteHeader implements [http.ResponseWriter].
func (p *probe) WriteHeader(status int) {
	if p.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		if p.status, p.sent = status, respwriter.Canonical(p.header); respwriter.IsEventStream(p.sent) {
			p.stop()
		}
	}
}

// Write implements [http.ResponseWriter].
func (p *probe) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	if respwriter.IsEventStream(p.sent) {
		return 0, errExplained
	}
	p.written += int64(len(b))
	return len(b), nil
}

// Flush implements [http.Flusher].
func (p *probe) Flush() { p.WriteHeader(http.StatusOK) }

// Hijack implements [http.Hijacker]: the connection is for the explanation.
func (p *probe) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	p.hijacked = true
	return nil, nil, http.ErrNotSupported
}
