package codec

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// JSON encodes values by RFC 8259 with encoding/json, whose rules and struct
// tags apply. Read into an any, every number is a float64 and a byte slice is
// its base64; bytes of a string that are not UTF-8 become U+FFFD.
//
// A value that refers to itself, one nested deeper than 1000 levels, and one
// that holds a struct whose fields are all unexported are ErrUnencodable.
var JSON Codec = newJSON()

type jsonCodec struct {
	inspector inspector
}

func newJSON() *jsonCodec {
	return &jsonCodec{inspector{
		marshalers: []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()},
		tags:       []string{"json"},
		advice:     "a MarshalJSON and an UnmarshalJSON method",
	}}
}

func (*jsonCodec) Name() string { return "json" }
func (*jsonCodec) ID() byte     { return 2 }

func (c *jsonCodec) Append(dst []byte, v any) ([]byte, error) {
	if err := c.inspector.check(v); err != nil {
		return dst, err
	}
	data, err := json.Marshal(addressable(v))
	if err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUnencodable, err)
	}
	return append(dst, data...), nil
}

// addressable returns a pointer to a copy of a struct or an array: where it has
// no address, encoding/json does not call methods of pointers, and writes what
// they cannot read again.
func addressable(v any) any {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Struct && rv.Kind() != reflect.Array {
		return v
	}
	p := reflect.New(rv.Type())
	p.Elem().Set(rv)
	return p.Interface()
}

func (*jsonCodec) Decode(data []byte, dst any) error {
	err := json.Unmarshal(data, dst)
	if err == nil {
		return nil
	}
	var wrongType *json.UnmarshalTypeError
	var wrongTarget *json.InvalidUnmarshalError
	if errors.As(err, &wrongType) || errors.As(err, &wrongTarget) {
		return fmt.Errorf("%w: %w", ErrWrongType, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
