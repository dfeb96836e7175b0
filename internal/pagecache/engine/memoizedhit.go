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

// memoizedHit is a page that was a hit, with the inputs of that decision. A page whose store
// is in this process knows whether it is still stored; other pages are fetched. Variants of a
// page that has to be fetched are not memoized: their index would be one more fetch.
type memoizedHit struct {
	memoizedEntry
	head   weak.Pointer[page.DecodedHead] // of a page that has to be fetched
	remote bool
	cache  *cache.BaseCache
	list   *purge.List
	purges uint64        // the number of what was known by list
	age    time.Duration // at decidedAt

	// Of a page that not every request with this signature gets: the request fields by
	// which it was selected, as they came, and of a variant the index that leads to it.
	selecting []page.Field
	isVariant bool
	index     weak.Pointer[page.Index]
}

// memoizedEntry is an entry with its key. The store alone keeps it in memory.
type memoizedEntry struct {
	page weak.Pointer[page.Page]
	key  string
}

// stored returns the entry if the store has it still, or nil.
func (e *memoizedEntry) stored() *page.Page {
	if p := e.page.Value(); p != nil && p.IsStored() {
		return p
	}
	return nil
}

// memoize remembers the signature of a request that was a hit.
func (fs *fastPaths) memoize(x *requestFlow) {
	if x.depth > 1 {
		return // more than one entry leads to the page
	}
	since, remote := x.now.Sub(x.purges.Fetched), x.page.Head != nil
	if since >= fastFor || !remote && !x.page.IsStored() || !x.isPlain() || fs.isTaken(x.r, x.now) {
		return
	}
	list := x.purgeList()
	if list.Caches != hooks.Cache.HandlerOf(x.from) {
		return // the default handler has just been replaced
	}
	shared, err := list.Caches.Cache(x.h.Alias)
	selecting, few := x.selectingFields()
	if err != nil || !few || hooks.Cache.HasSessions(x.r.Context(), shared) {
		return // in a session, a request may not see what others find
	}
	path := &fastPath{decidedAt: x.now, validFor: fastFor - since, memoizedHit: memoizedHit{
		memoizedEntry: memoizedEntry{weak.Make(x.page), x.key},
		head:          weak.Make(x.page.Head), remote: remote,
		cache: shared, list: list, purges: x.purges.Number, age: x.page.Age(x.now), selecting: selecting,
	}}
	if x.index != nil {
		if x.indexEntry == nil || !x.indexEntry.IsStored() {
			return
		}
		path.isVariant, path.index = true, weak.Make(x.indexEntry)
	}
	fs.keep(x.r, path)
}

// selectingFields returns the request fields on which it depends that x got the page
// it has found. It is false if they are too long to be kept.
func (x *requestFlow) selectingFields() (selecting []page.Field, few bool) {
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
func (x *requestFlow) fieldsNamed(names []string) (fields []page.Field, few bool) {
	if len(names) == 0 {
		return nil, true
	}
	length := 0
	for _, name := range append(slices.Clip(names), "Connection") {
		lines := slices.Clone(x.r.Header[name])
		fields = append(fields, page.Field{Name: name, Lines: lines})
		length += page.LinesSize(lines)
	}
	return fields, length <= maxSignature
}

// selects reports whether the fields of a request select the page.
func (path *memoizedHit) selects(header http.Header) bool {
	for i := range path.selecting {
		if f := &path.selecting[i]; !slices.Equal(header[f.Name], f.Lines) {
			return false
		}
	}
	return true
}

// elapsed returns how long ago the decision was made. It is not current if everything has to
// be checked again. caches are those of the request.
func (path *fastPath) elapsed(ctx context.Context, caches *cache.Handler) (elapsed time.Duration, isCurrent bool) {
	elapsed = time.Since(path.decidedAt)
	return elapsed, elapsed < path.validFor && path.holds(ctx, caches)
}

// holds reports whether nothing new is known since the decision.
func (path *fastPath) holds(ctx context.Context, caches *cache.Handler) bool {
	purges := path.list.Known.Load()
	return purges.Number == path.purges && purges.IsCurrent() && caches == path.list.Caches && ctx.Err() == nil
}

// lookUp returns the page with its body and its age, or nil if the store does not
// have it any more or it is stale.
func (path *fastPath) lookUp(ctx context.Context, caches *cache.Handler, elapsed time.Duration) (p *page.Page, body []byte, age time.Duration) {
	if path.remote {
		return path.fetch(ctx, caches, elapsed)
	}
	if index := path.index.Value(); path.isVariant && (index == nil || !index.IsStored()) {
		return nil, nil, 0
	}
	age = path.age + elapsed
	if p = path.stored(); p == nil || age >= p.Fresh.Lifetime {
		return nil, nil, 0
	}
	return p, p.Body, age
}

// fetch is lookUp for a page that is not in this process. If its head is the same, it
// is the page of the decision. What has changed in the meantime is checked afterwards, as
// for every page that was fetched.
func (path *fastPath) fetch(ctx context.Context, caches *cache.Handler, elapsed time.Duration) (p *page.Page, body []byte, age time.Duration) {
	head := path.head.Value()
	if head == nil || path.age+elapsed >= head.Page.Fresh.Lifetime {
		return nil, nil, 0 // it would be fetched twice
	}
	// After an error there is no head, so the fast path ends.
	encoded, _, _ := encodedPages.Over(path.cache).Get(ctx, path.key)
	body, same := head.BodyOf(encoded)
	// The decision may have expired meanwhile: each request uses the list of purges from before its fetch.
	if age = path.age + time.Since(path.decidedAt); !same || !path.holds(ctx, caches) || age >= head.Page.Fresh.Lifetime {
		return nil, nil, 0
	}
	return head.Page, body, age
}

// noteHit tells listeners to the cache of the page.
func (path *fastPath) noteHit(ctx context.Context) {
	hooks.Cache.NoteHit(ctx, path.cache, fillOp, path.key)
}
