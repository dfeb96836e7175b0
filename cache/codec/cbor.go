package codec

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/url"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"

	"github.com/larder-go/larder/internal/valuecheck"
)

// CBOR encodes values by RFC 8949. It keeps what JSON loses: integers of 64
// bits, byte slices, strings that are not UTF-8, NaN and the infinities, and
// times to the nanosecond with their zone offset, which must be whole minutes.
// Field names and options come from `cbor` or `json` struct tags; a type with
// MarshalCBOR or MarshalBinary encodes itself. Unknown fields are ignored, so
// that a struct may grow and shrink between releases.
//
// Read into an any, a map is a map[string]any, and one with keys of another
// type is ErrWrongType; an integer is an int64, or a big.Int if it does not
// fit.
//
// A value that would not come back whole is ErrUnencodable, with the type and the
// field: one with a struct or a map of other keys than text in an any, or something
// in an interface with methods; with a struct whose fields are all unexported, or
// beside an embedded type whose methods encode the whole; with a field that is set
// and has the tag `json:"-"` without a `cbor` tag; with a time in a zone with
// seconds; one that refers to itself, or is nested deeper than 1000 levels.
var CBOR Codec = newCBOR()

type cborCodec struct {
	enc     cbor.UserBufferEncMode
	dec     cbor.DecMode
	checker *valuecheck.Checker
}

// cborBuffers are buffers for encoded values.
var cborBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooledBuffer bounds the memory that a few large values leave behind.
const maxPooledBuffer = 64 << 10

func newCBOR() *cborCodec {
	enc, err := cbor.EncOptions{
		Time:    cbor.TimeRFC3339Nano,
		TimeTag: cbor.EncTagRequired,
	}.UserBufferEncMode()
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
		// MaxDepth, and tags count as levels.
		MaxNestedLevels: 2 * valuecheck.MaxDepth,
		// Go strings may hold invalid UTF-8, and what was stored must be
		// readable.
		UTF8:           cbor.UTF8DecodeInvalid,
		DefaultMapType: reflect.TypeFor[map[string]any](),
		IntDec:         cbor.IntDecConvertSignedOrBigInt,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return &cborCodec{enc, dec, valuecheck.New(valuecheck.Rules{
		Writers:  []reflect.Type{reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[encoding.BinaryMarshaler]()},
		Readers:  []reflect.Type{reflect.TypeFor[cbor.Unmarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler]()},
		Builtin:  []reflect.Type{reflect.TypeFor[big.Int](), reflect.TypeFor[cbor.Tag](), reflect.TypeFor[cbor.SimpleValue](), reflect.TypeFor[cbor.ByteString]()},
		Tags:     []string{"cbor", "json"},
		Advice:   "a MarshalBinary and an UnmarshalBinary method",
		Verified: changedByCBOR,
		Encode:   enc.Marshal,
		Decode:   dec.Unmarshal,
		Null:     "\xf6",
	})}
}

// changedByCBOR are types of which some values come back as others.
var changedByCBOR = map[reflect.Type]string{
	reflect.TypeFor[url.URL]():         "this url.URL is another one when it is parsed from its text: store the text",
	reflect.TypeFor[cbor.RawMessage](): "a cbor.RawMessage that is nil comes back as null: give the field the option omitempty",
}

func (*cborCodec) Name() string { return "cbor" }
func (*cborCodec) ID() byte     { return 1 }

func (c *cborCodec) Append(dst []byte, v any) ([]byte, error) {
	if err := c.checker.Check(v); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUnencodable, err)
	}
	buf := cborBuffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= maxPooledBuffer {
			cborBuffers.Put(buf)
		}
	}()
	buf.Reset()
	if err := c.enc.MarshalToBuffer(v, buf); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUnencodable, c.checker.Explain(v, err))
	}
	return append(dst, buf.Bytes()...), nil
}

func (c *cborCodec) Decode(data []byte, dst any) error {
	err := c.unmarshal(data, dst)
	if err != nil && c.checker.AllocateEmbedded(dst) {
		err = c.unmarshal(data, dst)
	}
	return err
}

func (c *cborCodec) unmarshal(data []byte, dst any) (err error) {
	defer malformedOnPanic(&err)
	if err = c.dec.Unmarshal(data, dst); err == nil {
		return nil
	}
	var wrongType *cbor.UnmarshalTypeError
	var wrongTarget *cbor.InvalidUnmarshalError
	if errors.As(err, &wrongType) || errors.As(err, &wrongTarget) {
		return fmt.Errorf("%w: %w", ErrWrongType, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
