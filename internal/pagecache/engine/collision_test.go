package engine

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/signals"
)

// ordinary is what CachePage makes of no options.
func ordinary() *policy.Policy {
	return &policy.Policy{Mode: policy.PerView, TTL: time.Hour, Alias: cache.DefaultAlias, MaxBody: 1 << 20, MaxWait: time.Minute, RefreshTimeout: time.Minute}
}

// An entry that does not belong to the key under which it was found is never served. The test puts
// entries of one page under the key of another, as a collision of hashes or a damaged store would.
func TestAPageThatIsFoundUnderAnothersKeyIsNeverServed(t *testing.T) {
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	defer caches.Shutdown(context.Background())
	h := NewHandler(ordinary(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/varies") {
			w.Header().Set("Vary", "X-A")
		}
		_, _ = io.WriteString(w, r.URL.Path+r.Header.Get("X-A"))
	})).(*Handler)
	ctx := caches.Scope(t.Context())
	defer ctx.Close(context.Background())
	view := Pages.Over(cache.From(ctx, cache.DefaultAlias))

	get := func(path, a string) *http.Request {
		r := httptest.NewRequest("GET", path, nil).WithContext(ctx)
		r.Header.Set("X-A", a)
		return r
	}
	primaryKey := func(path string) string {
		r := get(path, "")
		j := h.Classify(nil, r)
		key, n := h.AppendKey(nil, r, &j)
		return page.Key(key[:n])
	}
	entry := func(key string) page.Entry {
		p, ok, err := view.Get(ctx, key)
		if !ok || err != nil {
			t.Fatalf("Get: %v, %v", ok, err)
		}
		return p
	}
	answer := func(path, a string) (body, status string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, get(path, a))
		return w.Body.String(), w.Header().Get("Cache-Status")
	}
	for _, path := range []string{"/a", "/b", "/varies", "/varies2"} {
		answer(path, "1")
	}
	index := entry(primaryKey("/varies")).(*page.Index)
	variantKey := func(r *http.Request) string {
		x := &requestFlow{h: h, r: r, RequestInfo: h.Classify(nil, r)}
		x.start()
		return x.variantKey(index.Variants, x.keyAt(destination{index: index.Variants}))
	}
	variant := entry(variantKey(get("/varies", "1")))

	for name, wrong := range map[string]page.Entry{
		"another page":         entry(primaryKey("/b")),
		"another page's index": entry(primaryKey("/varies2")),
		"a variant of another": variant,
	} {
		if err := view.Set(ctx, primaryKey("/a"), wrong); err != nil {
			t.Fatal(err)
		}
		if body, status := answer("/a", "1"); body != "/a1" || status != "larder; fwd=bypass; detail=collision" {
			t.Errorf("%s: got %q, Cache-Status %q", name, body, status)
		}
	}
	for name, wrong := range map[string]page.Entry{
		"another page": entry(primaryKey("/b")),
		"an index":     index,
	} {
		if err := view.Set(ctx, variantKey(get("/varies", "2")), wrong); err != nil {
			t.Fatal(err)
		}
		if body, status := answer("/varies", "2"); body != "/varies2" || status != "larder; fwd=bypass; detail=collision" {
			t.Errorf("%s for a variant: got %q, Cache-Status %q", name, body, status)
		}
	}
	// Two variants may have one place.
	if err := view.Set(ctx, variantKey(get("/varies", "2")), variant); err != nil {
		t.Fatal(err)
	}
	if body, status := answer("/varies", "2"); body != "/varies2" || status != "larder; fwd=vary-miss; fwd-status=200; stored" {
		t.Errorf("in the place of another variant: got %q, Cache-Status %q", body, status)
	}
}

// The number of variants that a URL can have in the store is bounded, so that a client cannot fill
// it.
// RFC 9110, 17.5
func TestAURLHasABoundedNumberOfVariants(t *testing.T) {
	for name, varied := range map[string]string{"variants": "X-A", "variants of a variant": "X-B"} {
		t.Run(name, func(t *testing.T) { limitsVariants(t, varied) })
	}
}

// limitsVariants asks for a page with many values of a field. The page varies on X-A, and
// on X-B only where X-A is missing.
func limitsVariants(t *testing.T, varied string) {
	stored := make(map[string]bool)
	events := new(signals.Signal[cache.Event])
	events.Connect(func(_ context.Context, _ any, e cache.Event) error {
		if e.Kind == cache.EventSet {
			stored[e.Key] = true
		}
		return nil
	})
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory", Options: map[string]any{"max_entries": 3 * page.MaxVariants}}}, cache.WithEvents(events))
	if err != nil {
		t.Fatal(err)
	}
	defer caches.Shutdown(context.Background())
	h := NewHandler(ordinary(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "X-A")
		if r.Header.Get("X-A") == "" {
			w.Header().Set("Vary", "X-A, X-B")
		}
		_, _ = io.WriteString(w, r.Header.Get(varied))
	}))
	for i := range 3 * page.MaxVariants {
		ctx := caches.Scope(t.Context())
		r := httptest.NewRequest("GET", "/page", nil).WithContext(ctx)
		if r.Header.Set(varied, strconv.Itoa(i)); i == 0 {
			r.Header.Set("X-A", "0") // so that this is what leads to the others
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if want := r.Header.Get(varied); w.Body.String() != want {
			t.Fatalf("%d got %q", i, w.Body)
		}
		_ = ctx.Close(context.Background())
	}
	if n := len(stored); n < page.MaxVariants/2 || n > page.MaxVariants+maxDepth {
		t.Errorf("there are %d entries, want at most %d variants and their indexes", n, page.MaxVariants)
	}
}
