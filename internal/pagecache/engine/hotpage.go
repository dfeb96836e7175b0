package engine

import (
	"context"
	"net/http"
	"slices"
	"time"
	"weak"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/purge"
)

// hotPage is a page with what it was judged by. If its store is in this process, it
// is known to be there still without being asked for, and if not, it is fetched; but
// for variants, which would take another fetch, of what leads to them.
type hotPage struct {
	hotEntry
	head   weak.Pointer[page.DecodedHead] // of a page that has to be fetched
	remote bool
	cache  *cache.BaseCache
	list   *purge.List
	purges uint64        // the number of what was known by list
	age    time.Duration // when judged

	// Of a page that not all who ask in this way get: the request fields by which it
	// was selected, as they came, and of a variant the index that leads to it.
	selecting []page.Field
	isVariant bool
	index     weak.Pointer[page.Index]
}

// hotEntry is an entry with its key. It is the store that keeps it.
type hotEntry struct {
	page weak.Pointer[page.Page]
	key  string
}

// stored returns the entry if the store has it still, or nil.
func (e *hotEntry) stored() *page.Page {
	if p := e.page.Value(); p != nil && p.IsStored() {
		return p
	}
	return nil
}

// keepPage makes the way of an exchange hot, which was a hit.
func (hs *hotWays) keepPage(x *exchange) {
	if x.depth > 1 {
		return // more than one entry leads to the page
	}
	since, remote := x.now.Sub(x.purges.Fetched), x.page.Head != nil
	if since >= hotFor || !remote && !x.page.IsStored() || !x.isPlain() || hs.isTaken(x.r, x.now) {
		return
	}
	list := x.purgeList()
	if list.Caches != hooks.Cache.HandlerOf(x.from) {
		return // the default handler was another a moment ago
	}
	shared, err := list.Caches.Cache(x.h.Alias)
	selecting, few := x.selectingFields()
	if err != nil || !few || hooks.Cache.HasSessions(x.r.Context(), shared) {
		return // in a session, a request may have changed what others find still
	}
	hot := &hotWay{judged: x.now, cools: hotFor - since, hotPage: hotPage{
		hotEntry: hotEntry{weak.Make(x.page), x.key},
		head:     weak.Make(x.page.Head), remote: remote,
		cache: shared, list: list, purges: x.purges.Number, age: x.page.Age(x.now), selecting: selecting,
	}}
	if x.index != nil {
		if x.indexEntry == nil || !x.indexEntry.IsStored() {
			return
		}
		hot.isVariant, hot.index = true, weak.Make(x.indexEntry)
	}
	hs.keep(x.r, hot)
}

// selectingFields returns the request fields on which it depends that x got the page
// it has found. It is false if they are too long to be kept.
func (x *exchange) selectingFields() (selecting []page.Field, few bool) {
	names := x.Vary
	if x.index != nil {
		names = append(slices.Clip(names), x.index.Names...)
	}
	if x.page.ContentEncoding != nil {
		names = append(slices.Clip(names), "Accept-Encoding")
	}
	return x.fieldsNamed(names)
}

// fieldsNamed returns the request fields of these names, and Connection, which may name
// others. It is false if they are too long to be kept.
func (x *exchange) fieldsNamed(names []string) (fields []page.Field, few bool) {
	if len(names) == 0 {
		return nil, true
	}
	length := 0
	for _, name := range append(slices.Clip(names), "Connection") {
		lines := slices.Clone(x.r.Header[name])
		fields = append(fields, page.Field{Name: name, Lines: lines})
		length += page.LinesSize(lines)
	}
	return fields, length <= maxWay
}

// selects reports whether the fields of a request select the page.
func (hot *hotPage) selects(header http.Header) bool {
	for i := range hot.selecting {
		if f := &hot.selecting[i]; !slices.Equal(header[f.Name], f.Lines) {
			return false
		}
	}
	return true
}

// elapsed returns how long ago the page was judged. It is not hot if everything has to
// be looked at again. caches are those of the request.
func (hot *hotWay) elapsed(ctx context.Context, caches *cache.Handler) (elapsed time.Duration, isHot bool) {
	elapsed = time.Since(hot.judged)
	return elapsed, elapsed < hot.cools && hot.holds(ctx, caches)
}

// holds reports whether nothing is known that was not when the page was judged.
func (hot *hotWay) holds(ctx context.Context, caches *cache.Handler) bool {
	purges := hot.list.Known.Load()
	return purges.Number == hot.purges && purges.IsCurrent() && caches == hot.list.Caches && ctx.Err() == nil
}

// lookUp returns the page with its body and its age, or nil if the store does not
// have it any more or it is stale.
func (hot *hotWay) lookUp(ctx context.Context, caches *cache.Handler, elapsed time.Duration) (p *page.Page, body []byte, age time.Duration) {
	if hot.remote {
		return hot.fetch(ctx, caches, elapsed)
	}
	if index := hot.index.Value(); hot.isVariant && (index == nil || !index.IsStored()) {
		return nil, nil, 0
	}
	age = hot.age + elapsed
	if p = hot.stored(); p == nil || age >= p.Fresh.Lifetime {
		return nil, nil, 0
	}
	return p, p.Body, age
}

// fetch is lookUp for a page that is not in this process. If its head is the same, it
// is the page that was judged. What has changed in the meantime is looked at
// afterwards, as for every page that was fetched.
func (hot *hotWay) fetch(ctx context.Context, caches *cache.Handler, elapsed time.Duration) (p *page.Page, body []byte, age time.Duration) {
	head := hot.head.Value()
	if head == nil || hot.age+elapsed >= head.Page.Fresh.Lifetime {
		return nil, nil, 0 // it would be fetched twice
	}
	// An error leaves nothing that could be the same, and everything is looked at again.
	encoded, _, _ := encodedPages.Over(hot.cache).Get(ctx, hot.key)
	body, same := head.BodyOf(encoded)
	// It may have cooled meanwhile: everyone goes by the list of purges of before a fetch.
	if age = hot.age + time.Since(hot.judged); !same || !hot.holds(ctx, caches) || age >= head.Page.Fresh.Lifetime {
		return nil, nil, 0
	}
	return head.Page, body, age
}

// noteHit tells those who listen to the cache of the page.
func (hot *hotWay) noteHit(ctx context.Context) { hooks.Cache.NoteHit(ctx, hot.cache, fillOp, hot.key) }
