package cache

import (
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
)

// Option changes one operation: a [Timeout], a [Version], [Tags], [LeaseWait],
// [Shared], [Native], [Using], [FailOpen] or [FailClosed]. An operation ignores an option that has no meaning
// for it, as Get ignores a timeout; for Incr and Decr a timeout is ErrInvalidOption.
type Option interface{ option() }

// options are the Options of one call, resolved over the defaults of its alias. An
// operation has them on its stack and passes them by reference, except to what outlives
// the operation: copying so many words stalls on the stores that have just written them.
type options struct {
	timeout   Timeout
	leaseWait time.Duration
	version   int
	codec     codec.Codec
	assigner  nativeAssigner // nil for none
	tags      *tagNames      // nil for none
	flags     flags
}

// Version is the version of the key that an operation works on, instead of
// the alias's own. A negative version is ErrInvalidVersion, and so is
// math.MaxInt64, which is that of larder's own records.
type Version int

func (Version) option() {}

// flags is a set of what can be said in a word.
type flags uint8

const (
	flagShared flags = 1 << iota
	flagNative
	flagFailOpen
	flagQuiet // see fill.Hooks
	flagFailClosed
)

func (f flags) has(flag flags) bool { return f&flag != 0 }

var (
	// Shared lets GetBytes return the memory of the store, which must not be
	// changed, instead of a copy.
	Shared Option = flagShared

	// Native keeps the Go value itself where the store can, an in-process one,
	// instead of its encoded form, which other stores get. The value is then
	// shared by all readers, and must never change after it is passed in. In a
	// memory store with a limit in bytes it must have a method CacheSize() int
	// that returns its size in bytes. It is read back as the type that it has,
	// a pointer as a pointer: nothing is converted.
	// Native has no effect on integers and byte slices.
	Native Option = flagNative

	// FailOpen makes Fill and GetOrSet treat an error of the backend as a miss, also
	// if the backend cannot be opened: the loader runs once for all callers that wait,
	// and its value is returned and not stored. The error is reported as an event.
	//
	// While the backend is unresponsive (it does not answer in time, or cannot be
	// reached), look-ups with FailOpen fail fast with ErrUnavailable, which counts as a
	// miss for Fill and GetOrSet. Once a second, one look-up probes the backend. A
	// backend of several servers is unresponsive only if none of them answers.
	FailOpen Option = flagFailOpen

	// FailClosed returns an error of the backend to the caller whatever the
	// alias's OnError says: for an invalidation, which must not be dropped without
	// its caller knowing. It overrides [FailOpen], so such an operation asks a
	// backend that does not answer, too. Clear works so without it. While a circuit
	// breaker is open, the error is ErrUnavailable.
	FailClosed Option = flagFailClosed
)

func (flags) option() {}

// Using encodes and decodes values with c instead of the alias's codec.
func Using(c codec.Codec) Option { return codecOption{c} }

type codecOption struct{ codec codec.Codec }

func (codecOption) option() {}

// LeaseWait is for how long GetOrSet and Fill wait for a load of the same key in another
// process, instead of [DefaultLeaseWait]. After that they load for themselves, and the other
// process stores its value. With zero or less they do not wait. A load that another load
// starts, under its context, never waits, so that no two wait for each other. Callers in this process that
// wait for the load of one of them wait as long as that.
func LeaseWait(d time.Duration) Option { return leaseWait(d) }

type leaseWait time.Duration

func (leaseWait) option() {}

// assignerOption is how a [View] brings its assigner.
type assignerOption struct{ nativeAssigner }

func (assignerOption) option() {}

// resolve applies opts over the defaults of the alias, and sets o to the result. It
// switches on their types: a method of each, called through the interface, would move o to
// the heap or copy it twice for each option.
func (a *alias) resolve(o *options, opts []Option) error {
	*o = a.options
	for _, opt := range opts {
		if set, ok := opt.(flags); ok { // as most are: this is faster than the switch
			o.flags |= set
			continue
		}
		switch opt := opt.(type) {
		case assignerOption:
			o.assigner = opt.nativeAssigner
		case Timeout:
			o.timeout = opt.or(a.timeout)
		case Version:
			o.version = int(opt)
		case codecOption:
			if opt.codec != nil {
				o.codec = opt.codec
			}
		case *tagNames:
			o.tags = o.tags.and(opt)
		case leaseWait:
			o.leaseWait = time.Duration(opt)
		}
	}
	if o.flags.has(flagFailClosed) {
		o.flags &^= flagFailOpen
	}
	if o.tags != nil && o.tags.err != nil {
		return o.tags.err
	}
	return checkVersion(o.version)
}

// checkVersion returns an error that matches ErrInvalidVersion if no entry can have
// version v.
func checkVersion(v int) error {
	if uint64(int64(v)) < driver.ReservedVersion {
		return nil
	}
	return wrongVersion(v)
}

func wrongVersion(v int) error {
	if v < 0 {
		return fmt.Errorf("%w: %d is negative", ErrInvalidVersion, v)
	}
	return fmt.Errorf("%w: %d is reserved for larder's own records: take a smaller one", ErrInvalidVersion, v)
}
