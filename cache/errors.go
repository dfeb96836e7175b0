package cache

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/flight"
)

// The errors of operations. Those shared with backends are the same values as
// in package driver.
var (
	// ErrNotFound reports a missing key to operations that need one: Incr,
	// Decr, IncrVersion, DecrVersion.
	ErrNotFound = driver.ErrNotFound

	// ErrCorrupt reports an entry that cannot be read: damaged, of a later
	// version, or not larder's. Operations treat such an entry as a miss, so it
	// appears in events and logs only; [Value.Decode] and [Value.Bytes] return it.
	ErrCorrupt = driver.ErrCorrupt

	// ErrTooLarge reports a value over the limit of the backend, or of a
	// compressed entry. After Set and SetMany nothing is left under the key; Add
	// leaves an entry that was there.
	ErrTooLarge = driver.ErrTooLarge

	// ErrNotInteger reports Incr or Decr of a value that is not an integer. It
	// stays as it was.
	ErrNotInteger = driver.ErrNotInteger

	// ErrOverflow reports that Incr or Decr would leave the range of int64.
	ErrOverflow = driver.ErrOverflow

	// ErrInvalidKey reports a key that the backend cannot hold.
	ErrInvalidKey = driver.ErrInvalidKey

	// ErrClosed reports an operation after Shutdown.
	ErrClosed = driver.ErrClosed

	// ErrUnsupported reports an operation that the backend cannot do.
	ErrUnsupported = driver.ErrUnsupported

	// ErrUnencodable reports a value that cannot be turned into bytes.
	ErrUnencodable = codec.ErrUnencodable

	// ErrWrongType reports that a cached value is of another type than the one
	// it is read into.
	ErrWrongType = codec.ErrWrongType

	// ErrNilValue reports that a cached nil is read into a type that cannot be
	// nil.
	ErrNilValue = errors.New("cached value is nil")

	// ErrInvalidVersion reports a negative version, or math.MaxInt64, which is reserved.
	ErrInvalidVersion = errors.New("invalid version")

	// ErrInvalidOption reports an option that has no effect on the operation, although
	// the caller would rely on it: a timeout for Incr or Decr.
	ErrInvalidOption = errors.New("invalid option")

	// ErrUnavailable reports that the backend was not asked: the circuit breaker of
	// the alias is open, or the look-up had [FailOpen] and the backend did not answer
	// before.
	ErrUnavailable = errors.New("backend unavailable: it has failed, and is left alone for a while")

	// ErrNilLoader reports a GetOrSet or Fill without a loader.
	ErrNilLoader = errors.New("nil loader")

	// ErrGoexit reports that a loader called runtime.Goexit.
	ErrGoexit = flight.ErrGoexit

	// ErrRecursive reports a loader that asks, under its own context, for the
	// key that it is loading.
	ErrRecursive = flight.ErrRecursive

	// ErrNotShared reports to callers that waited for the load of another caller that
	// its value is for that caller only, see [Loaded.Private]; or that the value is
	// too large to be encoded, so that there is no copy for the others.
	ErrNotShared = errors.New("the loaded value is not to be shared")
)

// PanicError is a panic of a loader, or of the caller's code that an
// asynchronous operation has run. All callers that waited get it. Its field Value,
// of type any, is what was passed to panic, and Stack, a []byte, is the stack of
// the goroutine that panicked; it unwraps to Value if that is an error. The
// PanicError of package signals is another type, for panics of receivers.
type PanicError = flight.PanicError

// The errors of configuration. All match ErrInvalidBackend.
var (
	// ErrInvalidBackend is what every error about the choice of a cache or its
	// settings matches.
	ErrInvalidBackend = errors.New("invalid cache backend")

	// ErrUnknownAlias reports an alias that the settings do not have.
	ErrUnknownAlias = fmt.Errorf("%w: unknown alias", ErrInvalidBackend)

	// ErrUnknownBackend reports a backend that is not registered.
	ErrUnknownBackend = fmt.Errorf("%w: unknown backend", ErrInvalidBackend)

	// ErrInvalidSettings reports settings that cannot be right: a malformed
	// URL or JSON, an unknown option, a value out of range.
	ErrInvalidSettings = fmt.Errorf("%w: invalid settings", ErrInvalidBackend)

	// ErrOpenFailed reports that the backend could not open the store. The
	// next operation tries again.
	ErrOpenFailed = fmt.Errorf("%w: cannot open", ErrInvalidBackend)
)

// Error is the error of an operation.
type Error struct {
	Op    string // the method, such as "Get": one of Cache, GetOrSet, MakeKey, Open or Shutdown
	Alias string // the alias of the cache
	Key   string // the caller's key; empty if the error is not about one key
	Err   error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("cache ")
	b.WriteString(strconv.Quote(e.Alias))
	b.WriteString(": ")
	b.WriteString(e.Op)
	if e.Key != "" {
		b.WriteByte(' ')
		b.WriteString(strconv.Quote(shortened(e.Key)))
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// shortened keeps a key that a hostile client made long out of logs.
func shortened(key string) string {
	const most = 300
	if len(key) <= most {
		return key
	}
	return key[:most] + "…"
}
