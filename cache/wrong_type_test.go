package cache_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"log/slog"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// The types of two releases of a program.
type (
	numbered struct{ ID int }
	named    struct{ ID string }
)

// readNamed reads what the release before stored under k in each way.
func readNamed(t *testing.T, c cache.Cache) map[string]func() (found bool, err error) {
	users := cache.For[named](c)
	return map[string]func() (bool, error){
		"Get":      func() (bool, error) { _, found, err := users.Get(t.Context(), "k"); return found, err },
		"GetBytes": func() (bool, error) { _, found, err := c.GetBytes(t.Context(), "k"); return found, err },
		"GetMany": func() (bool, error) {
			found, err := users.GetMany(t.Context(), []string{"k"})
			return len(found) > 0, err
		},
		"async": func() (bool, error) {
			l, err := users.Async().Get(t.Context(), "k").Await(t.Context())
			return l.Found, err
		},
	}
}

// A value of another type is ErrWrongType or a miss, as on_wrong_type of the alias says.
func TestAValueOfAnotherTypeIsAnErrorOrAMissAsTheAliasSays(t *testing.T) {
	stored := map[string]any{"another struct": numbered{1}, "text": "text", "nil": nil, "integer": 7, "another field": struct{ ID int }{1}}
	for name, value := range stored {
		for _, policy := range []cache.ErrorPolicy{cache.ReturnErrors, cache.MissOnError} {
			c := newCache(t, newMapStore(), cache.Config{OnWrongType: policy}, discardLog())
			mustSet(t, c, "k", value)
			for op, read := range readNamed(t, c) {
				if op == "GetBytes" && value == nil {
					continue // bytes can be nil
				}
				found, err := read()
				wrong := errors.Is(err, cache.ErrWrongType) || errors.Is(err, cache.ErrNilValue)
				if found || (policy == cache.ReturnErrors) != wrong || policy == cache.MissOnError && err != nil {
					t.Errorf("%s, %v: %s = %v, %v", name, policy, op, found, err)
				}
			}
		}
	}
}

// A value of another type that counts as a miss is replaced by one load, and reported.
func TestAMissOfAnotherTypeIsReplacedByOneLoadAndReported(t *testing.T) {
	for name, cfg := range map[string]cache.Config{"on_wrong_type": {OnWrongType: cache.MissOnError}, "on_error": {OnError: cache.MissOnError}} {
		events := new(signals.Signal[cache.Event])
		c := newCache(t, newMapStore(), cfg, discardLog(), cache.WithEvents(events))
		mustSet(t, c, "k", numbered{1}, cache.Never)
		log := record(events)
		loads := 0
		for range 2 {
			got, err := cache.For[named](c).GetOrSet(t.Context(), "k", func(context.Context) (named, error) { loads++; return named{"u-1"}, nil })
			if got.ID != "u-1" || err != nil {
				t.Errorf("%s: GetOrSet = %+v, %v", name, got, err)
			}
		}
		want := []string{"corrupt GetOrSet k", "load GetOrSet k", "set GetOrSet k", "hit GetOrSet k"}
		if got := log.take(); loads != 1 || !slices.Equal(got, want) {
			t.Errorf("%s: %d loads, %q; want one and %q", name, loads, got, want)
		}
	}
}

// A destination that is no pointer is an error whatever on_wrong_type says.
func TestADestinationThatIsNoPointerIsAnErrorEvenIfTypesMiss(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{OnWrongType: cache.MissOnError}, discardLog())
	mustSet(t, c, "k", numbered{1})
	for _, dst := range []any{nil, numbered{}, (*numbered)(nil)} {
		if _, err := c.Get(t.Context(), "k", dst); !errors.Is(err, cache.ErrWrongType) {
			t.Errorf("Get into a %T: %v, want ErrWrongType", dst, err)
		}
	}
}

// The log says what to do about a value of another type.
func TestTheLogSaysWhatToDoAboutAValueOfAnotherType(t *testing.T) {
	for _, policy := range []cache.ErrorPolicy{cache.ReturnErrors, cache.MissOnError} {
		book := new(logBook)
		c := newCache(t, newMapStore(), cache.Config{OnWrongType: policy}, cache.WithLogger(slog.New(book)))
		mustSet(t, c, "k", numbered{1})
		for range 3 {
			_, _, _ = cache.For[named](c).Get(t.Context(), "k")
		}
		text := book.messages()
		if len(text) != 1 {
			t.Fatalf("%v: logged %q, want one line for all", policy, text)
		}
		if policy == cache.ReturnErrors && !strings.Contains(text[0], "on_wrong_type") {
			t.Errorf("%q does not name the setting", text[0])
		}
	}
}

// A negative default timeout is refused with an error that names never.
func TestANegativeDefaultTimeoutIsRefusedAndNamesNever(t *testing.T) {
	for _, raw := range []string{"memory://?timeout=-1", "memory://?timeout=-5m", "memory://?timeout=-1ns"} {
		cfg, err := cache.ParseURL(raw)
		if err == nil {
			err = cfg.Check("default")
		}
		if !errors.Is(err, cache.ErrInvalidSettings) || !strings.Contains(err.Error(), "never") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
