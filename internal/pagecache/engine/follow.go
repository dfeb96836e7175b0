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

// How a client gets a response that the handler is still writing.

// Receive implements [fill.Subscriber].
func (x *requestFlow) Receive(value any, leave func()) { x.attended, x.leaveRun = value.(*live), leave }

// follow answers with the response of another request's run, or goes on looking
// if that is of another variant. It reports whether the request is answered.
func (x *requestFlow) follow(outcome cache.Outcome) (answered bool) {
	l := x.attended
	x.attended = nil
	defer x.endAttendance()
	switch {
	case x.isPurgedSince(l):
		l.loading.Forget() // who comes from now on waits for a run that begins now
		return false
	case x.isPurged(l.page):
		x.pass(x.forward(), reason.Purged)
		return true
	case l.stale != reason.None:
		if !bytes.Equal(l.page.Key, x.canonical) || x.unusable(l.page) != reason.None {
			x.pass(x.forward(), reason.NotShared)
			return true
		}
		x.sendStale(l.page, 0, l.stale)
		return true
	case l.at.depth > x.depth || !bytes.Equal(l.page.Key, x.keyAt(l.at)):
		return x.regroup(l)
	}
	if why := x.unusable(l.page); why != reason.None {
		x.pass(forwardBypass, why)
		return true
	}
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

// isPurgedSince reports whether this request has found that the page was invalidated, by
// whatever process, after the run of l had begun: the run would have found the same
// tombstone. Clocks of several machines would not tell.
func (x *requestFlow) isPurgedSince(l *live) bool {
	return x.tombstone != nil && (l.tombstone == nil || l.tombstone.ID != x.tombstone.ID)
}

// isPurged reports whether a response was begun before a purge that this request
// came after.
func (x *requestFlow) isPurged(p *page.Page) bool {
	how, _ := x.purgeList().Known.Load().Find(x.h.KeyPrefix, x.Target, p.Requested)
	return how != purge.NotPurged
}

// endAttendance ends the interest in a run, unless its response was seen to its
// end: then it is about to be stored, and must not be taken for abandoned.
func (x *requestFlow) endAttendance() {
	if x.leaveRun != nil && !x.sawEnd {
		x.leaveRun()
	}
	x.leaveRun, x.sawEnd = nil, false
}

// regroup goes on with the variant that this request wants of a URL that has
// just turned out to vary.
func (x *requestFlow) regroup(l *live) (answered bool) {
	if l.at.index == nil || l.at.depth > x.depth || !bytes.HasPrefix(l.page.Key, x.indexKey(l.at.depth)) {
		// There is no other place to look: it is that of this variant, too.
		x.pass(x.forward(), reason.NotShared)
		return true
	}
	x.backTo(l.at.depth)
	x.selectVariant(l.at.index, nil)
	return false
}

// sendLive sends a response as it comes. If there is nothing to be had of it, it
// reports false and has sent nothing.
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
		panic(http.ErrAbortHandler) // so that nobody takes it for the whole
	}
	respwriter.AddTrailers(header, l.header, l.trailers)
	return true
}

// writeBodiless writes the header of a response of which this client gets
// nothing else, and reports whether it is one.
func (x *requestFlow) writeBodiless(status int) bool {
	if x.r.Method != http.MethodHead && respwriter.BodyAllowed(status) {
		return false
	}
	x.w.WriteHeader(status)
	return true
}

// drain waits for the end of a response whose client has all that it gets. If it has
// started the run and left, the run would end with nobody interested, and the page
// would never be stored. A response that turns out not to be stored is for others, if
// there are any; without them the run ends, before the handler can write more for nobody.
func (x *requestFlow) drain(ctx context.Context, reader *stream.Reader, err error) {
	reader.Drain()
	for err == nil {
		_, _, err = reader.Next(ctx)
	}
	if x.sawEnd = errors.Is(err, io.EOF); !x.sawEnd {
		x.endAttendance()
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
