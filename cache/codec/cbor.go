package codec

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// CBOR encodes values by RFC 8949. It keeps what JSON loses: integers of 64
// bits, byte slices, strings that are not UTF-8, NaN and the infinities, and
// times to the nanosecond with their zone offset, which is in whole minutes.
// Field names and options come from `cbor` or `json` struct tags; a type with
// MarshalCBOR or MarshalBinary encodes itself. Unknown fields are ignored, so
// that a struct may grow and shrink between releases.
//
// Read into an any, a map is a map[string]any, and one with keys of another
// type is ErrWrongType; an integer is an int64, or a big.Int if it does not
// fit.
//
// A value that refers to itself, one nested deeper than 1000 levels, and one
// that holds a struct whose fields are all unexported are ErrUnencodable.
var CBOR Codec = newCBOR()

type cborCodec struct {
	enc       cbor.EncMode
	dec       cbor.DecMode
	inspector inspector
}

func newCBOR() *cborCodec {
	enc, err := cbor.EncOptions{
		Time:    cbor.TimeRFC3339Nano,
		TimeTag: cbor.EncTagRequired,
	}.EncMode()
	if err != nil {
		panic(err) // the options are constants: a wrong one is a mistake in this file
	}
	dec, err := cbor.DecOptions{
		// What our own encoder writes must be readable: the library's default
		// limits would refuse long slices and deep values that it encodes.
		// Memory stays bounded by the length of the data, which is checked to
		// be well-formed before anything is allocated.
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
		// Parts whose types cannot be nested without end come on top of
		// maxDepth, and tags count as levels.
		MaxNestedLevels: 2 * maxDepth,
		// Go strings may hold invalid UTF-8; refusing to read back what was
		// stored would help nobody.
		UTF8:           cbor.UTF8DecodeInvalid,
		DefaultMapType: reflect.TypeFor[map[string]any](),
		IntDec:         cbor.IntDecConvertSignedOrBigInt,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return &cborCodec{
		enc: enc,
		dec: dec,
		inspector: inspector{
			marshalers: []reflect.Type{reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[encoding.BinaryMarshaler]()},
			builtin:    []reflect.Type{reflect.TypeFor[big.Int]()},
			tags:       []string{"cbor", "json"},
			advice:     "a MarshalBinary and an UnmarshalBinary method",
		},
	}
}

func (*cborCodec) Name() string { return "cbor" }
func (*cborCodec) ID() byte     { return 1 }

func (c *cborCodec) Append(dst []byte, v any) ([]byte, error) {
	if err := c.inspector.check(v); err != nil {
		return dst, err
	}
	data, err := c.enc.Marshal(v)
	if err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUnencodable, err)
	}
	return append(dst, data...), nil
}

func (c *cborCodec) Decode(data []byte, dst any) error {
	err := c.dec.Unmarshal(data, dst)
	if err == nil {
		return nil
	}
	var wrongType *cbor.UnmarshalTypeError
	var wrongTarget *cbor.InvalidUnmarshalError
	if errors.As(err, &wrongType) || errors.As(err, &wrongTarget) {
		return fmt.Errorf("%w: %w", ErrWrongType, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
