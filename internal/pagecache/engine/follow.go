package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/pagecache/stream"
	"github.com/larder-go/larder/internal/rfc9111"
)

// Responses that the handler is still writing, for clients that did not start the run.

// Receive implements [fill.Subscriber].
func (x *requestFlow) Receive(value any, leave func()) { x.received, x.leaveRun = value.(*live), leave }

// follow answers with the response of another request's run, or goes on with find if that is
// of another variant. It reports whether the request is answered.
func (x *requestFlow) follow(outcome cache.Outcome) (answered bool) {
	l := x.received
	x.received = nil
	defer x.endSubscription()
	switch {
	case x.isPurgedSince(l):
		l.loading.Forget() // later requests wait for a run that starts now
		return false
	case x.isPurged(l.page):
		x.pass(x.forward(), reason.Purged)
		return true
	case l.stale != reason.None:
		x.followStale(l)
		return true
	case l.at.depth > x.depth || !bytes.Equal(l.page.Key, x.keyAt(l.at)):
		return x.regroup(l)
	}
	if why := x.unusable(l.page); why != reason.None {
		x.pass(forwardBypass, why)
		return true
	}
	return x.followLive(l, outcome)
}

// followStale answers with the stale page that a failed run has published.
func (x *requestFlow) followStale(l *live) {
	if !bytes.Equal(l.page.Key, x.canonical) || x.unusable(l.page) != reason.None {
		x.pass(x.forward(), reason.NotShared)
		return
	}
	x.sendStale(l.page, 0, l.stale)
}

// followLive answers with a response that is for this request, too.
func (x *requestFlow) followLive(l *live, outcome cache.Outcome) (answered bool) {
	if entry, ok := l.whole(x.h.Policy); ok {
		// It is about to be stored.
		x.sawEnd = true
		x.found, x.page, x.now = entry, entry, time.Now()
		x.hit(cache.Outcome{Hit: true})
		return true
	}
	part, ok := x.partOf(l)
	if !ok {
		x.passPart()
		return true
	}
	reader, ok := l.body.Join(false)
	if !ok {
		x.pass(x.forward(), reason.TooLarge)
		return true
	}
	x.noteMiss(x.r.Context())
	x.part = part
	return x.sendLive(l, reader, forwarded{why: x.forward(), status: l.page.Status, collapsed: outcome.Collapsed})
}

// isPurgedSince reports whether this request has found a tombstone that the run of l did not
// find when it started: the page was invalidated since then, by any process. Tombstones are
// compared, not times, since the clocks of several machines differ.
func (x *requestFlow) isPurgedSince(l *live) bool {
	return x.tombstone != nil && (l.tombstone == nil || l.tombstone.ID != x.tombstone.ID)
}

// isPurged reports whether a response was started before a purge, and this request after it.
func (x *requestFlow) isPurged(p *page.Page) bool {
	how, _ := x.purgeList().Known.Load().Find(x.h.KeyPrefix, x.Target, p.Requested)
	return how != purge.NotPurged
}

// endSubscription leaves a run, unless its response was read to the end: then it is about to
// be stored, and the run must not be cancelled.
func (x *requestFlow) endSubscription() {
	if x.leaveRun != nil && !x.sawEnd {
		x.leaveRun()
	}
	x.leaveRun, x.sawEnd = nil, false
}

// regroup goes on with the variant that this request wants of a URL that has
// just turned out to vary.
func (x *requestFlow) regroup(l *live) (answered bool) {
	if l.at.index == nil || l.at.depth > x.depth || !bytes.HasPrefix(l.page.Key, x.indexKey(l.at.depth)) {
		// There is no other key to look up: this variant has the same slot.
		x.pass(x.forward(), reason.NotShared)
		return true
	}
	x.backTo(l.at.depth)
	x.selectVariant(l.at.index, nil)
	return false
}

// sendLive sends a response while the handler writes it. It reports false, and has sent
// nothing, if the response cannot be read.
func (x *requestFlow) sendLive(l *live, reader *stream.Reader, f forwarded) (answered bool) {
	defer reader.Leave()
	ctx := x.r.Context()
	reader.OnEvict(func() { breakOff(x.w) })
	part, flush, err := reader.Next(ctx)
	switch _, broken := l.body.HasEnded(); {
	case broken, errors.Is(err, stream.ErrAborted):
		return x.again(cache.ErrGoexit) // nothing of it was sent yet
	case errors.Is(err, stream.ErrLagging):
		x.pass(x.forward(), reason.TooLarge)
		return true
	case ctx.Err() != nil && part == nil && !flush:
		x.unanswered()
		return true
	}
	header := x.w.Header()
	out := newOutgoing(header, l.page)
	setStatus(header, l.page.CacheStatus, f)
	out.setLine("Age", l.page.Render(l.page.Age(time.Now())).AgeLine)
	out.setPage(l.page)
	out.setClientHeaders(x.h, l.page)
	if x.answersCondition(l.page.Validators, l.page.Status) || x.writeBodiless(l.page.Status) {
		return true
	}
	if x.part != nil {
		x.sendPart(ctx, reader, x.part, part, flush, err)
		return true
	}
	x.w.WriteHeader(l.page.Status)
	err = copyStream(ctx, reader, x.w, part, flush, err)
	if x.sawEnd = errors.Is(err, io.EOF); !x.sawEnd {
		panic(http.ErrAbortHandler) // so that the client sees that the response is incomplete
	}
	respwriter.AddTrailers(header, l.header, l.trailers)
	return true
}

// writeBodiless writes the header of a response if this client gets no body, and reports
// whether that is so.
func (x *requestFlow) writeBodiless(status int) bool {
	if x.r.Method != http.MethodHead && respwriter.BodyAllowed(status) {
		return false
	}
	x.w.WriteHeader(status)
	return true
}

// drain waits for the end of a response whose client already has all that it gets. If the
// request that started the run left, the run would be cancelled, and the page would never be
// stored. drain ends when the response turns out not to be stored: the run then goes on only
// if other clients read it.
func (x *requestFlow) drain(ctx context.Context, reader *stream.Reader, err error) {
	reader.Drain()
	for err == nil {
		_, _, err = reader.Next(ctx)
	}
	if x.sawEnd = errors.Is(err, io.EOF); !x.sawEnd {
		x.endSubscription()
	}
}

// copyStream sends the parts of a body until one fails, or there are no more.
func copyStream(ctx context.Context, reader *stream.Reader, w http.ResponseWriter, part []byte, flushed bool, err error) error {
	for err == nil {
		if _, err := w.Write(part); err != nil {
			return err
		}
		if flushed {
			respwriter.Flush(w)
		}
		part, flushed, err = reader.Next(ctx)
	}
	return err
}

// answersCondition answers with 304 or 412 if the client's conditions ask for
// it, and reports whether it did. The header is set.
func (x *requestFlow) answersCondition(v rfc9111.Validators, status int) bool {
	if status != http.StatusOK || !x.Fields.Has(policy.KindConditional) {
		return false
	}
	switch x.h.conditions(x.r, &v) {
	case rfc9111.OutcomeNotModified:
		writeNotModified(x.w, v.ETag != "")
		return true
	case rfc9111.OutcomePreconditionFailed:
		writePreconditionFailed(x.w)
		return true
	}
	return false
}
