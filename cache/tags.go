package cache

import (
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/larder-go/larder/internal/keys"
)

// The limits of tags.
const (
	// MaxTags is how many tags an entry may have.
	MaxTags = 128

	// MaxTagLength is how many bytes a tag may have.
	MaxTagLength = 256
)

// Tags names what a value is made of, such as "product:7" and "prices", for Set, SetBytes,
// SetMany, Add, GetOrSet and Fill: [BaseCache.InvalidateTags] makes all entries with a tag
// misses, in one step, however many there are. A value can be given tags only as a whole: Set
// without Tags stores one without.
//
// An entry has at most [MaxTags] tags of 1 to [MaxTagLength] bytes; more or other ones are
// ErrInvalidOption, and a backend that can keep none is ErrUnsupported. An integer with tags is
// no counter: Incr of it is ErrNotInteger.
func Tags(tags ...string) Option { return newTagNames(tags).atMost(MaxTags) }

// tagNames are the tags of an operation, each once. They do not change.
type tagNames struct {
	names []string
	err   error // why an entry cannot have them
}

func (*tagNames) option() {}

func newTagNames(tags []string) *tagNames {
	t := &tagNames{names: slices.Compact(slices.Sorted(slices.Values(tags)))}
	for _, name := range t.names {
		if len(name) == 0 || len(name) > MaxTagLength {
			t.err = fmt.Errorf("%w: the tag %q has %d bytes: it must have 1 to %d", ErrInvalidOption, shortened(name), len(name), MaxTagLength)
		}
	}
	return t
}

// atMost makes more than max tags an error.
func (t *tagNames) atMost(max int) *tagNames {
	if len(t.names) > max && t.err == nil {
		t.err = fmt.Errorf("%w: %d tags: an entry may have %d", ErrInvalidOption, len(t.names), max)
	}
	return t
}

// and returns the tags of both; t may be nil.
func (t *tagNames) and(more *tagNames) *tagNames {
	if t == nil {
		return more
	}
	return newTagNames(slices.Concat(t.names, more.names)).atMost(MaxTags)
}

// hashes returns the hash of each tag.
func (t *tagNames) hashes() []keys.TagHash {
	if t == nil {
		return nil
	}
	hashes := make([]keys.TagHash, len(t.names))
	for i, name := range t.names {
		hashes[i] = keys.HashTag(name)
	}
	return hashes
}

var localTagSeed = maphash.MakeSeed()

// localHashes returns what stands for each tag of a namespace within this process.
func (t *tagNames) localHashes(prefix string) []uint64 {
	if t == nil {
		return nil
	}
	hashes := make([]uint64, len(t.names))
	for i, name := range t.names {
		var h maphash.Hash
		h.SetSeed(localTagSeed)
		maphash.WriteComparable(&h, [2]string{prefix, name})
		hashes[i] = h.Sum64()
	}
	return hashes
}
