package memcachestore_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/backends/memcachestore"
)

const ringKeys = 2000

func serverNames(t *rapid.T) []string {
	n := rapid.IntRange(2, 12).Draw(t, "servers")
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("10.0.%d.%d:11211", rapid.IntRange(0, 9).Draw(t, "net"), i)
	}
	return names
}

// Losing one of several servers moves its keys only.
func TestLosingOneServerOfNMovesItsKeysOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := serverNames(t)
		lost := rapid.IntRange(0, len(names)-1).Draw(t, "lost")
		before := memcachestore.Ring(names)
		after := memcachestore.Ring(slices.Delete(slices.Clone(names), lost, lost+1))
		moved := 0
		for i := range ringKeys {
			key := fmt.Sprint("shop:1:article:", i)
			was, is := before(key), after(key)
			if was != is {
				moved++
			}
			if (was == names[lost]) != (was != is) {
				t.Fatalf("%s moved from %s to %s when %s was lost", key, was, is, names[lost])
			}
		}
		// One standard deviation is 8 % of the share, so this is six of them.
		share := ringKeys / len(names)
		if moved < share/2 || moved > share*3/2 {
			t.Fatalf("%d of %d keys moved when one of %d servers was lost, want about %d", moved, ringKeys, len(names), share)
		}
	})
}

// The order of servers makes no difference to where a key is.
func TestTheOrderOfServersDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := serverNames(t)
		one, other := memcachestore.Ring(names), memcachestore.Ring(rapid.Permutation(names).Draw(t, "order"))
		for i := range 100 {
			if key := fmt.Sprint(i); one(key) != other(key) {
				t.Fatalf("key %s is on %s or %s", key, one(key), other(key))
			}
		}
	})
}

// The server of a key never changes between releases.
func TestWhereAKeyLivesNeverChanges(t *testing.T) {
	pick := memcachestore.Ring([]string{"a:11211", "b:11211", "c:11211"})
	var got string
	for i := range 24 {
		got += pick(fmt.Sprint("shop:1:", i))[:1]
	}
	if want := "bcbcaccabbbcbbababcbacbc"; got != want {
		t.Errorf("keys 0 to 23 are on %s, want %s", got, want)
	}
}
