package middleware

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/uri"
)

// purged is how a page was invalidated.
type purged uint8

const (
	notPurged  purged = iota
	purgedSoft        // it is stale, and may be served while it is made anew
	purgedHard        // it is gone
)

// tombstoneTTL is for how long a tombstone keeps runs that began before it from
// storing. They may take maxRun, and then some to store.
const tombstoneTTL = maxRun + time.Minute

// Purge invalidates the page of a URL, in all its variants, for HEAD as for GET,
// and for those with credentials too: the next request for it runs the handler.
// A run that has begun before, in this process or another one with the same
// store, does not store its response. opts are those of the cache that has the
// page: [Alias], [KeyPrefix], and what it says of the query.
//
// The URL is absolute, with the scheme and host by which clients know the page. All
// spellings that are equivalent by RFC 3986, section 6.2.2, and RFC 9110, section 4.2.3,
// are one URL, and people's own are understood: https://example.org/café.
// When Purge returns nil, no request that comes later is answered with the old
// page. An error of the store is returned whatever the alias's on_error says: the page
// may still be there.
func Purge(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(opts, func(p *policy) error { return p.purgeURL(ctx, url, purgedHard) })
}

// PurgeSoft is Purge for a page that may be served for a while longer, while the
// handler makes it anew in the background: for the time that its response or
// [Grace] allows for that, or else for a minute.
func PurgeSoft(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(opts, func(p *policy) error { return p.purgeURL(ctx, url, purgedSoft) })
}

// PurgePrefix is Purge for all pages whose URL is the given one or beneath it:
// "https://example.org/shop" is about /shop, /shop?page=2 and /shop/hats, and not
// about /shopping. A query in the prefix is an error.
//
// The purge takes effect at once in this process, and in others with the same
// store within a second. It is by the clocks of the processes: what a run has
// begun to make before the purge is gone.
func PurgePrefix(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(opts, func(p *policy) error { return p.purgePrefix(ctx, url, purgedHard) })
}

// PurgePrefixSoft is PurgePrefix as PurgeSoft is Purge.
func PurgePrefixSoft(ctx context.Context, url string, opts ...PageOption) error {
	return purgeWith(opts, func(p *policy) error { return p.purgePrefix(ctx, url, purgedSoft) })
}

// errPurgeURL is the error for a URL that is not that of a page.
var errPurgeURL = errors.New("larder: not the URL of a page")

// purgeWith calls purge for a policy with these options, unless they are wrong. The kind
// of cache makes no difference to a key.
func purgeWith(opts []PageOption, purge func(*policy) error) error {
	p, err := newAnyPolicy(opts)
	if err != nil {
		return err
	}
	return purge(p)
}

func (p *policy) purgeURL(ctx context.Context, text string, how purged) error {
	t, err := p.parseTarget(text)
	if err != nil {
		return err
	}
	return p.purge(ctx, t, how)
}

// parseTarget returns the target of requests for a URL as people write it.
func (p *policy) parseTarget(text string) (target, error) {
	u, err := uri.Parse(text)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", errPurgeURL, err)
	}
	return newTarget(u.Scheme, u.Host, u.Path, p.query.apply(u.Query)), nil
}

// purgedPages is the view of pages for purges: they ask the store, whatever it did a
// moment ago, and return its errors, whatever the alias's on_error says.
var purgedPages = cache.For[*page](nil, cache.Native, cache.Using(pageCodec{}), cache.Quiet, cache.FailClosed)

// purging lets one purge of a page begin when another is done: a soft one writes
// what it has read, and must not undo a hard one that came between. Between
// processes nothing stops that.
var purging = func() (turns [64]chan struct{}) {
	for i := range turns {
		turns[i] = make(chan struct{}, 1)
	}
	return turns
}()

// purge invalidates the pages of a target, whatever kind of client they are for and
// however the URL was spelled. Everything is tried, whatever fails.
func (p *policy) purge(ctx context.Context, t target, how purged) error {
	turn := purging[maphash.String(memorySeed, t.String())%uint64(len(purging))]
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c := purgedPages.Over(cache.From(ctx, p.alias))
	tombstones := make(map[string]*page, clientKinds)
	for kind := range clientKinds {
		primary := p.appendPrimary(nil, kind, t, nil)
		tombstones[pageKey(primary)] = newTombstone(primary)
	}
	if how == purgedSoft {
		if err := purgeSoftly(ctx, c, tombstones); err != nil {
			return err
		}
	}
	// A run in another process, which has found nothing there and stores with Add, or
	// something and replaces that, will find the tombstone.
	_, err := c.SetMany(ctx, tombstones, cache.After(tombstoneTTL))
	return err
}

// purgeSoftly declares the pages stale that are stored under the keys of tombstones, and
// takes these keys out.
func purgeSoftly(ctx context.Context, c cache.View[*page], tombstones map[string]*page) error {
	stored, err := c.GetMany(ctx, slices.Collect(maps.Keys(tombstones)))
	errs := []error{err}
	now := time.Now()
	for key, found := range stored {
		if found.isOf(tombstones[key].key) {
			delete(tombstones, key)
			errs = append(errs, c.Set(ctx, key, found.purgedSoftly(now), cache.After(softTTL(found, now))))
		}
	}
	return errors.Join(errs...)
}

// isOf reports whether the entry is a page of the URL with this primary key, or leads
// to such.
func (p *page) isOf(primary []byte) bool {
	return !p.tombstone && p.purges == nil && bytes.HasPrefix(p.key, primary)
}

// purgedSoftly returns the entry as it is once it was declared stale.
func (p *page) purgedSoftly(now time.Time) *page {
	if p.index == nil {
		return p.soft(now)
	}
	index := *p.index
	index.softened = now
	return &page{key: p.key, index: &index, requested: p.requested, received: p.received}
}

// softTTL is for how long an entry is kept that was declared stale.
func softTTL(p *page, now time.Time) time.Duration {
	if p.index != nil {
		return minIndexTTL
	}
	f := softened(p.fresh, p.age(now))
	return max(f.Lifetime-p.age(now)+max(f.StaleWhileRevalidate, f.StaleIfError), softWindow)
}

func (p *policy) purgePrefix(ctx context.Context, text string, how purged) error {
	t, err := p.parseTarget(text)
	if err != nil {
		return err
	}
	if t.query != "" {
		return fmt.Errorf("%w: %q has a query; a prefix ends with the path", errPurgeURL, text)
	}
	return p.purgeBeneath(ctx, t, how)
}

// purgeBeneath invalidates the pages of a target and of all beneath it.
func (p *policy) purgeBeneath(ctx context.Context, t target, how purged) error {
	return p.addRule(ctx, purgeRule{
		keyPrefix: p.keyPrefix,
		scheme:    t.scheme,
		host:      t.host,
		path:      strings.TrimSuffix(t.path, "/"),
		at:        time.Now(),
		soft:      how == purgedSoft,
	})
}
