package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/stream"
)

// What becomes of a run when the handler has returned.

// forOne is what a run is to the cache whose response is not for others.
var forOne = cache.Loaded{Private: true}

// errAbandoned is the error of a run that was stopped before it had an answer, as its
// client's time was over. Those who waited for it start another.
var errAbandoned = errors.New("larder: the run was abandoned")

// finish decides what is stored, and what those get who wait.
func (u *run) finish() (cache.Loaded, error) {
	if u.isStopped.Load() {
		u.direct = true // however the handler has taken that
		return forOne, nil
	}
	if u.ctx.Err() != nil && u.live != nil && u.live.body.IsOver() && u.reason == reason.None {
		u.noteOverlong() // whatever was still to come
	}
	if base := u.fallback(); base != nil && u.failed() && u.live == nil && !u.recorder.isDirect() {
		return u.fallBack(base)
	}
	if u.panicked {
		panic(u.panicValue) // an error for all who wait; the one who started the run raises it again
	}
	var whole bool
	u.response, whole = u.recorder.response()
	if err := u.ctx.Err(); err != nil {
		// The handler may have stopped half-way. What it has answered is for its client.
		u.direct, u.complete, u.validated = !whole, whole && u.live == nil && u.response.status != 0, false
		if u.reason == reason.None {
			u.reason, u.page = reason.Left, nil
		}
		return cache.Loaded{}, fmt.Errorf("%w: %w", errAbandoned, err)
	}
	switch {
	case !whole:
		u.direct = true
		return forOne, nil
	case u.live != nil:
		return u.finishStream()
	}
	u.complete = true
	return u.finishWhole()
}

// finishStream is finish for a response that was handed on as it came.
func (u *run) finishStream() (cache.Loaded, error) {
	if u.response.truncated {
		return forOne, nil
	}
	if why := u.review(); why != reason.None || u.page == nil {
		u.reason = cmp.Or(u.reason, why)
		u.release()
		u.live.body.Expel()
		u.live.body.Finish(nil)
		return forOne, nil
	}
	u.live.body.Finish(nil)
	entry, whole := u.live.whole(u.x.h.Policy)
	if !whole {
		u.noteOverlong()
		return forOne, nil
	}
	return u.keep(entry), nil
}

// finishWhole is finish for a response that was held back until its end.
func (u *run) finishWhole() (cache.Loaded, error) {
	switch {
	case u.page == nil:
		u.isPutBack = u.putsBack()
		return forOne, nil
	case u.validated:
		return u.keep(u.page), nil
	case u.response.truncated:
		u.reason, u.page = reason.Truncated, nil
		return forOne, nil
	}
	u.page.Complete(u.response.body, u.x.h.Policy)
	if !u.sendWhole() {
		return forOne, nil
	}
	return u.keep(u.page), nil
}

// keep returns what is stored of a page.
func (u *run) keep(entry *page.Page) cache.Loaded {
	switch {
	case u.reason != reason.None:
		return forOne
	case u.inside.hasInner(): // since the header was written
		u.reason = reason.Nested
		u.remember()
		u.release()
		return forOne
	case entry.Received.Sub(entry.Requested) > policy.MaxRun || time.Since(entry.Received) > policy.MaxRun:
		u.reason = reason.Slow
		u.release()
		return forOne
	}
	stored, ttl := u.x.stored(u.ctx, entry, u.at)
	replacesIndex := u.at.depth < u.x.depth
	switch {
	case stored != nil && replacesIndex:
		u.storedForValidation = u.x.replaceIndex(u.ctx, u.x.steps[u.at.depth], stored, ttl)
	case stored != nil && u.isReleased():
		u.storedForValidation = u.storeForValidation(stored, ttl)
	}
	switch {
	case u.isReleased():
		return forOne
	case stored == nil, replacesIndex:
		return cache.Loaded{Value: entry, NoStore: true}
	}
	return cache.Loaded{Value: stored, Timeout: cache.After(ttl)}
}

// fallBack gives everyone an old page instead of a failure.
func (u *run) fallBack(base *page.Page) (cache.Loaded, error) {
	u.stale, u.reason = base, reason.StaleIfError
	u.loading.Publish(&live{loading: u.loading, tombstone: u.tombstone, page: base, stale: reason.StaleIfError})
	// Who comes at this very moment does not accept it, and tries once more.
	return cache.Loaded{Value: base, NoStore: true}, nil
}

// abortStream breaks the response off that others are reading, unless it has come
// to its end. Before they can know, nobody joins the run any more.
func (u *run) abortStream() {
	if u.live == nil {
		return
	}
	if ended, _ := u.live.body.HasEnded(); ended {
		return
	}
	u.release()
	u.live.body.Finish(stream.ErrAborted)
}

// remember notes that the page was not to be stored, if the next who asks in the same
// signature will probably fare the same, see [requestFlow.memoryKey]. A handler that fails now
// may succeed then.
func (u *run) remember() {
	if u.ctx.Err() == nil {
		u.rememberStatus()
	}
}

// rememberStatus is remember for a run that may be cancelled.
func (u *run) rememberStatus() {
	isLasting := u.status < http.StatusBadRequest || u.status == http.StatusNotFound || u.status == http.StatusGone
	if isLasting && u.reason.IsLasting() {
		u.x.rememberSelectors(u.vary)
		u.x.h.uncacheable.remember(u.x.memoryKey(), u.reason)
	}
}

// noteOverlong is called if a stream was not kept to its end. Those who were interested
// may have left because of that.
func (u *run) noteOverlong() {
	u.reason, u.page = reason.TooLarge, nil
	if u.live.body.WasRefused() {
		u.reason = reason.InFlight
	}
	u.rememberStatus()
	u.release()
	u.x.removeBase(context.WithoutCancel(u.ctx))
}
