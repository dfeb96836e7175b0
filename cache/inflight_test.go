package cache_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

func TestAMaxInFlightThatIsNoneIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		`{"default": {"backend": "memory", "max_in_flight": -1}}`:                   "max_in_flight is -1: it must be a number of bytes from 1 on",
		`{"default": {"backend": "memory", "max_in_flight": 0}}`:                    "max_in_flight is 0: it must be a number of bytes from 1 on",
		`{"default": {"backend": "memory", "max_in_flight": "much"}}`:               `max_in_flight is "much": it must be a number of bytes from 1 on`,
		`{"default": "memory://?max_in_flight=1.5"}`:                                `max_in_flight is "1.5": it must be a number of bytes from 1 on`,
		`{"max_in_flight": 1000000, "default": "memory://"}`:                        `max_in_flight is a member of alias "default"`,
		`{"default": "memory://", "other": "memory://b?max_in_flight=100"}`:         `set it for alias "default"`,
		`{"default": {"backend": "memory", "max_in_flight": 99999999999999999999}}`: "from 1 on",
	} {
		settings, err := cache.ParseSettings([]byte(text))
		if err == nil {
			_, err = cache.NewHandler(settings)
		}
		if !errors.Is(err, cache.ErrInvalidSettings) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory", MaxInFlight: -5}})
	if !errors.Is(err, cache.ErrInvalidSettings) || !strings.Contains(err.Error(), "is -5: it must be a number of bytes from 1 on") {
		t.Error(err)
	}
}

func TestWhatIsInFlightIsCountedExactly(t *testing.T) {
	h, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory", MaxInFlight: 100}})
	if err != nil {
		t.Fatal(err)
	}
	f := h.InFlight()
	if f.Limit() != 100 || !f.Reserve(60) || f.Reserve(41) || !f.Reserve(40) || f.Reserve(1) || !f.Reserve(-1) || f.Used() != 99 {
		t.Errorf("%d of %d bytes", f.Used(), f.Limit())
	}
	f.Release(99)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if f.Reserve(30) {
					if f.Used() > 100 {
						t.Error("it is over its limit")
					}
					f.Release(30)
				}
			}
		})
	}
	wg.Wait()
	if f.Used() != 0 {
		t.Errorf("%d bytes are left", f.Used())
	}
	var none *cache.Handler
	if n := none.InFlight(); !n.Reserve(1<<62) || n.Used() != 0 {
		t.Error("no handler has a bound")
	}
}
