package acceptance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

// An entry of a tag that was invalidated does not come back when a full server evicts the
// records of tags, or their count: what was lost makes entries miss.
func TestAFullServerBringsNoInvalidatedEntryBack(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) string{
		"redis": func(t *testing.T) string {
			return "redis://" + testserver.StartRedis(t, "--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru").Addr()
		},
		"memcached": func(t *testing.T) string {
			return "memcached://" + testserver.StartMemcached(t, "-m", "2", "-o", "no_lru_maintainer").Addr()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := testbackends.Named(t, name).Server.WithTimeout(start(t), testbackends.LongTimeout)
			e := newTaggedEntries(t, address)
			for round := range 60 {
				e.invalidate(t, round%tagCount)
				e.store(t, round%tagCount, 1+round%perTag) // the others stay as they are, invalid
				e.flood(t, round)
				e.check(t)
			}
			if e.lost == 0 || e.hits == 0 {
				t.Errorf("%d valid entries were lost, and %d found: both have to happen", e.lost, e.hits)
			}
			t.Logf("%d hits, %d valid entries were lost", e.hits, e.lost)
		})
	}
}

// An entry of a tag that was invalidated does not come back when the server crashes and is
// started again, whatever that has kept.
func TestARestartBringsNoInvalidatedEntryBack(t *testing.T) {
	for _, b := range testbackends.Networked() {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			server, at := b.Server.Start(t)
			e := newTaggedEntries(t, b.Server.WithTimeout(at(server.Addr()), testbackends.LongTimeout))
			for round := range 3 {
				for tag := range tagCount {
					e.store(t, tag, perTag)
				}
				for tag := round; tag < tagCount; tag += 2 {
					e.invalidate(t, tag)
				}
				e.check(t)
				server.Kill()
				if err := server.Restart(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, c := range e.caches { // the first operations meet connections that have broken
					for range 20 {
						_, _ = c.Has(t.Context(), "any")
					}
				}
				e.check(t)
			}
		})
	}
}

const (
	tagCount = 12
	perTag   = 4 // entries
)

// taggedEntries are entries that two programs know, with what they may be: the number of
// invalidations of their tag.
type taggedEntries struct {
	caches        [2]*cache.BaseCache
	invalidations [tagCount]int
	stored        [tagCount]int // how many since the last
	hits, lost    int
}

func newTaggedEntries(t *testing.T, address string) *taggedEntries {
	e := new(taggedEntries)
	for i := range e.caches {
		e.caches[i] = open(t, address)
	}
	for tag := range tagCount {
		e.store(t, tag, perTag)
	}
	return e
}

func tagName(tag int) string { return fmt.Sprint("tag:", tag) }

func taggedKey(tag, i int) string { return fmt.Sprint("entry:", tag, ":", i) }

// store stores the first n entries of a tag, by both programs.
func (e *taggedEntries) store(t *testing.T, tag, n int) {
	t.Helper()
	for i := range n {
		load := func(context.Context) (int, error) { return e.invalidations[tag], nil }
		view := cache.For[int](e.caches[i%2], cache.Tags(tagName(tag)))
		if got, err := view.GetOrSet(t.Context(), taggedKey(tag, i), load); err != nil || got != e.invalidations[tag] {
			t.Errorf("GetOrSet of %s: %d, %v, want %d", taggedKey(tag, i), got, err, e.invalidations[tag])
		}
	}
	e.stored[tag] = n
}

func (e *taggedEntries) invalidate(t *testing.T, tag int) {
	t.Helper()
	if err := e.caches[tag%2].InvalidateTags(t.Context(), tagName(tag)); err != nil {
		t.Fatal(err)
	}
	e.invalidations[tag]++
	e.stored[tag] = 0
}

// flood stores so much, of all sizes that entries and records have, that the server has to evict
// some of what it has.
func (e *taggedEntries) flood(t *testing.T, round int) {
	t.Helper()
	for size := 1; size < 256; size += 32 { // Memcached keeps entries of each size apart
		items := make(map[string]any)
		for i := range 200 {
			items[fmt.Sprint("flood:", round, ":", size, ":", i)] = strings.Repeat("x", size)
		}
		if _, err := e.caches[round%2].SetMany(t.Context(), items); err != nil {
			t.Fatal(err)
		}
	}
}

// check has both programs read all entries.
func (e *taggedEntries) check(t *testing.T) {
	t.Helper()
	for _, c := range e.caches {
		for tag := range tagCount {
			for i := range perTag {
				got, found, err := cache.For[int](c).Get(t.Context(), taggedKey(tag, i))
				switch {
				case err != nil:
					t.Fatal(err)
				case found && got != e.invalidations[tag]:
					t.Errorf("%s is %d, invalidated %d times", taggedKey(tag, i), got, e.invalidations[tag])
				case found:
					e.hits++
				case i < e.stored[tag]:
					e.lost++
				}
			}
		}
	}
}
