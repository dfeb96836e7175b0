package gincache_test

import (
	"testing"

	"github.com/larder-go/larder/adapters/gincache"
	"github.com/larder-go/larder/middleware"
)

// A nil function is an error at construction.
func TestANilFunctionIsAnErrorAtConstruction(t *testing.T) {
	for name, opt := range map[string]middleware.PageOption{
		"VaryBy":      gincache.VaryBy(nil),
		"VaryByNamed": gincache.VaryByNamed("user", nil),
		"When":        gincache.When(nil),
	} {
		if middleware.CheckOptions(opt) == nil {
			t.Errorf("%s has no error", name)
		}
	}
}
