package engine

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/fill"
	"github.com/larder-go/larder/internal/pagecache/page"
)

// forValidation stores an entry after its flight has finished without one: the response was
// only for the client that started the run, but may be kept to be validated. Anything that
// was stored or invalidated since the run began stays.
type forValidation struct {
	entry page.Entry
	ttl   time.Duration
	began time.Time // the run

	found  page.Entry
	stored bool
}

var (
	_ fill.ReuseChecker = (*forValidation)(nil)
	_ fill.Subscriber   = (*forValidation)(nil)
)

// storeForValidation reports whether it has stored the entry.
func (u *run) storeForValidation(entry page.Entry, ttl time.Duration) bool {
	a := &forValidation{entry: entry, ttl: ttl, began: u.requested.Truncate(time.Millisecond)} // as in stores of bytes
	outcome, err := u.x.cache(u.ctx).Fill(u.ctx, u.x.key, &a.found, a)
	if err != nil {
		u.x.h.logStoreError(u.ctx, err)
	}
	return a.stored && outcome.Stored
}

// MayReuse implements [fill.ReuseChecker]: what is newer than the run stays.
func (a *forValidation) MayReuse() bool { return !a.found.Begun().Before(a.began) }

// Load implements [cache.Loader].
func (a *forValidation) Load(context.Context) (cache.Loaded, error) {
	a.stored = true
	return cache.Loaded{Value: a.entry, Timeout: cache.After(a.ttl)}, nil
}

// Join implements [fill.Subscriber]: nothing is worth waiting for another's run, which
// began later.
func (a *forValidation) Join() fill.JoinOptions { return fill.JoinOptions{Alone: true} }

// Receive implements [fill.Subscriber]: a load that is alone publishes nothing.
func (a *forValidation) Receive(_ any, leave func()) { leave() }
