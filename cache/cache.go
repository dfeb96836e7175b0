package cache

import (
	"context"
)

// Cache is what every cache can do. [BaseCache] is its one implementation over
// a backend, and [Proxy] forwards to one; a wrapper of one's own embeds a
// Cache and overrides what it wants to see.
//
// Reading operations report a miss beside the error, and treat an entry that
// cannot be read as a miss that is reported as an event. All operations honour
// their context.
type Cache interface {
	// Get stores the cached value in what dst, a non-nil pointer, points to,
	// replacing what was there, and reports whether there was one. A cached nil is found: it sets
	// pointers, maps, slices and interfaces to nil and is ErrNilValue for
	// other types. A value that does not fit dst is ErrWrongType.
	Get(ctx context.Context, key string, dst any, opts ...Option) (found bool, err error)

	// GetBytes returns what SetBytes stored. The caller may change it, unless
	// it passed Shared. A value that was not stored as bytes is ErrWrongType. A
	// cached nil is nil, and found.
	GetBytes(ctx context.Context, key string, opts ...Option) (value []byte, found bool, err error)

	// Has reports whether Get would find something that can be read as an
	// entry. It publishes neither EventHit nor EventMiss.
	Has(ctx context.Context, key string, opts ...Option) (bool, error)

	// Set stores value. With a timeout of zero or less it deletes the key. A
	// value that cannot be encoded is ErrUnencodable and leaves what was
	// there. If the backend refuses the value, ErrTooLarge, nothing is left.
	Set(ctx context.Context, key string, value any, opts ...Option) error

	// SetBytes is Set for a byte slice, without the detour over any.
	SetBytes(ctx context.Context, key string, value []byte, opts ...Option) error

	// Add stores value only if nothing that can be read is there, and reports
	// whether it did. It is atomic, between processes too. With a timeout of
	// zero or less it stores nothing, and reports whether it would have.
	Add(ctx context.Context, key string, value any, opts ...Option) (added bool, err error)

	// Touch gives the entry a new timeout, the alias's own if none is passed,
	// and reports whether there was one. A timeout of zero or less expires it
	// at once.
	Touch(ctx context.Context, key string, opts ...Option) (touched bool, err error)

	// Delete removes the entry and reports whether there was one. A value that a
	// [Loader] is loading under key at that moment is not stored, whatever process it is in.
	// An entry whose tags were invalidated counts as one.
	Delete(ctx context.Context, key string, opts ...Option) (deleted bool, err error)

	// Clear removes the entries of this alias, all versions, and no others.
	// What it costs depends on the backend. It returns the error of a backend that
	// fails, whatever the alias's [ErrorPolicy] is: the entries may still be there.
	Clear(ctx context.Context) error

	// InvalidateTags makes every entry of this alias that has one of tags a miss, see
	// [Tags] and [BaseCache.InvalidateTags].
	InvalidateTags(ctx context.Context, tags ...string) error

	// InvalidateTagsSoft is InvalidateTags for entries that may be served a little longer
	// where stale ones may be.
	InvalidateTagsSoft(ctx context.Context, tags ...string) error

	// GetMany returns those of keys that are there. If some of them could not be
	// looked up, as where one of several servers is down, it returns the others
	// with an error, in which [*KeysError] names those that failed; with
	// [MissOnError] it returns the others without one.
	GetMany(ctx context.Context, keys []string, opts ...Option) (map[string]Value, error)

	// SetMany stores all items with one timeout. It returns the keys that were not
	// stored. The error says why; it wraps a [*KeysError] if only some failed, and
	// with [MissOnError] an outage gives failed keys and a nil error. If a value
	// cannot be encoded, nothing is stored and all keys are returned. A value over a
	// limit leaves nothing under its key.
	SetMany(ctx context.Context, items map[string]any, opts ...Option) (failed []string, err error)

	// DeleteMany removes the entries under keys. If some could not be removed, the
	// others are, and in the error [*KeysError] names those that failed.
	DeleteMany(ctx context.Context, keys []string, opts ...Option) error

	// Incr adds delta to the integer under key and returns the new value. It
	// is atomic and keeps the timeout. A missing key is ErrNotFound, a value
	// that is not an integer ErrNotInteger, and a result outside of int64
	// ErrOverflow: each leaves the entry as it was. A timeout among opts is
	// ErrInvalidOption.
	Incr(ctx context.Context, key string, delta int64, opts ...Option) (int64, error)

	// Decr is Incr with the opposite sign.
	Decr(ctx context.Context, key string, delta int64, opts ...Option) (int64, error)

	// IncrVersion moves the entry to its version plus delta, with the time it
	// has left, and returns the new version. A missing key is ErrNotFound; a
	// delta of 0 changes nothing. A version below 0, or of math.MaxInt64, is
	// ErrInvalidVersion. An entry under the new version is overwritten. It is not
	// atomic: the entry is written under the new version and then deleted under the
	// old one.
	IncrVersion(ctx context.Context, key string, delta int, opts ...Option) (int, error)

	// DecrVersion is IncrVersion with the opposite sign.
	DecrVersion(ctx context.Context, key string, delta int, opts ...Option) (int, error)

	// Fill is Get, and on a miss runs load, stores what it returns and stores
	// it in dst, once for all callers that ask for the key at the same time. [Loader]
	// says what load may rely on.
	Fill(ctx context.Context, key string, dst any, load Loader, opts ...Option) (Outcome, error)

	// Close ends this request's use of the cache: it waits for asynchronous
	// operations that the request started and releases what the request
	// holds. The cache stays usable. It is idempotent.
	Close(ctx context.Context) error
}
