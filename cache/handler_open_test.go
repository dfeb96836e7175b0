package cache_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

func mustCache(t testing.TB, h *cache.Handler, alias string) *cache.BaseCache {
	t.Helper()
	c, err := h.Cache(alias)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// No store is opened before its first use.
func TestNothingIsOpenedUntilTheFirstUse(t *testing.T) {
	b := new(fakeBackend)
	h := newHandler(t, cache.Settings{"default": {Opener: b.opener()}})
	ctx := t.Context()

	c := mustCache(t, h, "default")
	scope := h.Scope(ctx)
	inScope := cache.From(scope, "default")
	proxy := h.Proxy("default")
	view := cache.For[string](proxy)
	for name, err := range map[string]error{
		"Check":              h.Check(),
		"Close of a scope":   scope.Close(ctx),
		"Close of a cache":   errors.Join(c.Close(ctx), inScope.Close(ctx)),
		"Close of a proxy":   proxy.Close(scope),
		"DeleteMany of none": c.DeleteMany(ctx, nil),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := b.opened(); n != 0 {
		t.Fatalf("%d stores were opened", n)
	}
	if _, _, err := view.Get(ctx, "k"); err != nil || b.opened() != 1 {
		t.Errorf("after a Get: %v, %d stores", err, b.opened())
	}
}

// Concurrent first users open one store.
func TestConcurrentFirstUsersOpenOneStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := openingAt(release)
		h := newHandler(t, cache.Settings{"default": {Opener: b.opener()}})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := cache.From(h.Scope(t.Context()), "default").Set(t.Context(), "k", 1); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if b.opened() != 1 || b.store(0).count("Set") != 100 {
			t.Errorf("%d stores, %d sets in the first", b.opened(), b.store(0).count("Set"))
		}
	})
}

// A failed open is tried again at the next use.
func TestAFailedOpenIsNotRemembered(t *testing.T) {
	refused := errors.New("connection refused")
	down := true
	b := &fakeBackend{opening: func(context.Context, driver.Config) error {
		if down {
			return refused
		}
		return nil
	}}
	h := newHandler(t, cache.Settings{"default": {Backend: "fake", Opener: b.opener()}})
	c := mustCache(t, h, "default")

	err := c.Set(t.Context(), "k", 1)
	for _, target := range []error{cache.ErrOpenFailed, cache.ErrInvalidBackend, refused} {
		if !errors.Is(err, target) {
			t.Errorf("%v does not match %v", err, target)
		}
	}
	if want := `cache "default": Set "k": invalid cache backend: cannot open: backend "fake": connection refused`; err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
	down = false
	if err := c.Set(t.Context(), "k", 1); err != nil || b.opened() != 2 {
		t.Errorf("when the server is up: %v, opened %d times", err, b.opened())
	}
}

// Open gets the values of the first caller's context and the settings of the alias.
func TestOpenGetsTheFirstCallersContextAndTheSettings(t *testing.T) {
	type key struct{}
	var got context.Context
	b := &fakeBackend{opening: func(ctx context.Context, _ driver.Config) error {
		got = ctx
		return nil
	}}
	h := newHandler(t, cache.Settings{"default": {Opener: b.opener(), Location: "there", Options: map[string]any{"a": 1}}})
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "first"), time.Hour)
	defer cancel()
	if _, err := mustCache(t, h, "default").Has(ctx, "k"); err != nil {
		t.Fatal(err)
	}
	if _, ok := got.Deadline(); !ok || got.Value(key{}) != "first" {
		t.Error("the context of Open is not the caller's")
	}
	if cfg := b.configs[0]; cfg.Alias != "default" || cfg.Location != "there" || cfg.Options["a"] != 1 {
		t.Errorf("Open got %+v", cfg)
	}
}

// Waiting for an open ends with the caller's context.
func TestWaitingForAnOpenEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := openingAt(release)
		h := newHandler(t, cache.Settings{"default": {Opener: b.opener()}})
		c := mustCache(t, h, "default")
		first := make(chan error, 1)
		go func() { first <- c.Set(context.Background(), "k", 1) }()
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Set(ctx, "k", 2); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second caller: %v", err)
		}
		close(release)
		if err := <-first; err != nil {
			t.Errorf("the first caller: %v", err)
		}
	})
}

