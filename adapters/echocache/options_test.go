package echocache_test

import (
	"testing"

	"github.com/larder-go/larder/adapters/echocache"
	"github.com/larder-go/larder/middleware"
)

// A nil function is an error at construction.
func TestANilFunctionIsAnErrorAtConstruction(t *testing.T) {
	for name, opt := range map[string]middleware.PageOption{
		"VaryBy":      echocache.VaryBy(nil),
		"VaryByNamed": echocache.VaryByNamed("user", nil),
		"When":        echocache.When(nil),
	} {
		if middleware.CheckOptions(opt) == nil {
			t.Errorf("%s has no error", name)
		}
	}
}
