package echo5cache_test

import (
	"testing"

	"github.com/larder-go/larder/adapters/echo5cache"
	"github.com/larder-go/larder/middleware"
)

func TestANilFunctionIsAnErrorAtConstruction(t *testing.T) {
	for name, opt := range map[string]middleware.PageOption{
		"VaryBy":      echo5cache.VaryBy(nil),
		"VaryByNamed": echo5cache.VaryByNamed("user", nil),
		"When":        echo5cache.When(nil),
	} {
		if middleware.CheckOptions(opt) == nil {
			t.Errorf("%s has no error", name)
		}
	}
}
