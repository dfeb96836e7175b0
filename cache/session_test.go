package cache_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// newSessionStore returns a store that has sessions, and the map store in it.
func newSessionStore() (driver.Store, *mapStore) {
	s := newMapStore()
	return struct {
		*mapStore
		withSessions
	}{s, withSessions{s}}, s
}

// shutdowns returns how often each session of s was shut down.
func shutdowns(s *mapStore) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var counts []int
	for _, session := range s.sessions {
		counts = append(counts, session.shutdowns)
	}
	return counts
}

// A request has one session of a store with sessions, opened at its first use and ended once.
func TestARequestHasOneSessionThatEndsOnce(t *testing.T) {
	store, s := newSessionStore()
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}})
	scope := h.Scope(t.Context())
	c := cache.From(scope, "default")
	if s.count("OpenSession") != 0 {
		t.Error("a session was opened before the first operation")
	}
	for range 3 {
		if err := c.Set(scope, "k", 1); err != nil {
			t.Fatal(err)
		}
	}
	if s.count("OpenSession") != 1 {
		t.Errorf("%d sessions", s.count("OpenSession"))
	}
	for range 2 {
		if err := errors.Join(c.Close(scope), scope.Close(scope), c.Close(scope)); err != nil {
			t.Error(err)
		}
	}
	if got := shutdowns(s); len(got) != 1 || got[0] != 1 {
		t.Errorf("shut down: %v", got)
	}
	if s.count("Shutdown") != 0 {
		t.Error("the end of a session shut the store down")
	}
}

// An operation after Close leaks no session.
func TestAnOperationAfterCloseLeaksNoSession(t *testing.T) {
	store, s := newSessionStore()
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}})
	for _, usedBefore := range []bool{true, false} {
		scope := h.Scope(t.Context())
		c := cache.From(scope, "default")
		if usedBefore {
			if err := c.Set(scope, "k", 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := scope.Close(scope); err != nil {
			t.Fatal(err)
		}
		if err := c.Set(scope, "k", 2); err != nil {
			t.Errorf("after Close: %v", err)
		}
	}
	if s.count("OpenSession") != 1 {
		t.Errorf("%d sessions, want only the one that was used before Close", s.count("OpenSession"))
	}
}

// Outside of a request no session is opened.
func TestOutsideOfARequestThereIsNoSession(t *testing.T) {
	store, s := newSessionStore()
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}})
	if err := mustCache(t, h, "default").Set(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	if s.count("OpenSession") != 0 {
		t.Error("a session was opened that nobody would close")
	}
}

// A session that cannot be opened is the error of the operation.
func TestASessionThatCannotBeOpenedIsTheErrorOfTheOperation(t *testing.T) {
	store, s := newSessionStore()
	exhausted := errors.New("no connection is free")
	s.hook = failing("OpenSession", exhausted)
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}})
	scope := h.Scope(t.Context())
	c := cache.From(scope, "default")
	if err := c.Set(scope, "k", 1); !errors.Is(err, exhausted) {
		t.Errorf("Set: %v", err)
	}
	s.hook = nil
	if err := c.Set(scope, "k", 1); err != nil {
		t.Errorf("the next try: %v", err)
	}
	if err := scope.Close(scope); err != nil {
		t.Error(err)
	}
}

// Close returns the errors of all sessions.
func TestOneFailingCloseDoesNotHideAnother(t *testing.T) {
	one, oneMap := newSessionStore()
	two, twoMap := newSessionStore()
	errOne, errTwo := errors.New("one"), errors.New("two")
	oneMap.hook = failing("session.Shutdown", errOne)
	twoMap.hook = failing("session.Shutdown", errTwo)
	h := newHandler(t, cache.Settings{
		"default": {Opener: openerOf(newMapStore())},
		"one":     {Opener: openerOf(one)},
		"two":     {Opener: openerOf(two)},
	})
	closed := countCloses(h)
	scope := h.Scope(t.Context())
	for _, alias := range h.Aliases() {
		if err := cache.From(scope, alias).Set(scope, "k", 1); err != nil {
			t.Fatal(err)
		}
	}
	err := scope.Close(scope)
	if !errors.Is(err, errOne) || !errors.Is(err, errTwo) {
		t.Errorf("Close: %v", err)
	}
	var wrapped *cache.Error
	if !errors.As(err, &wrapped) || wrapped.Op != "Close" || wrapped.Alias != "one" {
		t.Errorf("the first error is %+v", wrapped)
	}
	wantCloses(t, closed, map[string]int{"default": 1, "one": 1, "two": 1})
	if err := scope.Close(scope); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}

// Close is safe while goroutines of the request use the cache.
func TestCloseIsSafeBesideTheGoroutinesOfTheRequest(t *testing.T) {
	store, s := newSessionStore()
	h := newHandler(t, cache.Settings{"default": {Opener: openerOf(store)}, "plain": {Opener: openerOf(newMapStore())}})
	for range 20 {
		scope := h.Scope(t.Context())
		var wg sync.WaitGroup
		for _, alias := range []string{"default", "default", "plain", "plain"} {
			wg.Go(func() {
				for range 20 {
					err := cache.From(scope, alias).Set(scope, "k", 1)
					if err != nil && !errors.Is(err, errSessionEnded) {
						t.Error(err)
					}
				}
			})
		}
		for range 3 {
			wg.Go(func() {
				for range scope.All() {
				}
				if err := scope.Close(context.WithoutCancel(scope)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := scope.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for i, n := range shutdowns(s) {
		if n != 1 {
			t.Errorf("session %d was shut down %d times", i, n)
		}
	}
}
