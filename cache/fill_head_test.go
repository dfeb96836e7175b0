package cache_test

import (
	"context"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/envelope/version1"
)

// unwilling is a loader that does not want what is in the cache. during is called by its
// load.
type unwilling struct {
	value  string
	during func()
}

func (unwilling) MayReuse() bool { return false }

func (r unwilling) Load(context.Context) (cache.Loaded, error) {
	if r.during != nil {
		r.during()
	}
	return cache.Loaded{Value: r.value}, nil
}

// headStore is a store that can compare heads.
func headStore() (*mapStore, ableStore) {
	s := newMapStore()
	return s, ableStore{s, withCounter{s}, withReplacer{s}, withHeadReplacer{s}, withPeeker{s}, withExpirer{s}, withMany{s}, withAsync{s}}
}

// Replacing a refused entry compares its head, and does not send the old value.
func TestAReplacementDoesNotSendTheOldValue(t *testing.T) {
	for name, cfg := range map[string]cache.Config{"plain": {}, "with a breaker": {BreakerFailures: 5}} {
		s, store := headStore()
		c := newCache(t, store, cfg)
		mustSet(t, c, "k", strings.Repeat("old", 1000))
		var got string
		if outcome, err := c.Fill(t.Context(), "k", &got, unwilling{value: "new"}); err != nil || !outcome.Stored {
			t.Errorf("%s: Fill = %+v, %v", name, outcome, err)
		}
		if s.count("ReplaceHead") != 1 || s.count("Replace") != 0 {
			t.Errorf("%s: ReplaceHead was called %d times, and Replace %d times", name, s.count("ReplaceHead"), s.count("Replace"))
		}
	}
}

// An entry that was deleted and stored again with the same value and expiry is another one, and is
// not replaced.
func TestAnEntryThatWasStoredAgainIsNotReplaced(t *testing.T) {
	_, store := headStore()
	c, elsewhere := newCache(t, store, cache.Config{}), newCache(t, store, cache.Config{})
	mustSet(t, c, "k", "same", cache.Never)
	again := func() {
		if _, err := elsewhere.Delete(t.Context(), "k"); err != nil {
			t.Error(err)
		}
		mustSet(t, elsewhere, "k", "same", cache.Never)
	}
	var got string
	if outcome, err := c.Fill(t.Context(), "k", &got, unwilling{"late", again}, cache.Never); err != nil || outcome.Stored {
		t.Errorf("Fill = %+v, %v, want it not to be stored", outcome, err)
	}
	if found, err := c.Get(t.Context(), "k", &got); !found || err != nil || got != "same" {
		t.Errorf("Get = %q, %v, %v", got, found, err)
	}
}

// An entry of version 1 of the envelope is compared whole, since it has no identity.
func TestAnEntryOfVersion1IsComparedWhole(t *testing.T) {
	s, store := headStore()
	c := newCache(t, store, cache.Config{})
	mustSet(t, newCache(t, version1.Over(store), cache.Config{}), "k", strings.Repeat("old", 1000))
	var got string
	if outcome, err := c.Fill(t.Context(), "k", &got, unwilling{value: "new"}); err != nil || !outcome.Stored {
		t.Errorf("Fill = %+v, %v", outcome, err)
	}
	if s.count("ReplaceHead") != 0 || s.count("Replace") != 1 {
		t.Errorf("ReplaceHead was called %d times, and Replace %d times", s.count("ReplaceHead"), s.count("Replace"))
	}
}