// An open that is cancelled is tried again by the next caller.
func TestAnOpenThatIsCancelledIsTriedAgainByTheNextCaller(t *testing.T) {
	b := &fakeBackend{opening: func(ctx context.Context, _ driver.Config) error { return ctx.Err() }}
	h := newHandler(t, cache.Settings{"default": {Opener: b.opener()}})
	c := mustCache(t, h, "default")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Set(ctx, "k", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := c.Set(t.Context(), "k", 1); err != nil {
		t.Errorf("the next caller: %v", err)
	}
}

// A panic in Open does not keep later callers from opening.
func TestAPanicInOpenReleasesTheLock(t *testing.T) {
	first := true
	b := &fakeBackend{opening: func(context.Context, driver.Config) error {
		if first {
			first = false
			panic("a bug in the driver")
		}
		return nil
	}}
	c := mustCache(t, newHandler(t, cache.Settings{"default": {Opener: b.opener()}}), "default")
	func() {
		defer func() { _ = recover() }()
		_ = c.Set(t.Context(), "k", 1)
	}()
	if err := c.Set(t.Context(), "k", 1); err != nil {
		t.Error(err)
	}
}

// Aliases of one location with the same options share one store.
func TestAliasesOfOneLocationShareAStore(t *testing.T) {
	for _, oneStore := range []bool{true, false} {
		b := &fakeBackend{oneStorePerLocation: oneStore}
		options := func() map[string]any { return map[string]any{"max_entries": 5} }
		h := newHandler(t, cache.Settings{
			"default": {Backend: "fake", Location: "a", Options: options(), KeyPrefix: "x"},
			"same":    {Backend: "fake", Location: "a", Options: options(), KeyPrefix: "x"},
			"other":   {Backend: "fake", Location: "b", Options: options(), KeyPrefix: "x"},
		}, cache.WithRegistry(b.registry("fake")))
		ctx := t.Context()
		if err := mustCache(t, h, "default").Set(ctx, "k", "v"); err != nil {
			t.Fatal(err)
		}
		for alias, want := range map[string]bool{"same": true, "other": false} {
			if has, err := mustCache(t, h, alias).Has(ctx, "k"); has != want || err != nil {
				t.Errorf("%s: %v, %v; want %v", alias, has, err, want)
			}
		}
		if b.opened() != 2 {
			t.Errorf("%d stores", b.opened())
		}
	}
}

// Aliases of one server with different options have stores of their own.
func TestAliasesWithOtherOptionsHaveStoresOfTheirOwnOnAServer(t *testing.T) {
	b := new(fakeBackend)
	h := newHandler(t, cache.Settings{
		"default": {Backend: "fake", Location: "a", Options: map[string]any{"pool": 5}},
		"other":   {Backend: "fake", Location: "a", Options: map[string]any{"pool": 6}},
	}, cache.WithRegistry(b.registry("fake")))
	for _, alias := range h.Aliases() {
		if err := mustCache(t, h, alias).Set(t.Context(), "k", "v"); err != nil {
			t.Fatal(err)
		}
	}
	if b.opened() != 2 {
		t.Errorf("%d stores", b.opened())
	}
}

// Registries do not see each other's backends.
func TestTwoRegistriesDoNotSeeEachOther(t *testing.T) {
	one, two := new(fakeBackend), new(fakeBackend)
	settings := cache.Settings{"default": {Backend: "fake"}}
	h1 := newHandler(t, settings, cache.WithRegistry(one.registry("fake")))
	h2 := newHandler(t, settings, cache.WithRegistry(two.registry("fake")))
	if err := mustCache(t, h1, "default").Set(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	if has, err := mustCache(t, h2, "default").Has(t.Context(), "k"); has || err != nil {
		t.Errorf("%v, %v", has, err)
	}
	if _, err := cache.NewHandler(settings); !errors.Is(err, cache.ErrUnknownBackend) {
		t.Errorf("the program's registry has it too: %v", err)
	}
}

// Register panics on an invalid or repeated name and on an incomplete backend.
func TestRegisterPanicsOnMistakesOfTheProgram(t *testing.T) {
	valid := new(fakeBackend).backend()
	tests := []struct {
		name    string
		backend string
		b       driver.Backend
		want    string
	}{
		{"taken", "memory", valid, `backend "memory" is registered twice`},
		{"upper case", "Redis", valid, `"Redis" is not a backend name`},
		{"empty", "", valid, `"" is not a backend name`},
		{"digit first", "9p", valid, `"9p" is not a backend name`},
		{"no Open", "test-a", driver.Backend{Validate: valid.Validate}, `backend "test-a" needs both Open and Validate`},
		{"no Validate", "test-b", driver.Backend{Open: valid.Open}, `backend "test-b" needs both Open and Validate`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantPanic(t, test.want, func() { cache.Register(test.backend, test.b) })
		})
	}
}

// RegisterKeyFunc panics on a repeated name and on a nil function.
func TestRegisterKeyFuncPanicsOnMistakesOfTheProgram(t *testing.T) {
	wantPanic(t, `"default" is registered twice`, func() { cache.RegisterKeyFunc("default", cache.DefaultKey) })
	wantPanic(t, `nil function for "x"`, func() { cache.RegisterKeyFunc("x", nil) })
}

func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if text, _ := recover().(string); !strings.Contains(text, want) {
			t.Errorf("the panic is %q, want something with %q", text, want)
		}
	}()
	f()
}
