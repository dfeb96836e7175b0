package engine

import (
	"net/http"
	"slices"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/pagecache/stream"
)

// How a run sends its response to the client that started it, while the handler runs or
// before others may have it.

// stream starts to publish the response of w, with the body so far. It returns nil if the
// response is for the client alone, which then gets it directly.
func (u *run) stream(w *recorder, begun []byte) *stream.Stream {
	if u.page == nil {
		return nil
	}
	u.page.Flatten()
	if !u.sendHead(w) {
		return nil
	}
	u.live = &live{loading: u.loading, tombstone: u.tombstone, page: u.page, header: w.sent, at: u.at, body: stream.New(begun, w.limit, u.inFlight)}
	if w.client != nil {
		// Before more is written: the stream waits for the client that started the run.
		u.reader, _ = u.live.body.Join(true)
		u.reader.TakesTurns = !u.recorder.bodiless && !isServersOwn(u.x.w)
	}
	if u.x.runsInline {
		u.sendAside()
	} else {
		close(u.streaming)
	}
	if !u.isReleased() {
		u.loading.Publish(u.live)
	}
	return u.live.body
}

// goDirect is called when a response goes directly to the client.
func (u *run) goDirect(why reason.Reason) {
	if u.reason == reason.None {
		u.reason = why
	}
	u.page = nil
	u.remember()
	u.release()
	if u.isClientGone() {
		u.cancel()
	}
}

// sendHead sends the status and header of a response that is going to be streamed, and
// then reads the outer header again. It reports false if the response turns out to be
// for that client alone. The lock of the recorder is held.
func (u *run) sendHead(w *recorder) (shared bool) {
	x := u.x
	if w.client == nil {
		return true
	}
	if why := u.review(); why != reason.None {
		u.keepPrivate(why)
		return false
	}
	stored, detail := u.expectedFate()
	header, said := w.client.Header(), forwarded{why: x.forward(), status: u.status, stored: stored, detail: detail}
	if x.awaitsWhole(u.page) {
		u.held = &said
		u.findSlot()
		return true
	}
	setStatus(header, u.page.CacheStatus, said)
	w.edits.ApplyTo(header)
	out := outgoing{Header: header}
	out.setClientHeaders(x.h, u.page)
	sniff(header, w.held)
	u.outer.known = respwriter.Canonical(header)
	w.headSent = true
	w.bodiless = x.answersCondition(u.page.Validators, u.page.Status) || x.writeBodiless(u.page.Status)
	switch x.part = x.ownPart(u.page); {
	case w.bodiless:
		respwriter.Flush(w.client) // the client has all of its response
	case x.part != nil:
		setPart(header, x.part)
		w.client.WriteHeader(http.StatusPartialContent)
	default:
		w.client.WriteHeader(w.status)
	}
	if why := u.review(); why != reason.None {
		u.keepPrivate(why)
		return false
	}
	u.findSlot()
	return true
}

// sendWhole sends a response that was held back, if its client's ResponseWriter may add
// something, before the response is stored or given to other clients. It reports false if
// the response turns out to be for that client alone.
func (u *run) sendWhole() (shared bool) {
	x := u.x
	if x.w == nil {
		return true
	}
	why := u.review()
	if why == reason.None && !isServersOwn(x.w) {
		stored, detail := u.expectedFate()
		u.ending = endedSent{whole: true}
		validators := x.setRun(u, forwarded{why: x.forward(), status: u.response.status, stored: stored, detail: detail})
		u.outer.known = respwriter.Canonical(x.w.Header())
		x.h.sendBody(x.w, x.r, x.Fields, u.response, &validators)
		why = u.review()
	}
	if why != reason.None {
		u.keepPrivate(why)
		return false
	}
	u.findSlot()
	return true
}

// sniff gives a response without a Content-Type the one that the server would detect.
// Compressing middleware does that at the first write, but not if the status was written
// before.
func sniff(header http.Header, begun []byte) {
	if _, set := header["Content-Type"]; !set && len(begun) > 0 && header["Content-Encoding"] == nil {
		header["Content-Type"] = []string{http.DetectContentType(begun)}
	}
}

// keepPrivate makes the response one for the client that started the run.
func (u *run) keepPrivate(why reason.Reason) {
	u.reason, u.page = why, nil
	u.remember()
	u.release()
}

// failLate is called if the handler says, when its response has begun, that it has
// failed. If nothing of it was sent, a stale page may be sent instead.
func (u *run) failLate(status int) {
	if before := u.status; u.live == nil {
		if u.status = status; u.mayFallBack() {
			return
		}
		u.status = before
	}
	if u.reason == reason.None {
		u.reason = reason.HandlerError
	}
	u.page = nil
	u.release()
}

// isClientGone reports whether the request that started the run is over, or there was
// none.
func (u *run) isClientGone() bool {
	x := u.x
	return x.w == nil || x.left.Load() || x.runsInline && x.r.Context().Err() != nil
}

// findSlot finds out under which key the page is stored: by the fields that it varies on.
func (u *run) findSlot() {
	seen := len(u.outer.vary)
	if u.outer.encodes {
		seen++
	}
	if u.page == nil || u.page.Key != nil && seen == u.placed {
		return
	}
	u.placed = seen
	u.findSlotBy(append(slices.Clip(u.page.Vary), u.outer.vary...))
}

// findSlotBy is findSlot for a page that varies on these fields.
func (u *run) findSlotBy(vary []string) {
	names := append(policy.SelectingNames(vary), u.unseenSelectors()...)
	u.at = u.x.destinationOf(names)
	u.page.Key = u.x.keyAt(u.at)
}

// unseenSelectors are the known selecting fields that outer middleware may have added to
// Vary, and adds again when it sends the response unchanged. They are unseen if the response
// is not sent (a refresh, a validation), if the client gets a 304 or a part, or if a content
// coding is applied by outer middleware, which is not the page's. Whether the other known
// fields still select is up to the response.
func (u *run) unseenSelectors() []string {
	known := u.x.selectors(u.x.depth)
	isShown := u.x.w != nil && !u.validated && u.x.showsVary()
	switch {
	case isShown && u.outer.encodes && slices.Contains(known, "Accept-Encoding"):
		return []string{"Accept-Encoding"}
	case isShown:
		return nil
	case u.x.base != nil:
		return policy.Without(known, u.x.base.Vary)
	}
	return known
}

// showsVary reports whether outer middleware has had the chance to add to Vary, once the
// client of x has its response.
func (x *requestFlow) showsVary() bool {
	return isServersOwn(x.w) || x.r.Method == http.MethodGet && !x.Fields.Has(policy.KindConditional)
}

// yield leaves the answer to the handler, which has written to another ResponseWriter, or to
// outer middleware, or to the server; mu is held.
func (w *recorder) yield(why reason.Reason) {
	w.mode = modeHijacked
	if w.run.reason = why; why == reason.NoResponse {
		w.run.remember() // an error is of one run
	}
	w.run.release()
	if w.client != nil {
		header := w.client.Header()
		e := respwriter.EditsOf(w.run.outer.before, respwriter.Canonical(w.header))
		setStatus(header, e.Own["Cache-Status"], forwarded{why: w.run.x.forward(), detail: why})
		e.ApplyTo(header)
		w.client = nil
	}
}
