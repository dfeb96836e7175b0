package driver

import (
	"context"
	"math"
	"time"
)

// Never is the ttl of an entry that does not expire. It is the largest
// Duration, about 292 years, so a store that computes with it must guard
// against overflow.
const Never = time.Duration(math.MaxInt64)

// MaxClockLag is how far an in-process store's clock may be behind: no entry
// is served later than this after its expiry, as far as the scheduler lets the
// goroutine that reads the clock run in time.
const MaxClockLag = 5 * time.Millisecond

// HeadSize is how many bytes of a stored value the core needs to tell whether
// the entry is one of its own: the length of the envelope's header. A "head"
// in this package is the first HeadSize bytes of a value or the whole of a
// shorter one; a store may return more if that costs nothing.
const HeadSize = 32

// Store is what every backend implements. The package comment says what holds
// for all methods: ownership of bytes, keys, timeouts, errors, concurrency.
type Store interface {
	// Get returns the value stored under key, or ErrNotFound. A value of zero
	// length is returned as an empty or nil slice with a nil error.
	Get(ctx context.Context, key []byte) ([]byte, error)

	// Set stores value under key, replacing value and expiry of what was
	// there. When it returns nil the value was stored; eviction may follow at
	// any time. When it returns ErrTooLarge, nothing is stored under key.
	// After any other error the old entry, the new one or none may be there,
	// never a mixture.
	Set(ctx context.Context, key, value []byte, ttl time.Duration) error

	// Add stores value if nothing is stored under key, or only an expired
	// entry, and reports whether it did. If it did not, head is the head of
	// the entry that is there. It is atomic: of many concurrent calls, in this
	// process and in others on the same backend, exactly one adds. Where the
	// backend cannot read the head in the same step, the entry may be gone by
	// then, and head is nil. A damaged entry gives ErrCorrupt and is left.
	Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error)

	// Touch gives the entry under key a new expiry, from now, and leaves its
	// value. It returns the head of the value, or ErrNotFound; an expired
	// entry is not found and is not revived. Touching an entry that never
	// expires with Never succeeds.
	Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error)

	// Delete removes the entry under key and reports whether there was one
	// that had not expired. If there was, head is the head of the entry that was
	// removed, so that the core can tell its own records from values; it may be
	// nil for a native entry. Where the backend cannot read the head in the same
	// step, it reads it just before, and head may be that of an entry that was
	// replaced between the two, or empty if the entry was written between them.
	// Deleting what is not there is no error. A damaged entry is removed and
	// reported as having been there, with a nil head.
	Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error)

	// Clear removes every entry whose key is in the namespace, and no other:
	// never the whole server, unless the store was opened with an option that
	// says it owns the server. Entries written while Clear runs may or may not
	// survive. The backend's documentation says what Clear costs.
	Clear(ctx context.Context, ns Namespace) error

	// Shutdown ends the use of the store: it refuses new operations, waits for
	// those in flight until ctx ends, and releases connections, files and
	// goroutines. It is idempotent; a second call waits as the first does.
	// Shutdown does not delete entries that outlive the process.
	Shutdown(ctx context.Context) error
}
