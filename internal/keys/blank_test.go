package keys_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/keys"
)

// A control character or blank of a key is found wherever it stands.
func TestAControlCharacterOrBlankIsSeenWhereverItStands(t *testing.T) {
	for c := range 0x100 {
		for _, length := range []int{1, 7, 8, 9, 17} { // longer than two words
			for at := range length {
				key := []byte(strings.Repeat("~", length))
				key[at] = byte(c)
				want := slices.ContainsFunc(key, keys.IsControlOrBlank)
				if got := keys.HasControlOrBlank(key); got != want || want != (c <= ' ' || c == 0x7f) {
					t.Errorf("key %q: %v, want %v", key, got, want)
				}
			}
		}
	}
}
