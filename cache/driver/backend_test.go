package driver_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

func someBackend() driver.Backend {
	return driver.Backend{
		Open:     func(context.Context, driver.Config) (driver.Store, error) { return nil, driver.ErrUnsupported },
		Validate: func(driver.Config) error { return nil },
	}
}

// A registry finds what was registered and lists the names in order.
func TestARegistryFindsWhatWasRegistered(t *testing.T) {
	var r driver.Registry
	if _, ok := r.Lookup("b"); ok || len(r.Names()) != 0 {
		t.Error("an empty registry has something")
	}
	r.Register("redis+cluster", someBackend())
	r.Register("b", someBackend())
	if b, ok := r.Lookup("b"); !ok || b.Open == nil {
		t.Error("b is not found")
	}
	if got := r.Names(); !slices.Equal(got, []string{"b", "redis+cluster"}) {
		t.Errorf("names %v", got)
	}
}

// Register panics on a mistake in the program, and says which.
func TestRegisterPanicsOnAMistakeInTheProgram(t *testing.T) {
	noOpen, noValidate := someBackend(), someBackend()
	noOpen.Open, noValidate.Validate = nil, nil
	tests := []struct {
		name    string
		backend driver.Backend
		want    string
	}{
		{"taken", someBackend(), "registered twice"},
		{"", someBackend(), "not a backend name"},
		{"Upper", someBackend(), "not a backend name"},
		{"1digit", someBackend(), "not a backend name"},
		{"with space", someBackend(), "not a backend name"},
		{"noopen", noOpen, "needs both Open and Validate"},
		{"novalidate", noValidate, "needs both Open and Validate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var r driver.Registry
			r.Register("taken", someBackend())
			defer func() {
				text, _ := recover().(string)
				if !strings.Contains(text, test.want) {
					t.Errorf("panic %q, want %q", text, test.want)
				}
			}()
			r.Register(test.name, test.backend)
		})
	}
}
