package memstore

import (
	"errors"
	"fmt"
	"math"

	"github.com/larder-go/larder/cache/driver"
)

// DefaultMaxEntries is how many entries a store holds if its [Options] set no
// bound.
const DefaultMaxEntries = 10_000

// Options say how a store is bounded and what it keeps. The zero value is a
// store of at most [DefaultMaxEntries] entries.
type Options struct {
	// MaxEntries is the number of entries that the store holds. Zero means no such
	// bound; if MaxBytes is zero, too, the bound is [DefaultMaxEntries]. At most one
	// of MaxEntries and MaxBytes may be set, because the eviction policy weighs
	// entries in one unit.
	MaxEntries int64

	// MaxBytes is the number of bytes that the store holds: of each entry the
	// key, the value and [EntryOverhead]. Zero means no such bound. An entry of a store
	// with this bound is at most 4 GiB.
	MaxBytes int64

	// Native makes the core keep all values of the aliases of this store as Go
	// values, rather than only those for which the caller asks. Such values
	// are shared by all readers and must never change.
	Native bool

	// Clock tells the store the time, for tests. It must never run backwards.
	// The default is the store's own coarse clock, see the package comment.
	// Expired entries are swept about once a second of real time, whatever the
	// clock says.
	Clock driver.Clock
}

// validate reports everything that is wrong with o.
func (o Options) validate() error {
	var errs []error
	if o.MaxEntries < 0 || o.MaxEntries > math.MaxInt {
		errs = append(errs, fmt.Errorf("MaxEntries is %d: it must be a number from 1 to %d, or zero for the default", o.MaxEntries, math.MaxInt))
	}
	if o.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("MaxBytes is %d: it must be positive, or zero for a bound by entries", o.MaxBytes))
	}
	if o.MaxEntries != 0 && o.MaxBytes != 0 {
		errs = append(errs, errors.New("MaxEntries (max_entries) and MaxBytes (max_bytes) are both set: a store is bounded by one of them"))
	}
	return errors.Join(errs...)
}
