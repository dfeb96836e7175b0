package codec

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"unicode/utf8"

	"github.com/larder-go/larder/internal/valuecheck"
)

// JSON encodes values by RFC 8259 with encoding/json, whose rules and struct
// tags apply, except its escapes for HTML. Read into an any, every number is a
// float64.
//
// A value that would not come back whole is ErrUnencodable, with the type and the
// field: what [CBOR] refuses, except that the tag `json:"-"` is JSON's own; and
// text that is not UTF-8, NaN and the infinities, a big.Float, and in an any byte
// slices, times and integers beyond 2^53. A json.RawMessage comes back as the same
// JSON: without its white space, and as null if it was nil.
var JSON Codec = newJSON()

type jsonCodec struct {
	checker *valuecheck.Checker
}

func newJSON() *jsonCodec {
	return &jsonCodec{valuecheck.New(valuecheck.Rules{
		Writers:  []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()},
		Readers:  []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
		Builtin:  []reflect.Type{reflect.TypeFor[json.RawMessage]()},
		Tags:     []string{"json"},
		Advice:   "a MarshalJSON and an UnmarshalJSON method",
		Lossy:    lostByJSON,
		Verified: changedByJSON,
		Encode:   func(v any) ([]byte, error) { return appendJSON(nil, v) },
		Decode:   json.Unmarshal,
		Null:     "null",
		JSON:     true,
	})}
}

// lostByJSON are types whose values come back as others.
var lostByJSON = map[reflect.Type]string{
	reflect.TypeFor[big.Float](): "JSON loses the precision of a big.Float: store its text",
}

// changedByJSON are types of which some values come back as others.
var changedByJSON = map[reflect.Type]string{
	reflect.TypeFor[json.Number](): "a json.Number that is empty comes back as 0: give the field the option omitempty",
}

func (*jsonCodec) Name() string { return "json" }
func (*jsonCodec) ID() byte     { return 2 }

func (c *jsonCodec) Append(dst []byte, v any) ([]byte, error) {
	if err := c.checker.Check(v); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUnencodable, err)
	}
	data, err := appendJSON(dst, v)
	if err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUnencodable, c.checker.Explain(v, err))
	}
	if mayHaveReplaced(data[len(dst):]) {
		if err := c.checker.CheckText(v); err != nil {
			return dst, fmt.Errorf("%w: %w", ErrUnencodable, err)
		}
	}
	return data, nil
}

// appendJSON appends v as encoding/json writes it, except the escapes by which it
// can be put into HTML.
func appendJSON(dst []byte, v any) ([]byte, error) {
	to := appender(dst)
	enc := json.NewEncoder(&to)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(addressable(v)); err != nil {
		return dst, err
	}
	return bytes.TrimSuffix(to, []byte("\n")), nil
}

// appender is a slice that an encoder can write to.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}

// mayHaveReplaced reports whether data, which was written, may be of text that is not
// UTF-8. encoding/json writes an escape instead of each such byte, of which the
// backslash is escaped, too, in JSON within JSON, and a replacement character that was
// there before as it is. What a method has written it leaves.
func mayHaveReplaced(data []byte) bool {
	return bytes.Contains(data, []byte(`\ufffd`)) || !utf8.Valid(data)
}

// addressable returns a pointer to a copy of v if its methods may be those of the
// pointer: where v has no address, encoding/json does not call them, and writes what
// they cannot read again.
func addressable(v any) any {
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Invalid, reflect.Pointer:
		return v
	case reflect.Struct, reflect.Array:
	default:
		if rv.Type().PkgPath() == "" { // it has no methods
			return v
		}
	}
	p := reflect.New(rv.Type())
	p.Elem().Set(rv)
	return p.Interface()
}

func (c *jsonCodec) Decode(data []byte, dst any) error {
	err := c.unmarshal(data, dst)
	if err != nil && c.checker.AllocateEmbedded(dst) {
		err = c.unmarshal(data, dst)
	}
	return err
}

func (*jsonCodec) unmarshal(data []byte, dst any) (err error) {
	defer malformedOnPanic(&err)
	if err = json.Unmarshal(data, dst); err == nil {
		return nil
	}
	var wrongType *json.UnmarshalTypeError
	var wrongTarget *json.InvalidUnmarshalError
	if errors.As(err, &wrongType) || errors.As(err, &wrongTarget) {
		return fmt.Errorf("%w: %w", ErrWrongType, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
