package page

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// Variants is what is stored for a URL whose responses vary: the names of the
// selecting fields, and a random part of the variants' keys, so that forgetting
// the index forgets them all.
type Variants struct {
	Generation  string
	Names       []string
	MarkedStale time.Time // Variants whose run began before are stale
}

// MinIndexTTL is how long an index lives at least. It may well outlive its
// variants; it holds no response.
const MinIndexTTL = 24 * time.Hour

func IndexTTL(keep time.Duration) time.Duration { return max(keep, MinIndexTTL) }

// NewGeneration makes the random part. A test that compares two sites makes it the
// same for both.
var NewGeneration = rand.Text

// NewVariants returns an index of these names.
func NewVariants(names []string) *Variants {
	names = slices.Clone(names)
	slices.Sort(names)
	return &Variants{Generation: NewGeneration(), Names: slices.Compact(names)}
}

// MaxVariants is how many variants of one URL a store holds: a client could
// otherwise make one for each value that it can think of. Two that have the same
// slot push each other out.
const MaxVariants = 4096

// VariantSlot returns the slot of a variant that requests select by these parts of
// their keys. All processes must come to the same, and no client may know which
// requests have one slot, since it could push a variant of its choice out with another
// that nobody asks for. The generation is what they share and clients do not know.
func VariantSlot(generation string, rest, selecting []byte) uint64 {
	var buffer [512]byte
	keyed := append(append(append(buffer[:0], generation...), rest...), selecting...)
	sum := sha256.Sum256(keyed)
	return binary.LittleEndian.Uint64(sum[:]) % MaxVariants
}

// AppendVariant appends the values of the fields that the page varies on to its
// canonical key. header is the request's.
func AppendVariant(dst []byte, header http.Header, j *policy.RequestInfo, index *Variants) []byte {
	dst = j.Note.AppendPart(dst, "generation of the variants", index.Generation)
	return policy.AppendSelecting(dst, header, j, index.Names)
}
