package middleware

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

// TestAPageThatIsFoundUnderAnothersKeyIsNeverServed puts entries of one page
// under the key of another, as a collision of hashes or a damaged store would.
func TestAPageThatIsFoundUnderAnothersKeyIsNeverServed(t *testing.T) {
	caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	defer caches.Shutdown(context.Background())
	h := CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/varies") {
			w.Header().Set("Vary", "X-A")
		}
		_, _ = io.WriteString(w, r.URL.Path+r.Header.Get("X-A"))
	})).(*pageHandler)
	ctx := caches.Scope(t.Context())
	defer ctx.Close(context.Background())
	view := pages.Over(cache.From(ctx, cache.DefaultAlias))

	get := func(path, a string) *http.Request {
		r := httptest.NewRequest("GET", path, nil).WithContext(ctx)
		r.Header.Set("X-A", a)
		return r
	}
	canonicalKey := func(path string) []byte {
		r := get(path, "")
		j := h.judge(nil, r)
		key, _ := h.appendKey(nil, r, &j)
		return key
	}
	primaryKey := func(path string) string {
		r := get(path, "")
		j := h.judge(nil, r)
		key, n := h.appendKey(nil, r, &j)
		return pageKey(key[:n])
	}
	entry := func(key string) *page {
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
	index := entry(primaryKey("/varies"))
	r := get("/varies", "1")
	j := h.judge(nil, r)
	variant := entry(pageKey(appendVariant(canonicalKey("/varies"), r.Header, &j, index.index)))

	for name, wrong := range map[string]*page{
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
	for name, wrong := range map[string]*page{
		"another page":                entry(primaryKey("/b")),
		"an index":                    index,
		"the page of another variant": variant,
	} {
		r := get("/varies", "2")
		j := h.judge(nil, r)
		key := pageKey(appendVariant(canonicalKey("/varies"), r.Header, &j, index.index))
		if err := view.Set(ctx, key, wrong); err != nil {
			t.Fatal(err)
		}
		if body, status := answer("/varies", "2"); body != "/varies2" || status != "larder; fwd=bypass; detail=collision" {
			t.Errorf("%s for a variant: got %q, Cache-Status %q", name, body, status)
		}
	}
}

func TestEveryReasonHasAName(t *testing.T) {
	seen := make(map[string]reason)
	for r := reasonNone + 1; int(r) < len(reasons); r++ {
		name := r.String()
		if earlier, taken := seen[name]; taken || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("reason %d is %q, as is %d", r, name, earlier)
		}
		seen[name] = r
	}
}
