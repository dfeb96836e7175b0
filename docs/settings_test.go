package docs_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	_ "github.com/larder-go/larder/internal/allbackends"
)

func TestEveryBlockOfJSONIsSettingsThatAreRight(t *testing.T) {
	for _, document := range documents(t) {
		for i, block := range blocks(t, document, "json") {
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(document), i), func(t *testing.T) {
				settings, err := cache.ParseSettings([]byte(block.code))
				if err == nil {
					_, err = cache.NewHandler(settings) // which opens nothing
				}
				if err != nil {
					t.Errorf("%s, line %d: %v", document, block.line, err)
				}
			})
		}
	}
}

// isCacheURL reports whether a line is the URL of a cache on a registered backend.
func isCacheURL(line string) bool {
	scheme, _, found := strings.Cut(line, "://")
	_, registered := driver.DefaultRegistry.Lookup(scheme)
	return found && registered
}

func TestEveryURLOfACacheIsRight(t *testing.T) {
	checked := 0
	for _, document := range documents(t) {
		for _, block := range blocks(t, document, "") {
			for line := range strings.Lines(block.code) {
				if line = strings.TrimSpace(line); !isCacheURL(line) {
					continue
				}
				checked++
				config, err := cache.ParseURL(line)
				if err == nil {
					err = config.Check("default")
				}
				if err != nil {
					t.Errorf("%s, line %d and on: %q: %v", document, block.line, line, err)
				}
			}
		}
	}
	if checked == 0 {
		t.Error("there are no URLs")
	}
}
