package cache

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// everyAbility has all optional interfaces of package driver, of which none can be called.
type everyAbility struct {
	driver.Store
	driver.Many
	driver.Counter
	driver.Replacer
	driver.HeadReplacer
	driver.Peeker
	driver.Expirer
	driver.KeyChecker
	driver.Native
	driver.Sessions
	driver.Async
	driver.Invalidator
}

func (everyAbility) NativeByDefault() bool { return false }
func (everyAbility) BoundedByBytes() bool  { return false }

// A circuit breaker guards every ability that asks a server, and loses none.
func TestACircuitBreakerLosesNoAbility(t *testing.T) {
	plain := openedAs(everyAbility{}, nil)
	guarded := plain.guarded(newGuard("default", 1, time.Minute, slog.New(slog.DiscardHandler)))
	passing := []string{"keyChecker", "native", "sessions"} // in process, or for a store that is guarded itself
	before, after := reflect.ValueOf(plain).Elem(), reflect.ValueOf(guarded).Elem()
	for i := range before.NumField() {
		field := before.Type().Field(i)
		if field.Type.Kind() != reflect.Interface || field.Type.PkgPath() != reflect.TypeFor[driver.Store]().PkgPath() {
			continue
		}
		switch {
		case before.Field(i).IsNil():
			t.Errorf("the store has no %s, so nothing is tested", field.Name)
		case after.Field(i).IsNil():
			t.Errorf("%s is lost", field.Name)
		case after.Field(i).Elem().Type() == before.Field(i).Elem().Type() && !slices.Contains(passing, field.Name):
			t.Errorf("%s is not guarded", field.Name)
		}
	}
}

// failing invalidates nothing.
type failing struct {
	driver.Store
	calls int
}

var errFailing = errors.New("no answer")

func (f *failing) InvalidatesAtOnce() bool { return true }

func (f *failing) Invalidate(context.Context, driver.Invalidation) error {
	f.calls++
	return errFailing
}

// An invalidation that fails opens the breaker, and an open breaker refuses one.
func TestACircuitBreakerGuardsInvalidations(t *testing.T) {
	store := new(failing)
	guarded := openedAs(store, nil).guarded(newGuard("default", 1, time.Minute, slog.New(slog.DiscardHandler))).invalidator
	if !guarded.InvalidatesAtOnce() {
		t.Error("the answer of InvalidatesAtOnce is lost")
	}
	for _, want := range []error{errFailing, ErrUnavailable} {
		if err := guarded.Invalidate(t.Context(), driver.Invalidation{}); !errors.Is(err, want) {
			t.Errorf("Invalidate: %v, want %v", err, want)
		}
	}
	if store.calls != 1 {
		t.Errorf("the store was called %d times, want once", store.calls)
	}
}
