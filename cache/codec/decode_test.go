package codec_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/larder-go/larder/cache/codec"
)

// Data of another type is ErrWrongType, and not ErrMalformed.
func TestAValueOfAnotherTypeIsDistinguishedFromCorruption(t *testing.T) {
	var (
		intoStruct  address
		intoString  string
		intoSmall   int8
		intoSlice   []string
		intoMap     map[string]int
		intoPointer *address
	)
	tests := map[string]struct {
		v, dst any
	}{
		"string into struct":      {"text", &intoStruct},
		"slice into struct":       {[]string{"a"}, &intoStruct},
		"struct into slice":       {address{}, &intoSlice},
		"struct into string":      {address{}, &intoString},
		"number into string":      {1.5, &intoString},
		"number that is too big":  {1 << 20, &intoSmall},
		"wrong element":           {[]any{"a", 1.5}, &intoSlice},
		"wrong map value":         {map[string]any{"a": "text"}, &intoMap},
		"wrong field":             {map[string]any{"street": []string{"a"}}, &intoPointer},
		"nil as destination":      {address{}, nil},
		"nil pointer":             {address{}, (*address)(nil)},
		"destination not pointer": {address{}, address{}},
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for name, test := range tests {
			t.Run(c.Name()+"/"+name, func(t *testing.T) {
				data, err := c.Append(nil, test.v)
				if err != nil {
					t.Fatal(err)
				}
				err = c.Decode(data, test.dst)
				if !errors.Is(err, codec.ErrWrongType) || errors.Is(err, codec.ErrMalformed) {
					t.Errorf("Decode = %v, want ErrWrongType", err)
				}
			})
		}
	}
	t.Run("cbor/map with keys that are no strings, into any", func(t *testing.T) {
		data, err := codec.CBOR.Append(nil, map[int]string{1: "a"})
		if err != nil {
			t.Fatal(err)
		}
		var dst any
		if err := codec.CBOR.Decode(data, &dst); !errors.Is(err, codec.ErrWrongType) {
			t.Errorf("Decode = %v, want ErrWrongType", err)
		}
	})
}

func wantMalformed(t *testing.T, c codec.Codec, data []byte, dst any) {
	t.Helper()
	if err := c.Decode(data, dst); !errors.Is(err, codec.ErrMalformed) || errors.Is(err, codec.ErrWrongType) {
		t.Errorf("%s: Decode(%q) = %v, want ErrMalformed", c.Name(), data, err)
	}
}

// Corrupt encoded data is ErrMalformed.
func TestCorruptDataIsMalformed(t *testing.T) {
	for c, all := range map[codec.Codec][]string{
		codec.CBOR: {
			"", "\xff", "\x1c", "\xa1", "\x9f", "\x65abc", "\xa1\x61a", "\x82\x01", "\xc0", "\xf8\x00",
			"\x01\x02",                               // two values
			"\xa1\x61aA",                             // a key without its value
			"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",   // an array of 2^63-1
			"\xbb\x00\x00\x00\x00\x7f\xff\xff\xff",   // a map of 2^31-1
			"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",   // bytes of 2^64-1
			strings.Repeat("\x81", 3000) + "\x01",    // deeper than can be written
			strings.Repeat("\xc1", 3000) + "\x01",    // as many tags
			strings.Repeat("\x9f", 100_000) + "\x01", // and without end
		},
		codec.JSON: {
			"", " ", "{", "[1", `{"a"`, `{"a":}`, `"abc`, "nul", "1 2", "{}x", "\xff", "01",
			strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		},
	} {
		for _, data := range all {
			var intoAny any
			var intoStruct user
			wantMalformed(t, c, []byte(data), &intoAny)
			wantMalformed(t, c, []byte(data), &intoStruct)
		}
	}
}

// Encoded data that is cut anywhere is ErrMalformed.
func TestEveryTruncationIsMalformed(t *testing.T) {
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		u := newUser()
		u.Tags = nil // long, and much of the same
		data, err := c.Append(nil, u)
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(data) {
			wantMalformed(t, c, data[:n], new(user))
			wantMalformed(t, c, data[:n], new(any))
		}
	}
}

// picky refuses what it is given.
type picky struct{ A int }

var errPicky = errors.New("not to my taste")

func (*picky) UnmarshalCBOR([]byte) error { return errPicky }
func (*picky) UnmarshalJSON([]byte) error { return errPicky }

var (
	_ cbor.Unmarshaler = (*picky)(nil)
	_ json.Unmarshaler = (*picky)(nil)
)

// Data that a type's own method refuses is ErrMalformed.
func TestWhatATypeRefusesIsMalformed(t *testing.T) {
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		data, err := c.Append(nil, struct{ P address }{})
		if err != nil {
			t.Fatal(err)
		}
		var dst struct{ P picky }
		if err := c.Decode(data, &dst); !errors.Is(err, codec.ErrMalformed) || !errors.Is(err, errPicky) {
			t.Errorf("%s: %v, want ErrMalformed with the type's own error", c.Name(), err)
		}
	}
	wantMalformed(t, codec.JSON, []byte(`"yesterday"`), new(time.Time))
}
