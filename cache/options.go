package cache

import (
	"fmt"

	"github.com/larder-go/larder/cache/codec"
)

// Option changes one operation: a [Timeout], a [Version], [Shared], [Native],
// [Using] or [FailOpen]. An option that has no meaning for an operation is
// ignored by it, as a timeout is by Get.
type Option interface{ option() }

// options is the sum of the Options of one call. It is passed by value, so
// that a call allocates nothing for it.
type options struct {
	timeout  Timeout
	version  int
	shared   bool
	native   bool
	failOpen bool
	codec    codec.Codec
	assigner nativeAssigner // nil for none
}

// Version is the version of the key that an operation works on, in place of
// the alias's own. A negative version is ErrInvalidVersion.
type Version int

func (Version) option() {}

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

func (flag) option() {}

// Using encodes and decodes values with c in place of the alias's codec.
func Using(c codec.Codec) Option { return codecOption{c} }

type codecOption struct{ codec codec.Codec }

func (codecOption) option() {}

// assignerOption is how a [View] brings its assigner.
type assignerOption struct{ nativeAssigner }

func (assignerOption) option() {}

// options adds up opts over the defaults of the alias. It tells them by their
// types: a method of each, called through the interface, would have o on the
// heap or copy it twice for each option.
func (a *alias) options(o *options, opts []Option) error {
	o.timeout, o.version, o.codec, o.failOpen = a.timeout, a.version, a.codec, a.missOnError
	for _, opt := range opts {
		switch opt := opt.(type) {
		case flag:
			o.shared = o.shared || opt == flagShared
			o.native = o.native || opt == flagNative
			o.failOpen = o.failOpen || opt == flagFailOpen
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
		}
	}
	if o.version < 0 {
		return fmt.Errorf("%w: %d is negative", ErrInvalidVersion, o.version)
	}
	return nil
}
