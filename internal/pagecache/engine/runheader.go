package engine

import (
	"errors"
	"net/http"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// What a run decides when its handler has written the header: whether the response may be
// stored and given to others, confirms a page, or may be replaced by a stale one.

// isValidating reports whether the handler was asked if a page still holds.
func (u *run) isValidating() bool { return u.asked != nil }

// isConfirmation reports whether a response with this status confirms the page that is being
// validated, and is not one for a client.
func (u *run) isConfirmation(status int) bool {
	return status == http.StatusNotModified && u.isValidating()
}

// unconfirm is called if the handler has failed after it confirmed a page.
func (u *run) unconfirm() { u.page, u.reason, u.validated = nil, reason.None, false }

// begun decides, when the header of a response is written, whether the response is streamed,
// sent directly, or validates a page. It is called once, before any of it is sent.
func (u *run) begun(status int, e *respwriter.Edits) {
	x, now := u.x, time.Now()
	header := e.Upon(u.outerNow())
	u.vary = header["Vary"]
	switch {
	case u.isConfirmation(status):
		u.freshen(e, now)
		return
	case u.mayFallBack():
		return // decided at the end
	}
	u.reason = u.review()
	if u.reason == reason.None {
		u.reason = u.unstorable(status, header, now)
	}
	loop := x.redirectsToItself(status, header)
	if loop != noLoop {
		u.noteLoop()
	}
	if u.reason != reason.None {
		if u.reason != reason.Loop || loop == loopForAll {
			u.remember()
		}
		u.release()
		return
	}
	entry := page.New(nil, status, e, header, u.requested, now, x.h.Policy)
	u.inside.limit(&entry.Fresh, status, header, now, entry.Initial)
	u.page = entry
	u.findSlot()
	if entry.IsStaleAtBirth() {
		// It may be stored, but not used for another request without asking.
		x.h.uncacheable.rememberStale(x.memoryKey())
		u.release()
		return
	}
	x.h.uncacheable.forget(x.memoryKey())
}

// noteLoop is called if the response redirects the request to itself.
func (u *run) noteLoop() {
	if u.reason == reason.None || u.reason == reason.Status {
		u.reason = reason.Loop
	}
	if hidden := u.x.hiddenOfURL(); u.x.w != nil && len(hidden) > 0 {
		u.isLoop = true
		u.x.h.warnOfLoop(u.ctx, u.x.r, hidden)
	}
}

// freshen makes the page that was validated what the 304 says.
func (u *run) freshen(e *respwriter.Edits, now time.Time) {
	x := u.x
	if len(rfc9111.Selected(rfc9111.ValidatorsOf(e.Own, now), []rfc9111.Validators{u.asked.Validators})) == 0 {
		return
	}
	u.page = u.asked.Freshened(e.Own, u.requested, now, x.h.Policy)
	u.validated = true
	u.reason = u.unstorable(u.page.Status, u.page.Header(), now)
	if u.reason != reason.None || u.page.IsStaleAtBirth() {
		u.release()
	} else {
		x.h.uncacheable.forget(x.memoryKey())
	}
	u.findSlotBy(u.page.Vary) // which the 304 may have changed
}

// mayFallBack reports whether the response that has begun may be replaced by a stale page.
func (u *run) mayFallBack() bool { return isFailure(u.status) && u.fallback() != nil }

// hasFailed reports whether a run that has ended is a failure, see [isFailure].
func (u *run) hasFailed() bool {
	_, panicked := u.panicValue()
	return panicked || isFailure(u.status)
}

// fallback is the stale page that may be sent instead of a failure, or nil.
func (u *run) fallback() *page.Page {
	base := u.x.base
	if base == nil || !base.Fresh.AllowsOnError(base.Age(time.Now()), &u.x.Directives) {
		return nil
	}
	return base
}

// fate is what Cache-Status says about a response before its end: whether it is going to be
// stored, and if not, why. storeErr is the error of the store so far.
func (u *run) fate(storeErr error) (stored bool, detail reason.Reason) {
	switch {
	case u.reason != reason.None:
		return false, u.reason
	case errors.Is(storeErr, cache.ErrTooLarge):
		return false, reason.StoreRefused
	case storeErr != nil:
		return false, storeReason(storeErr)
	}
	return true, reason.None
}

// expectedFate is fate before the response is stored. If the store rejected the last one, it
// is expected to reject this one, too.
func (u *run) expectedFate() (stored bool, detail reason.Reason) {
	stored, detail = u.fate(u.x.lookUpErr)
	if why := u.x.h.rejected.lastReason(u.x.memoryKey()); stored && why != reason.None {
		return false, why
	}
	return stored, detail
}

// release ends the waiting of other requests for a response that is not for them, as soon as
// that is known.
func (u *run) release() {
	u.released.Store(true)
	u.loading.Release()
	u.removeUnsuitable()
}

func (u *run) isReleased() bool { return u.released.Load() }

// isUnwanted reports whether a response for one client is of no use, because that has left.
// A response of a background run may be of use to the cache.
func (u *run) isUnwanted() bool { return u.isReleased() && (u.page == nil || u.x.w != nil) }
