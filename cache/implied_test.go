package cache_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/hooks"
)

// withoutDefault runs the test without a default handler, set or implied.
func withoutDefault(t *testing.T) {
	t.Helper()
	cache.SetDefault(nil)
	t.Cleanup(func() { cache.SetDefault(nil) })
}

// withoutMemory runs the test as in a program that does not import the memory backend.
func withoutMemory(t *testing.T) {
	t.Helper()
	withoutDefault(t)
	registry := driver.DefaultRegistry
	driver.DefaultRegistry = new(driver.Registry)
	t.Cleanup(func() { driver.DefaultRegistry = registry })
}

// Without the memory backend there is no implied default, and the error names both cures.
func TestWithoutTheMemoryBackendThereIsNoDefault(t *testing.T) {
	withoutMemory(t)
	if h := cache.DefaultHandler(); h != nil {
		t.Errorf("DefaultHandler = %v", h)
	}
	err := cache.Default().Set(t.Context(), "key", 1)
	for _, cure := range []string{`import _ "github.com/larder-go/larder/backends/memstore"`, "call cache.SetDefault"} {
		if !errors.Is(err, cache.ErrInvalidBackend) || !strings.Contains(err.Error(), cure) {
			t.Errorf("the error is %v, want one that says: %s", err, cure)
		}
	}
	driver.Register("memory", memstore.Backend()) // by a package that is initialized later
	if err := cache.Default().Set(t.Context(), "key", 1); err != nil {
		t.Errorf("once the backend is registered: %v", err)
	}
}

// With the memory backend imported and no default set, the default cache is in memory.
func TestTheImpliedDefaultIsInMemory(t *testing.T) {
	withoutDefault(t)
	if err := cache.Default().Set(t.Context(), "key", "value"); err != nil {
		t.Fatal(err)
	}
	var got string
	if found, err := cache.From(t.Context(), "default").Get(t.Context(), "key", &got); !found || got != "value" || err != nil {
		t.Errorf("Get = %q, %v, %v", got, found, err)
	}
	if h := cache.DefaultHandler(); !hooks.Cache.IsImplied(h) || h.Check() != nil {
		t.Errorf("the default handler is implied: %v, Check: %v", hooks.Cache.IsImplied(h), h.Check())
	}
}

