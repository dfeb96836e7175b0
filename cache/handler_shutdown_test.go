package cache_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
)

// Shutdown ends each open store once and opens none.
func TestShutdownEndsEachOpenStoreOnceAndOpensNone(t *testing.T) {
	b := new(fakeBackend)
	h := newHandler(t, cache.Settings{
		"default": {Backend: "fake", Location: "a"},
		"same":    {Backend: "fake", Location: "a"},
		"other":   {Backend: "fake", Location: "b"},
		"unused":  {Backend: "fake", Location: "c"},
	}, cache.WithRegistry(b.registry("fake")))
	ctx := t.Context()
	for _, alias := range []string{"default", "same", "other"} {
		if err := mustCache(t, h, alias).Set(ctx, "k", 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if b.opened() != 2 || b.store(0).count("Shutdown") != 1 || b.store(1).count("Shutdown") != 1 {
		t.Errorf("%d stores, shut down %d and %d times", b.opened(), b.store(0).count("Shutdown"), b.store(1).count("Shutdown"))
	}
	if err := h.Shutdown(ctx); err != nil {
		t.Errorf("the second time: %v", err)
	}
	scope := h.Scope(ctx)
	for _, alias := range h.Aliases() {
		for _, c := range []*cache.BaseCache{mustCache(t, h, alias), cache.From(scope, alias)} {
			if err := c.Set(ctx, "k", 1); !errors.Is(err, cache.ErrClosed) {
				t.Errorf("%s after Shutdown: %v", alias, err)
			}
		}
	}
	if b.opened() != 2 {
		t.Error("an operation after Shutdown opened a store")
	}
}

// Shutdown returns the errors of all stores.
func TestOneFailingShutdownDoesNotHideAnother(t *testing.T) {
	one, two := newMapStore(), newMapStore()
	errOne, errTwo := errors.New("one"), errors.New("two")
	one.hook = failing("Shutdown", errOne)
	two.hook = failing("Shutdown", errTwo)
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(one)}, "other": {Opener: openerOf(two)}})
	for _, alias := range h.Aliases() {
		if err := mustCache(t, h, alias).Set(t.Context(), "k", 1); err != nil {
			t.Fatal(err)
		}
	}
	err := h.Shutdown(t.Context())
	if !errors.Is(err, errOne) || !errors.Is(err, errTwo) {
		t.Errorf("Shutdown: %v", err)
	}
	var wrapped *cache.Error
	if !errors.As(err, &wrapped) || wrapped.Op != "Shutdown" || wrapped.Alias != "default" {
		t.Errorf("the first error is %+v", wrapped)
	}
}

// failing returns a hook that fails op.
func failing(op string, err error) func(context.Context, string, string) error {
	return func(_ context.Context, called, _ string) error {
		if called == op {
			return err
		}
		return nil
	}
}

// A Shutdown whose context has ended still reaches all stores.
func TestAShutdownThatMayNotWaitStillReachesTheStores(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // of two ways to go on, select takes either
		s := newMapStore()
		h := newHandler(t, cache.Settings{"default": {Opener: openerOf(s)}})
		if err := mustCache(t, h, "default").Set(t.Context(), "k", 1); err != nil {
			t.Fatal(err)
		}
		_ = h.Shutdown(ctx)
		if s.count("Shutdown") != 1 {
			t.Fatal("the store was not shut down")
		}
	}
}

// A Shutdown during an open waits for it as long as its context allows.
func TestAShutdownDuringAnOpenWaitsForItAsLongAsItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := openingAt(release)
		h := newHandler(t, cache.Settings{"default": {Opener: b.opener()}})
		c := mustCache(t, h, "default")
		set := make(chan error, 1)
		go func() { set <- c.Set(context.Background(), "k", 1) }()
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown that may wait a second: %v", err)
		}
		close(release)
		<-set
		if err := h.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown that may wait: %v", err)
		}
		if n := b.store(0).count("Shutdown"); n != 1 {
			t.Errorf("the store was shut down %d times", n)
		}
	})
}
