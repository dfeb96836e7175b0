package middleware

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
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

// maxVariants is how many variants of one URL a store holds: a client could
// otherwise make one for each value that it can think of. Two that have the same
// slot push each other out.
const maxVariants = 4096

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

// appendVariant appends the values of the fields that the page varies on to its
// canonical key. header is the request's.
func appendVariant(dst []byte, header http.Header, j *policy.Judgement, index *variants) []byte {
	dst = j.Note.AppendPart(dst, "generation of the variants", index.generation)
	return policy.AppendSelecting(dst, header, j, index.names)
}
