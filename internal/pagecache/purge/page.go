package purge

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
)

// How is how a page was invalidated.
type How uint8

const (
	NotPurged How = iota
	Soft          // it is stale, and may be served while it is refreshed
	Hard          // it is gone
)

// TombstoneTTL is for how long a tombstone keeps runs that began before it from
// storing. A run may take [policy.MaxRun], and its response some time more to be stored.
const TombstoneTTL = policy.MaxRun + time.Minute

// purgedPages is the view of pages for purges: they ask the store, whatever it did a
// moment ago, and return its errors, whatever the alias's on_error says.
var purgedPages = cache.For[page.Entry](nil, cache.Native, cache.Using(page.Codec{}), hooks.Cache.Quiet(), cache.FailClosed)

// purging lets one purge of a page begin when another is done: a soft one writes
// what it has read, and must not undo a hard one that came between. Between
// processes nothing stops that.
var purging = func() (turns [64]chan struct{}) {
	for i := range turns {
		turns[i] = make(chan struct{}, 1)
	}
	return turns
}()

// purgeTarget invalidates the pages of a target, whatever kind of client they are for and
// however the URL was spelled. Everything is tried, whatever fails. It completes the
// result.
func purgeTarget(ctx context.Context, p *policy.Policy, o Order, count counting, result Result) (Result, error) {
	turn := purging[maphash.String(page.KeySeed, result.URL)%uint64(len(purging))]
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return result, ctx.Err()
	}
	tombstones := make(map[string]page.Entry, policy.ClientKinds)
	for kind := range policy.ClientKinds {
		primary := p.AppendPrimary(nil, kind, o.Target, nil)
		tombstones[page.Key(primary)] = page.NewTombstone(primary)
		result.Keys = append(result.Keys, page.Key(primary))
	}
	c := purgedPages.Over(cache.From(ctx, p.Alias))
	if !o.Soft && count == Uncounted {
		return result, invalidate(ctx, c, tombstones, nil)
	}
	stored, err := storedPages(ctx, c, tombstones)
	result.Entries, result.Counted = len(stored), err == nil
	switch {
	case !o.Soft:
		return result, errors.Join(err, invalidate(ctx, c, tombstones, nil))
	case err != nil:
		return result, err // a page that could not be read would be gone, not stale
	}
	return result, invalidate(ctx, c, tombstones, stored)
}

// storedPages returns what is stored under the keys of tombstones: pages, and indexes
// that lead to such.
func storedPages(ctx context.Context, c cache.View[page.Entry], tombstones map[string]page.Entry) (map[string]page.Entry, error) {
	stored, err := c.GetMany(ctx, slices.Collect(maps.Keys(tombstones)))
	maps.DeleteFunc(stored, func(key string, entry page.Entry) bool {
		switch entry.(type) {
		case *page.Page, *page.Index:
			return !bytes.HasPrefix(entry.Canonical(), tombstones[key].Canonical())
		}
		return true
	})
	return stored, err
}

// invalidate declares the entries of stale to be that, and leaves tombstones under the
// other keys, instead of nothing, too: a run in another process, which has found nothing
// there and stores with Add, or something and replaces that, will find one.
func invalidate(ctx context.Context, c cache.View[page.Entry], tombstones, stale map[string]page.Entry) error {
	var errs []error
	now := time.Now()
	for key, entry := range stale {
		delete(tombstones, key)
		marked, keep := softly(entry, now)
		errs = append(errs, c.Set(ctx, key, marked, cache.After(keep)))
	}
	_, err := c.SetMany(ctx, tombstones, cache.After(TombstoneTTL))
	return errors.Join(append(errs, err)...)
}

// softly returns a page or an index as it is once it was declared stale, and for how long it
// is kept.
func softly(entry page.Entry, now time.Time) (marked page.Entry, keep time.Duration) {
	if index, ok := entry.(*page.Index); ok {
		return index.PurgedSoftly(now), page.MinIndexTTL
	}
	p := entry.(*page.Page)
	f := page.MarkedStale(p.Fresh, p.Age(now))
	return p.PurgedSoftly(now), max(f.Lifetime-p.Age(now)+max(f.StaleWhileRevalidate, f.StaleIfError), page.SoftWindow)
}
