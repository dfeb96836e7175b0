package driver

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Invalidator is implemented by a store that can invalidate tags for less than the core does by
// the other methods, which takes several steps for each tag.
//
// The core keeps what is known of tags in the store, as entries under reserved keys, see
// [Namespace.ReservedKey]: a count of the invalidations in the namespace, and a record for
// each tag. It reads and makes them like other entries. An entry that has tags has the
// versions in their records, and is valid while those are the same; while the count is
// the same, nobody has to look. That is why a store must not lose the change of a count
// or of a record that it has reported.
type Invalidator interface {
	// Invalidate changes the records that there are, as [Invalidation.Record] says, and adds
	// one to the number of the count if there is one. It makes neither, and keeps their
	// expiry; unless InvalidatesAtOnce, a record may become one that does not expire.
	//
	// If InvalidatesAtOnce, it does all in one step, as everybody else sees it: readers,
	// other invalidations, and whoever makes the count or a record meanwhile. Otherwise it
	// adds to the count before the first record is changed, and again after the last,
	// even if ctx ends in between; and what a record becomes follows from what it was just
	// before, so that a soft invalidation does not bring back a version that another has
	// changed.
	//
	// What is under the key of the count and is no count is ErrNotInteger. If Invalidate
	// returns an error, any part may have been done. A store does not repeat one whose
	// answer was lost: the first may arrive after a later invalidation, and would bring back
	// its version.
	Invalidate(ctx context.Context, inv Invalidation) error

	// InvalidatesAtOnce reports whether Invalidate is one step. The answer never changes.
	InvalidatesAtOnce() bool
}

// Invalidation says what [Invalidator.Invalidate] does.
type Invalidation struct {
	Count   []byte   // the key of the count: text that ParseCount reads, without Making unless InvalidatesAtOnce
	Records [][]byte // the keys of the records of the tags, which do not repeat
	Version string   // the new version, of VersionSize
	Soft    bool
}

// VersionSize is the length in bytes of the version of a tag, which is random text.
const VersionSize = 16

// Record returns what becomes of a record, given the count to which the invalidation has
// added one, or nothing if there is no count. A record has two versions, and then the count
// at which it was changed last, as text. An invalidation that is not soft changes both
// versions, and a soft one the second.
func (inv *Invalidation) Record(old []byte, count string) []byte {
	first := inv.Version
	if inv.Soft && len(old) >= 2*VersionSize {
		first = string(old[:VersionSize])
	}
	return []byte(first + inv.Version + count)
}

// Count is the number of invalidations in a namespace, with the random number that was chosen
// when it was made: two counts are equal only if they are of the same making. A store that
// cannot keep text and count has numbers that begin at random instead, and no Making.
type Count struct {
	Making string // hexadecimal digits, or empty
	Number int64
}

// NewCount returns a count that no other is equal to.
func NewCount() Count { return Count{Making: NewVersion(), Number: 1} }

// NewVersion returns a version of a tag that no other is equal to.
func NewVersion() string {
	var b [VersionSize / 2]byte
	n := rand.Uint64()
	for i := range b {
		b[i] = byte(n >> (8 * i))
	}
	return hex.EncodeToString(b[:])
}

// String returns the count as it is stored: the making, a colon and the number, or the number
// alone.
func (c Count) String() string {
	number := strconv.FormatInt(c.Number, 10)
	if c.Making == "" {
		return number
	}
	return c.Making + ":" + number
}

// ParseCount reads what [Count.String] returned. It reports false for anything else.
func ParseCount(text string) (c Count, ok bool) {
	making, number, hasMaking := strings.Cut(text, ":")
	if !hasMaking {
		making, number = "", text
	} else if len(making) != VersionSize {
		return Count{}, false
	}
	c.Number, ok = ParseInteger([]byte(number))
	if !ok || c.Number < 0 {
		return Count{}, false
	}
	c.Making = making
	return c, true
}
