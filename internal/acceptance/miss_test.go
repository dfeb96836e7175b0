package acceptance_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/larder-go/larder/cache"
)

// events are those of one kind that caches have published.
type events struct {
	kind cache.EventKind

	mu   sync.Mutex
	seen []cache.Event
}

func (e *events) receive(_ context.Context, _ any, event cache.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if event.Kind == e.kind {
		e.seen = append(e.seen, event)
	}
	return nil
}

// take returns what was published since it was called last.
func (e *events) take() []cache.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := e.seen
	e.seen = nil
	return seen
}

// wantReportedMiss checks that an entry that the cache of settings cannot read
// is absent to all its operations, that each says so in an event, and that
// GetOrSet puts another in its place.
func wantReportedMiss(t *testing.T, settings cache.Settings, key string) {
	t.Helper()
	corrupt := &events{kind: cache.EventCorrupt}
	c := openHandler(t, settings, corrupt.receive)[cache.DefaultAlias]
	ctx := t.Context()
	reported := func(op string) {
		t.Helper()
		seen := corrupt.take()
		if len(seen) != 1 {
			t.Errorf("%s: %d events, want one that says that an entry cannot be read", op, len(seen))
			return
		}
		if got := seen[0]; got.Op != op || got.Key != key || !errors.Is(got.Err, cache.ErrCorrupt) {
			t.Errorf("%s: the event is %+v", op, got)
		}
	}
	value := "before"
	if found, err := c.Get(ctx, key, &value); found || err != nil || value != "before" {
		t.Errorf("Get: %q, %t, %v, want a miss", value, found, err)
	}
	reported("Get")
	if _, found, err := c.GetBytes(ctx, key); found || err != nil {
		t.Errorf("GetBytes: %t, %v, want a miss", found, err)
	}
	reported("GetBytes")
	if found, err := c.GetMany(ctx, []string{key}); len(found) > 0 || err != nil {
		t.Errorf("GetMany: %d, %v, want a miss", len(found), err)
	}
	reported("GetMany")
	if there, err := c.Has(ctx, key); there || err != nil {
		t.Errorf("Has: %t, %v, want false", there, err)
	}
	reported("Has")
	if touched, err := c.Touch(ctx, key); touched || err != nil {
		t.Errorf("Touch: %t, %v, want false", touched, err)
	}
	reported("Touch")
	if _, err := c.IncrVersion(ctx, key, 1); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("IncrVersion: error %v, want ErrNotFound", err)
	}
	reported("IncrVersion")
	for range 2 {
		got, err := cache.For[string](c).GetOrSet(ctx, key, func(context.Context) (string, error) { return "fresh", nil })
		if err != nil || got != "fresh" {
			t.Errorf("GetOrSet: %q, %v, want what was loaded", got, err)
		}
	}
	reported("GetOrSet") // once: it found its own entry the second time
	if found, err := c.Get(ctx, key, &value); !found || err != nil || value != "fresh" {
		t.Errorf("Get after GetOrSet: %q, %t, %v, want what was loaded", value, found, err)
	}
}
