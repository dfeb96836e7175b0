package cache

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/larder-go/larder/cache/codec"
)

// The functions of this file call code that is not larder's: codecs and compressions,
// which a program may supply, and the marshalling methods of values, which codecs call. A
// panic there becomes an error of that one entry: it ends neither the other callers that
// ask for it nor the other keys of a GetMany.

// appendEncoded is Append of c.
func appendEncoded(c codec.Codec, dst []byte, v any) (payload []byte, err error) {
	defer panicked(&err, ErrUnencodable)
	return c.Append(dst, v)
}

// decodePayload is Decode of c. A panic is an error and not a miss, except for callers with
// a loader: otherwise a value that cannot be read would look as if it had never been set.
func decodePayload(c codec.Codec, payload []byte, dst any) (err error) {
	defer panicked(&err, errDecode)
	return c.Decode(payload, dst)
}

// compress is Compress of c.
func compress(c codec.Compression, dst, payload []byte) (packed []byte, err error) {
	defer panicked(&err, ErrUnencodable)
	return c.Compress(dst, payload), nil
}

// decompress is Decompress of c.
func decompress(c codec.Compression, packed []byte, size int) (payload []byte, err error) {
	defer panicked(&err, ErrCorrupt)
	return c.Decompress(packed, size)
}

// cacheSize is what a native value says of its size.
func cacheSize(v interface{ CacheSize() int }) (size int64, err error) {
	defer panicked(&err, ErrUnencodable)
	return int64(v.CacheSize()), nil
}

var errDecode = errors.New("cached value cannot be decoded")

// isPanic reports whether err is of a panic.
func isPanic(err error) bool {
	var p *PanicError
	return errors.As(err, &p)
}

// panicked, deferred, makes a panic an error that matches as and [*PanicError].
func panicked(err *error, as error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("%w: %w", as, &PanicError{Value: v, Stack: debug.Stack()})
	}
}
