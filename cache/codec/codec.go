// Package codec turns values into bytes and back for package cache. It holds
// the three codecs, CBOR (the default), JSON and raw bytes, and the two
// compressions, zstd and s2; a program may bring codecs of its own. It knows
// nothing of keys, timeouts or stores.
package codec

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/larder-go/larder/internal/flight"
)

var (
	// ErrUnencodable reports a value that the codec cannot turn into bytes.
	ErrUnencodable = errors.New("value cannot be encoded")

	// ErrWrongType reports that the stored value is of another type than the
	// one it is to be read into.
	ErrWrongType = errors.New("cached value is of another type")

	// ErrMalformed reports bytes that no encoder wrote.
	ErrMalformed = errors.New("malformed data")

	// ErrTooLarge reports compressed data that would grow over the limit.
	ErrTooLarge = errors.New("decompressed value too large")
)

// Codec turns values into bytes and back. Its methods must be safe for
// concurrent use.
//
// A codec never sees nil, integers, strings or byte slices: package cache
// stores those in forms of its own.
type Codec interface {
	// Name is what settings call the codec.
	Name() string

	// ID is stored with each entry, so that a reader with another codec takes
	// the entry for a foreign one and not for garbage. 1 to 127 are this
	// package's; a codec of a program uses 128 to 255.
	ID() byte

	// Append appends the encoded form of v to dst. It keeps neither. A value
	// that it cannot encode is an error that matches ErrUnencodable.
	Append(dst []byte, v any) ([]byte, error)

	// Decode stores the decoded form of data in the value that dst, a non-nil
	// pointer, points to. The value must not share memory with data. If data
	// is well-formed but does not fit the type of dst the error matches
	// ErrWrongType. Any other error, that of a type's own unmarshalling method
	// included, means that data is of no use to anyone.
	Decode(data []byte, dst any) error
}

// ByName returns the codec of this package called name: "cbor", "json" or
// "raw".
func ByName(name string) (Codec, error) {
	switch name {
	case CBOR.Name():
		return CBOR, nil
	case JSON.Name():
		return JSON, nil
	case Raw.Name():
		return Raw, nil
	}
	return nil, fmt.Errorf("unknown codec %q: the codecs are cbor, json and raw", name)
}

// malformedOnPanic, deferred, makes a panic of a value's own methods an error, which
// is a *PanicError of package cache too.
func malformedOnPanic(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("%w: %w", ErrMalformed, &flight.PanicError{Value: v, Stack: debug.Stack()})
	}
}
