package cache

import (
	"fmt"

	"github.com/larder-go/larder/cache/codec"
)

// Option changes one operation: a [Timeout], a [Version], [Shared], [Native],
// [Using] or [FailOpen]. An option that has no meaning for an operation is
// ignored by it, as a timeout is by Get.
type Option interface {
	apply(options) options
}

// options is the sum of the Options of one call. It is passed by value, so
// that a call without options allocates nothing.
type options struct {
	timeout    Timeout
	version    int
	hasVersion bool
	shared     bool
	native     bool
	failOpen   bool
	codec      codec.Codec
	assigner   nativeAssigner // nil for none
}

// Version is the version of the key that an operation works on, in place of
// the alias's own. A negative version is ErrInvalidVersion.
type Version int

func (v Version) apply(o options) options {
	o.version, o.hasVersion = int(v), true
	return o
}

type flag uint8

const (
	flagShared flag = iota
	flagNative
	flagFailOpen
)

var (
	// Shared lets GetBytes return the memory of the store, which must not be
	// changed, in place of a copy.
	Shared Option = flagShared

	// Native keeps the Go value itself where the store can, an in-process one,
	// in place of its encoded form, which is what other stores get. The value
	// is then shared by all who read it, and must never change after it is
	// passed in. On a memory store that is bounded by bytes it must have a
	// method CacheSize() int that tells its size in bytes. It is read back as
	// the type that it has, a pointer as a pointer: nothing is converted.
	// Native has no effect on integers and byte slices.
	Native Option = flagNative

	// FailOpen makes Fill and GetOrSet treat an error of the backend, one that
	// cannot be opened included, as a miss: the loader runs, once for all who wait, and what it returns is
	// handed on and not stored. The error is reported as an event.
	FailOpen Option = flagFailOpen
)

func (f flag) apply(o options) options {
	switch f {
	case flagShared:
		o.shared = true
	case flagNative:
		o.native = true
	case flagFailOpen:
		o.failOpen = true
	}
	return o
}

// Using encodes and decodes values with c in place of the alias's codec.
func Using(c codec.Codec) Option { return codecOption{c} }

type codecOption struct{ codec codec.Codec }

func (c codecOption) apply(o options) options {
	if c.codec != nil {
		o.codec = c.codec
	}
	return o
}

// options adds up opts over the defaults of the alias.
func (a *alias) options(opts []Option) (options, error) {
	o := options{version: a.version, codec: a.codec, failOpen: a.missOnError}
	for _, opt := range opts {
		if opt != nil {
			o = opt.apply(o)
		}
	}
	o.timeout = o.timeout.or(a.timeout)
	if o.version < 0 {
		return o, fmt.Errorf("%w: %d is negative", ErrInvalidVersion, o.version)
	}
	return o, nil
}
