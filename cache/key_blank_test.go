package cache_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
)

// Each blank and control character of a key is found, wherever it stands.
func TestEveryBlankAndControlCharacterIsSeenWhereverItStands(t *testing.T) {
	for c := range 0x100 {
		refused := c <= ' ' || c == 0x7f
		// Longer than two of the words in which keys are looked at, in steps that
		// put c at each place of a word.
		for _, length := range []int{1, 7, 8, 9, 17} {
			for at := range length {
				key := []byte(strings.Repeat("~", length))
				key[at] = byte(c)
				if warned := warnsOf(t, string(key)); warned != refused {
					t.Errorf("key %q: a warning: %v, want %v", key, warned, refused)
				}
			}
		}
	}
}

// warnsOf reports whether a key is warned of, of which the store sees just this.
func warnsOf(t *testing.T, key string) bool {
	t.Helper()
	var log bytes.Buffer
	cfg := cache.Config{KeyFunc: func(_ string, _ int, key string) string { return key }}
	c, err := cache.New(newMapStore(), cfg, cache.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Has(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	return log.Len() > 0
}
