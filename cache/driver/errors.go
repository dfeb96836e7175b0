package driver

import "errors"

// The sentinel errors of the store contract. Package cache re-exports them
// under the same names.
var (
	// ErrNotFound reports that the key is not in the store, or has expired.
	ErrNotFound = errors.New("not found")

	// ErrCorrupt reports that something is stored under the key but is
	// damaged, so that the store cannot return what was written. The core
	// treats it as a miss that it reports, and replaces the entry when it has
	// a new value.
	ErrCorrupt = errors.New("corrupt entry")

	// ErrTooLarge reports that the value is over the limit of the store. If
	// the value was to be stored, nothing is left under the key; an Add or a
	// Replace that would not have stored it may go without the error.
	ErrTooLarge = errors.New("value too large")

	// ErrNotInteger reports that the value to increment is not an integer. It
	// stays as it was.
	ErrNotInteger = errors.New("value is not an integer")

	// ErrOverflow reports that an increment would leave the range of int64 (or
	// of the backend's counters). The value stays as it was unless the
	// backend's documentation says otherwise.
	ErrOverflow = errors.New("integer overflow")

	// ErrInvalidKey reports a key that the store cannot hold.
	ErrInvalidKey = errors.New("invalid key")

	// ErrClosed reports an operation on a store that was shut down.
	ErrClosed = errors.New("store is shut down")

	// ErrUnsupported reports an operation that the store cannot do.
	ErrUnsupported = errors.New("not supported by this store")
)
