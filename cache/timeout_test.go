package cache_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// The timeout of an entry is that of the call, else that of the alias, else 300 seconds.
// Django, DEFAULT_TIMEOUT
func TestTheTimeoutOfAnEntryIsTheCallsOrElseTheAliass(t *testing.T) {
	const forever = driver.Never
	tests := []struct {
		alias, call cache.Timeout
		want        time.Duration // 0 for nothing stored
	}{
		{cache.Timeout{}, cache.Timeout{}, 300 * time.Second},
		{cache.Timeout{}, cache.After(time.Second), time.Second},
		{cache.Timeout{}, cache.After(time.Nanosecond), time.Nanosecond},
		{cache.Timeout{}, cache.Never, forever},
		{cache.Timeout{}, cache.After(0), 0},
		{cache.Timeout{}, cache.After(-time.Second), 0},
		{cache.After(time.Hour), cache.Timeout{}, time.Hour},
		{cache.After(time.Hour), cache.After(time.Second), time.Second},
		{cache.After(time.Hour), cache.Never, forever},
		{cache.After(time.Hour), cache.After(0), 0},
		{cache.Never, cache.Timeout{}, forever},
		{cache.Never, cache.After(time.Second), time.Second},
		{cache.After(0), cache.Timeout{}, 0},
		{cache.After(0), cache.After(time.Second), time.Second},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("alias %v, call %v", test.alias, test.call), func(t *testing.T) {
			s := newMapStore()
			c := newCache(t, struct {
				*mapStore
				withExpirer
			}{s, withExpirer{s}}, cache.Config{Timeout: test.alias})
			// What is there already must go if the new value has expired at once.
			if err := c.Set(t.Context(), "k", 1, cache.Never); err != nil {
				t.Fatal(err)
			}
			if err := c.Set(t.Context(), "k", 2, test.call); err != nil {
				t.Fatal(err)
			}
			got, err := withExpirer{s}.TTL(t.Context(), []byte(":1:k"))
			if test.want == 0 {
				if err != driver.ErrNotFound {
					t.Errorf("the entry has %v left, %v; want it gone", got, err)
				}
				return
			}
			if err != nil || got != test.want {
				t.Errorf("the entry has %v left, %v; want %v", got, err, test.want)
			}
		})
	}
}

// The last of two options wins, and a nil option has no effect.
func TestTheLastOfTwoOptionsWinsAndNilIsNone(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{})
	err := c.Set(t.Context(), "k", struct{ A int }{1}, nil, cache.Never, cache.Using(nil), cache.After(time.Minute), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(time.Minute)
	if has, err := c.Has(t.Context(), "k"); has || err != nil {
		t.Errorf("after a minute: %v, %v", has, err)
	}
}

// A negative timeout of an alias is refused: nothing would be kept.
func TestANegativeTimeoutOfAnAliasIsRefused(t *testing.T) {
	_, err := cache.NewHandler(cache.Settings{"default": {Opener: openerOf(newMapStore()), Timeout: cache.After(-time.Second)}})
	if !errors.Is(err, cache.ErrInvalidSettings) || !strings.Contains(err.Error(), "timeout is -1s") {
		t.Errorf("NewHandler: %v", err)
	}
}
