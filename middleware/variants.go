package middleware

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/keys"
)

// variants is what is stored for a URL whose responses vary: the names of the
// selecting fields, and a random part of the variants' keys, so that forgetting
// the index forgets them all.
type variants struct {
	generation string
	names      []string
	softened   time.Time // variants whose run began before are stale
}

// minIndexTTL is how long an index lives at least. It may well outlive its
// variants; it holds no response.
const minIndexTTL = 24 * time.Hour

func indexTTL(keep time.Duration) time.Duration { return max(keep, minIndexTTL) }

// newGeneration makes the random part. A test that compares two sites makes it the
// same for both.
var newGeneration = rand.Text

// newVariants returns an index of these names.
func newVariants(names []string) *variants {
	names = slices.Clone(names)
	slices.Sort(names)
	return &variants{generation: newGeneration(), names: slices.Compact(names)}
}

// needsIndex reports whether there is an index even for responses without Vary.
func (x *exchange) needsIndex() bool { return x.depth == 0 && x.foreign || x.hasOtherKeys() }

// hasOtherKeys reports whether requests for the URL may differ in what is in the
// key besides it.
func (x *exchange) hasOtherKeys() bool {
	p := x.h.policy
	return len(p.cookies.inKey) > 0 || len(p.varyValues) > 0 || len(x.vary) > 0
}

// maxVariants is how many variants of one URL a store holds: a client could
// otherwise make one for each value that it can think of. Two that have the same
// slot push each other out.
const maxVariants = 4096

// variantKey is the key in the cache of the variant with that canonical key, which
// is x's or one like it. index is that of the URL, also for the variants of a variant,
// so that all variants of a URL have the same slots.
func (x *exchange) variantKey(index *variants, canonical []byte) string {
	var buffer [256]byte
	key := keys.AppendPart(append(buffer[:0], x.canonical[:x.primaryLen]...), index.generation)
	selecting := x.fullLen + len(key) - x.primaryLen // behind the generation
	slot := variantSlot(index.generation, canonical[x.primaryLen:x.fullLen], canonical[selecting:])
	return pageKey(binary.AppendUvarint(key, slot))
}

// variantSlot returns the slot of a variant that requests select by these parts of
// their keys. All processes must come to the same, and no client may know which
// requests have one slot, since it could push a variant of its choice out with another
// that nobody asks for. The generation is what they share and clients do not know.
func variantSlot(generation string, rest, selecting []byte) uint64 {
	var buffer [512]byte
	keyed := append(append(append(buffer[:0], generation...), rest...), selecting...)
	sum := sha256.Sum256(keyed)
	return binary.LittleEndian.Uint64(sum[:]) % maxVariants
}

// selectingNames are the names in a Vary field that select a variant. The host
// is in the key of every page.
func selectingNames(vary []string) []string {
	return slices.DeleteFunc(slices.Clone(vary), func(name string) bool { return name == "Host" })
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}

// without returns the names that are not among others.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
