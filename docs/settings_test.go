package docs_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/larder-go/larder/backends/dummystore"
	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memcachestore"
	_ "github.com/larder-go/larder/backends/memstore"
	_ "github.com/larder-go/larder/backends/pgstore"
	_ "github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
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

// cacheURL is a line that is the URL of a cache, of larder's own backends.
var cacheURL = regexp.MustCompile(`^(memory|file|rediss?(\+[a-z]+)?|memcached|postgres|dummy)://`)

func TestEveryURLOfACacheIsRight(t *testing.T) {
	checked := 0
	for _, document := range documents(t) {
		for _, block := range blocks(t, document, "") {
			for line := range strings.Lines(block.code) {
				if line = strings.TrimSpace(line); !cacheURL.MatchString(line) {
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