// The implied default holds at most 64 MiB.
func TestTheImpliedDefaultIsBoundedTo64MiB(t *testing.T) {
	withoutDefault(t)
	for size, want := range map[int]error{32 << 20: nil, 65 << 20: cache.ErrTooLarge} {
		if err := cache.Default().SetBytes(t.Context(), "key", make([]byte, size)); !errors.Is(err, want) {
			t.Errorf("SetBytes of %d MiB: %v, want %v", size>>20, err, want)
		}
	}
	const entries, size = 100, 1 << 20
	for i := range entries {
		if err := cache.Default().SetBytes(t.Context(), string(rune('A'+i)), make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	held := 0
	for i := range entries {
		if found, _ := cache.Default().Has(t.Context(), string(rune('A'+i))); found {
			held++
		}
	}
	if held*size > 66<<20 { // the store holds its bound to within one part in 32
		t.Errorf("%d MiB are held, want at most 64", held)
	}
}

// The implied default has no alias except "default".
func TestTheImpliedDefaultHasNoOtherAlias(t *testing.T) {
	withoutDefault(t)
	_, _, err := cache.From(t.Context(), "pages").GetBytes(t.Context(), "key")
	const want = `unknown alias "pages": the implied default has default only: call cache.SetDefault with the settings of the others`
	if !errors.Is(err, cache.ErrUnknownAlias) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

// A scope, or a default that is set, takes precedence over the implied default.
func TestAScopeOrADefaultThatIsSetComesBeforeTheImpliedDefault(t *testing.T) {
	withoutDefault(t)
	h, stores := storesOf(t, "default")
	if err := cache.Default().Set(h.Scope(t.Context()), "key", 1); err != nil || stores["default"].count("Set") != 1 {
		t.Errorf("Set in a scope: %v, %d calls of its store", err, stores["default"].count("Set"))
	}
	cache.SetDefault(h)
	if err := cache.Default().Set(t.Context(), "key", 1); err != nil || stores["default"].count("Set") != 2 {
		t.Errorf("Set with a default: %v, %d calls of its store", err, stores["default"].count("Set"))
	}
	if hooks.Cache.IsImplied(cache.DefaultHandler()) {
		t.Error("the default handler that was set is called implied")
	}
}

// SetDefault(nil) removes the default and leaves its caches open; the next use makes an implied one.
func TestSetDefaultOfNilRemovesTheDefaultAndLeavesItOpen(t *testing.T) {
	withoutDefault(t)
	h, stores := storesOf(t, "default")
	cache.SetDefault(h)
	cache.SetDefault(nil)
	if err := cache.Default().Set(t.Context(), "key", 1); err != nil || !hooks.Cache.IsImplied(cache.DefaultHandler()) {
		t.Errorf("afterwards Set = %v, by the implied default: %v", err, hooks.Cache.IsImplied(cache.DefaultHandler()))
	}
	if err := h.Proxy("default").Set(t.Context(), "key", 1); err != nil || stores["default"].count("Set") != 1 {
		t.Errorf("Set of the one that was replaced: %v, %d calls of its store", err, stores["default"].count("Set"))
	}
}

// logOf returns a handler whose log is written to the text.
func logOf(t *testing.T) (*cache.Handler, *strings.Builder) {
	t.Helper()
	text := new(strings.Builder)
	logger := slog.New(slog.NewTextHandler(text, nil))
	return newHandler(t, cache.Settings{"default": {Backend: "memory"}}, cache.WithLogger(logger)), text
}

// useFirst is the first use whose name a warning has to say.
func useFirst(ctx context.Context) error { return cache.Default().Set(ctx, "key", "implied") }

// SetDefault replaces the implied default and warns, naming its first use.
func TestSetDefaultReplacesTheImpliedDefaultAndNamesItsFirstUse(t *testing.T) {
	withoutDefault(t)
	if err := useFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _ = cache.Default().Has(t.Context(), "key") // not the first
	h, log := logOf(t)
	cache.SetDefault(h)
	for _, want := range []string{"level=WARN", "replaces the implied default cache in memory", "cache_test.useFirst", "implied_test.go:"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log is %q, want one with %q", log, want)
		}
	}
	if found, err := cache.Default().Has(t.Context(), "key"); found || err != nil {
		t.Errorf("Has = %v, %v: the implied default is still in use", found, err)
	}
	logged := log.Len()
	cache.SetDefault(h)
	if log.Len() != logged {
		t.Errorf("SetDefault warns again: %s", log)
	}
}

// SetDefault does not warn of an implied default that was not used.
func TestSetDefaultDoesNotWarnOfAnImpliedDefaultThatWasNotUsed(t *testing.T) {
	withoutDefault(t)
	_ = cache.DefaultHandler()
	_ = cache.Default()
	_, closeDetached := cache.Detached(t.Context())
	if err := closeDetached(); err != nil {
		t.Fatal(err)
	}
	h, log := logOf(t)
	cache.SetDefault(h)
	if log.Len() > 0 {
		t.Errorf("the log is %q, want none", log)
	}
}

// Concurrent callers get one implied default.
func TestTheImpliedDefaultIsOneForConcurrentCallers(t *testing.T) {
	withoutDefault(t)
	const callers = 32
	handlers := make([]*cache.Handler, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			handlers[i] = cache.DefaultHandler()
			if _, err := cache.Default().Incr(t.Context(), "n", 1); err != nil && !errors.Is(err, cache.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, h := range handlers {
		if h == nil || h != handlers[0] {
			t.Fatalf("concurrent callers get handlers %p and %p", handlers[0], h)
		}
	}
}

// SetDefault is safe while the implied default is used.
func TestSetDefaultWhileTheImpliedDefaultIsUsed(t *testing.T) {
	withoutDefault(t)
	h, _ := logOf(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if err := cache.Default().Set(t.Context(), "key", 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	cache.SetDefault(h)
	wg.Wait()
	if cache.DefaultHandler() != h {
		t.Error("the handler that was set is not the default")
	}
}
