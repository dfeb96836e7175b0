package cache_test

import (
	"errors"
	"strings"
	"testing"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/hooks"
)

// An invalid max_in_flight, or one for another alias than the default, is an error that says what
// is right.
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

// InFlight returns the bytes in flight and the limit of the settings.
func TestInFlightReturnsBytesAndTheLimitOfTheSettings(t *testing.T) {
	for maxInFlight, want := range map[int64]int64{0: cache.DefaultMaxInFlight, 100: 100} {
		h, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory", MaxInFlight: maxInFlight}})
		if err != nil {
			t.Fatal(err)
		}
		hooks.Cache.Budget(h).Hold(60)
		if used, limit := h.InFlight(); used != 60 || limit != want {
			t.Errorf("MaxInFlight %d: %d of %d bytes, want 60 of %d", maxInFlight, used, limit, want)
		}
	}
	if hooks.Cache.Budget(nil) != nil {
		t.Error("there is a budget without a handler")
	}
}
