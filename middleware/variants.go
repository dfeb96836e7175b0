package middleware

import (
	"bytes"
	"context"
	"crypto/rand"

	"slices"
	"time"

	"github.com/larder-go/larder/cache"
)

// variants is what is stored for a URL whose responses vary: the names of the
// selecting fields, and a random part of the variants' keys, so that forgetting
// the index forgets them all.
type variants struct {
	generation string
	names      []string
}

// minIndexTTL is how long an index lives at least. It may well outlive its
// variants; it holds no response.
const minIndexTTL = 24 * time.Hour

func (p *policy) indexTTL() time.Duration { return max(p.ttl, minIndexTTL) }

// newIndex returns an index for the page, whatever variant x is at.
func (x *exchange) newIndex(names []string, now time.Time) *page {
	slices.Sort(names)
	return &page{
		key:     bytes.Clone(x.canonical[:x.primaryLen]),
		index:   &variants{generation: rand.Text(), names: names},
		stored:  now,
		expires: now.Add(x.h.indexTTL()),
	}
}

// storeVariant stores the first variant of a page, and returns the index by
// which others find it. The variant comes first, so that whoever gets the index
// finds it there; and if the page is invalidated in the meantime, the index is
// not stored and nothing leads to the variant.
func (x *exchange) storeVariant(ctx context.Context, u *run, names []string, now time.Time) cache.Loaded {
	index := x.newIndex(names, now)
	u.page.key = appendVariant(bytes.Clone(x.canonical), u.header, &x.judgement, index.index)
	err := x.cache(ctx).Set(ctx, pageKey(u.page.key), u.page, cache.After(x.h.ttl))
	if err != nil {
		x.h.logStoreError(ctx, err)
	}
	return cache.Loaded{Value: index, Timeout: cache.After(x.h.indexTTL()), NoStore: err != nil}
}

// widenIndex replaces the index of a page that varies on more than was known.
// The new one takes effect for the requests to come, and the variants under the
// old one are forgotten.
func (x *exchange) widenIndex(ctx context.Context, names []string, now time.Time) {
	for _, name := range x.index.names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if err := x.cache(ctx).Set(ctx, x.primary, x.newIndex(names, now), cache.After(x.h.indexTTL())); err != nil {
		x.h.logStoreError(ctx, err)
	}
}

// selectVariant goes on with the variant of the page that this request selects.
func (x *exchange) selectVariant(index *variants) {
	x.index = index
	x.canonical = appendVariant(x.canonical, x.r.Header, &x.judgement, index)
	x.key = pageKey(x.canonical)
}

// selectingNames are the names in a Vary field that select a variant. The host
// is in the key of every page.
func selectingNames(vary []string) []string {
	return slices.DeleteFunc(slices.Clone(vary), func(name string) bool { return name == "Host" })
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}
