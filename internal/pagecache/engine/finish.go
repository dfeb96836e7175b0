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

// The end of a run, after the handler has returned.

// forOne is the value of a load whose response is for one client only.
var forOne = cache.Loaded{Private: true}

// errAbandoned is the error of a run that was stopped before it had an answer, because its
// client's deadline was over. The waiting requests start another run.
var errAbandoned = errors.New("larder: the run was abandoned")

// finish decides what is stored and what the waiting requests get.
func (u *run) finish() (cache.Loaded, error) {
	if u.stopped.Load() != notStopped {
		return forOne, nil // whether the handler has returned normally or not
	}
	if u.ctx.Err() != nil && u.live != nil && u.live.body.IsOver() && u.reason == reason.None {
		u.noteOverlong() // whatever was still to come
	}
	if base := u.fallback(); base != nil && u.hasFailed() && u.live == nil && !u.recorder.isDirect() {
		return u.fallBack(base)
	}
	if value, panicked := u.panicValue(); panicked {
		panic(value) // an error for waiting requests; the one that started the run panics again
	}
	u.loading.Keep() // its client may leave before the response is stored
	var whole bool
	u.response, whole = u.recorder.response()
	if err := u.ctx.Err(); err != nil {
		// The handler may have stopped half-way. Its response is for its own client only.
		switch {
		case !whole:
			u.ending = endedSent{}
		case u.live == nil && u.response.status != 0:
			u.ending = endedComplete{}
		}
		if u.reason == reason.None {
			u.reason, u.page = reason.Left, nil
		}
		return cache.Loaded{}, fmt.Errorf("%w: %w", errAbandoned, err)
	}
	switch {
	case !whole:
		u.ending = endedSent{}
		return forOne, nil
	case u.live != nil:
		return u.finishStream()
	}
	return u.finishWhole()
}

// finishStream is finish for a response that was streamed.
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
	u.ending = endedComplete{}
	switch {
	case u.page == nil && u.putsBack():
		u.ending = endedForAnother{}
		return forOne, nil
	case u.page == nil:
		return forOne, nil
	case u.validated:
		u.ending = endedConfirmed{}
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
	u.storedAs = u.x.memoryKey()
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

// fallBack gives all waiting requests a stale page instead of a failure.
func (u *run) fallBack(base *page.Page) (cache.Loaded, error) {
	u.ending, u.reason = endedStale{base}, reason.StaleIfError
	u.loading.Publish(&live{loading: u.loading, tombstone: u.tombstone, page: base, stale: reason.StaleIfError})
	// A request that arrives at this moment does not accept the page, and tries again.
	return cache.Loaded{Value: base, NoStore: true}, nil
}

// abortStream breaks off a response that others are reading, unless it is complete. Before
// they see that, no request can join the run any more.
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

// remember adds the page to the negative cache if the next request with the same signature
// will probably have the same result, see [requestFlow.memoryKey]. That is not so for
// failures: the handler may succeed then.
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

// noteOverlong is called if a stream was not kept to its end. Subscribers may have left
// because of that.
func (u *run) noteOverlong() {
	u.reason, u.page = reason.TooLarge, nil
	if u.live.body.WasRefused() {
		u.reason = reason.InFlight
	}
	u.rememberStatus()
	u.release()
	u.x.removeBase(context.WithoutCancel(u.ctx))
}
