package cache_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// The types of the rows with methods of their own, by which they are written or read.
type (
	// maybeTime is like a nullable time whose Valid follows from the time.
	maybeTime struct {
		time.Time
		Valid bool
	}
	// price writes its currency as it is and reads it in capitals.
	price struct {
		amountText
		Currency string
	}
	amountText struct{ text string }
	failure    struct {
		amountText
		Err error
	}
	// account2 writes an embedded pointer to nothing in particular as nil.
	account2 struct {
		*Outer
		Name string
	}

	// textID and quotedID write text that may not be UTF-8: encoding/json replaces what
	// is not in the text of the first, and leaves the second's as it is.
	textID   struct{ text string }
	quotedID struct{ text string }
	// maybe is null if it is not set.
	maybe[T any] struct {
		Value T
		Set   bool
	}

	currency string
	flag     string

	// bytesID reads itself as text, which is not what the codec writes of bytes.
	bytesID []byte

	// resource has the method of the messages of protobuf and no hidden field, as types
	// of Kubernetes have.
	resource struct{ Name string }
	// reflected has the method of today's messages of protobuf.
	reflected struct{ Name string }

	// settings cannot read its zero value: each is tried.
	settings struct {
		Limit int
		Seen  map[string]time.Time
		Tags  []string `json:",omitempty"`
		Any   any
		Raw   json.RawMessage `json:",omitempty"`
		Temp  string          `json:"-" cbor:"-"`
	}

	// rounded writes three digits, and cannot read its zero value: each is tried.
	rounded struct{ N big.Int }
	// knot refers to itself when it has been read.
	knot struct {
		Self *knot
		List []any
		Name string
	}

	// version says that it is zero if it is a draft.
	version struct {
		N     int
		Draft bool
	}

	byPointer     struct{ N int }
	HasByPointer  struct{ Part byPointer }
	behindPointer struct {
		*HasByPointer
		Name string
	}
	besidePointer struct {
		HasByPointer
		Name string
	}

	// Methods of the parts of bothParts cancel each other out, those of hiddenParts, too.
	Part1     struct{ ID int }
	Part2     struct{ N int }
	bothParts struct {
		Part1
		Part2
	}
	hiddenParts struct {
		amountText
		Part2
	}
)

func (m maybeTime) MarshalJSON() ([]byte, error) {
	if !m.Valid {
		return []byte("null"), nil
	}
	return m.Time.MarshalJSON()
}

func (m *maybeTime) UnmarshalJSON(b []byte) (err error) {
	*m = maybeTime{}
	if string(b) != "null" {
		err = m.Time.UnmarshalJSON(b)
		m.Valid = !m.Time.IsZero()
	}
	return err
}
func (m maybeTime) MarshalBinary() ([]byte, error)     { return m.MarshalJSON() }
func (m *maybeTime) UnmarshalBinary(data []byte) error { return m.UnmarshalJSON(data) }

func (a amountText) MarshalText() ([]byte, error)       { return []byte(a.text), nil }
func (a *amountText) UnmarshalText(b []byte) error      { a.text = string(b); return nil }
func (a amountText) MarshalBinary() ([]byte, error)     { return []byte(a.text), nil }
func (a *amountText) UnmarshalBinary(data []byte) error { a.text = string(data); return nil }

func (p price) MarshalText() ([]byte, error) { return []byte(p.text + " " + p.Currency), nil }
func (p *price) UnmarshalText(b []byte) error {
	text, unit, _ := strings.Cut(string(b), " ")
	p.text, p.Currency = text, strings.ToUpper(unit)
	return nil
}
func (p price) MarshalBinary() ([]byte, error)     { return p.MarshalText() }
func (p *price) UnmarshalBinary(data []byte) error { return p.UnmarshalText(data) }

func (a account2) MarshalText() ([]byte, error) {
	if a.Outer == nil || a.ID == 0 {
		return []byte(a.Name), nil
	}
	return fmt.Appendf(nil, "%s %d", a.Name, a.ID), nil
}

func (a *account2) UnmarshalText(b []byte) error {
	name, id, found := strings.Cut(string(b), " ")
	a.Name, a.Outer = name, nil
	if !found {
		return nil
	}
	n, err := strconv.Atoi(id)
	a.Outer = &Outer{n}
	return err
}
func (a account2) MarshalBinary() ([]byte, error)     { return a.MarshalText() }
func (a *account2) UnmarshalBinary(data []byte) error { return a.UnmarshalText(data) }

func (i textID) MarshalText() ([]byte, error)       { return []byte(i.text), nil }
func (i *textID) UnmarshalText(b []byte) error      { i.text = string(b); return nil }
func (i textID) MarshalBinary() ([]byte, error)     { return []byte(i.text), nil }
func (i *textID) UnmarshalBinary(data []byte) error { i.text = string(data); return nil }

func (i quotedID) MarshalJSON() ([]byte, error)       { return []byte(`"` + i.text + `"`), nil }
func (i *quotedID) UnmarshalJSON(b []byte) error      { return json.Unmarshal(b, &i.text) }
func (i quotedID) MarshalBinary() ([]byte, error)     { return []byte(i.text), nil }
func (i *quotedID) UnmarshalBinary(data []byte) error { i.text = string(data); return nil }

func (m maybe[T]) MarshalJSON() ([]byte, error) {
	if !m.Set {
		return []byte("null"), nil
	}
	return json.Marshal(m.Value)
}

func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	*m = maybe[T]{Set: string(b) != "null"}
	return json.Unmarshal(b, &m.Value)
}
func (m maybe[T]) MarshalCBOR() ([]byte, error) {
	if !m.Set {
		return []byte{0xf6}, nil
	}
	return cbor.Marshal(m.Value)
}
func (m *maybe[T]) UnmarshalCBOR(data []byte) error {
	*m = maybe[T]{Set: !bytes.Equal(data, []byte{0xf6})}
	return lenient.Unmarshal(data, &m.Value)
}

// lenient reads into an any as the codec does, and text that is not UTF-8.
var lenient = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		UTF8: cbor.UTF8DecodeInvalid, IntDec: cbor.IntDecConvertSignedOrBigInt, DefaultMapType: reflect.TypeFor[map[string]any](),
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

func (c currency) MarshalText() ([]byte, error) { return []byte(c), nil }
func (c *currency) UnmarshalText(b []byte) error {
	if len(b) != 3 {
		return errors.New("a currency has three letters")
	}
	*c = currency(b)
	return nil
}
func (f *flag) UnmarshalText(b []byte) error { *f = flag(b); return nil }

func (i *bytesID) UnmarshalText(b []byte) error { *i = bytes.Clone(b); return nil }

func (*resource) ProtoMessage()  {}
func (*reflected) ProtoReflect() {}

func (s *settings) UnmarshalJSON(b []byte) error {
	type plain settings
	if err := json.Unmarshal(b, (*plain)(s)); err != nil {
		return err
	}
	s.Limit = max(s.Limit, 1)
	return nil
}
func (s *settings) UnmarshalCBOR(data []byte) error {
	type plain settings
	if err := lenient.Unmarshal(data, (*plain)(s)); err != nil {
		return err
	}
	s.Limit = max(s.Limit, 1)
	return nil
}

func (r rounded) MarshalText() ([]byte, error) {
	text := r.N.String()
	return []byte(text[:min(len(text), 3)]), nil
}
func (r *rounded) UnmarshalText(b []byte) error {
	if string(b) == "0" {
		return errors.New("nothing")
	}
	return r.N.UnmarshalText(b)
}
func (r rounded) MarshalBinary() ([]byte, error)     { return r.MarshalText() }
func (r *rounded) UnmarshalBinary(data []byte) error { return r.UnmarshalText(data) }

func newKnot(name string) *knot {
	k := &knot{Name: name, List: []any{nil}}
	k.Self, k.List[0] = k, k.List
	return k
}
func (k *knot) MarshalText() ([]byte, error)      { return []byte(k.Name), nil }
func (k *knot) UnmarshalText(b []byte) error      { *k = *newKnot(string(b)); k.Self = k; return nil }
func (k *knot) MarshalBinary() ([]byte, error)    { return k.MarshalText() }
func (k *knot) UnmarshalBinary(data []byte) error { return k.UnmarshalText(data) }

func (v version) IsZero() bool { return v.Draft || v.N == 0 }

func (p *byPointer) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(p.N), 10), nil }
func (p *byPointer) UnmarshalText(b []byte) (err error) {
	p.N, err = strconv.Atoi(string(b))
	return err
}
func (p *byPointer) MarshalBinary() ([]byte, error)    { return p.MarshalText() }
func (p *byPointer) UnmarshalBinary(data []byte) error { return p.UnmarshalText(data) }

func (p Part1) MarshalText() ([]byte, error)       { return nil, nil }
func (p *Part1) UnmarshalText([]byte) error        { return nil }
func (p Part1) MarshalBinary() ([]byte, error)     { return nil, nil }
func (p *Part1) UnmarshalBinary(data []byte) error { return nil }
func (p Part2) MarshalText() ([]byte, error)       { return nil, nil }
func (p *Part2) UnmarshalText([]byte) error        { return nil }
func (p Part2) MarshalBinary() ([]byte, error)     { return nil, nil }
func (p *Part2) UnmarshalBinary(data []byte) error { return nil }

var (
	loop     = func() *settings { s := &settings{Limit: 1}; s.Any = map[string]any{"self": s}; return s }()
	loopList = func() *settings { l := []any{nil}; l[0] = l; return &settings{Limit: 1, Any: l} }()
	notUTF8  = "a\xffb"
)

var methodRows = []valueRow{
	// A pointer that is not a part of another value is read as what it points to.
	kept("pointer to a nil slice", addressOf([]int(nil))),
	kept("pointer to a pointer to a nil map", addressOf(addressOf(map[string]int(nil)))),
	kept("pointer to a nil any", addressOf(any(nil))),
	kept("pointer to the zero time, alone", &time.Time{}),
	kept("pointer to what is written as nil", &maybe[int]{}),
	both("pointer to what is written as nil, in a field", struct{ P *maybe[int] }{&maybe[int]{}}, "P: a pointer to a cache_test.maybe[int] that is written as nil"),
	kept("pointer to nil in an any", []any{addressOf([]int(nil))}),

	// A type is refused for what is wrong with the value, not with another value of it.
	kept("own methods and an embedded time", maybeTime{noon, true}),
	kept("own methods and an embedded time that is null", struct{ T maybeTime }{}),
	both("own methods that do not write a field", maybeTime{Valid: true}, "leave out its field Valid"),
	kept("own methods that change another value", price{amountText{"1"}, "EUR"}),
	both("own methods that change this value", price{amountText{"1"}, "eur"}, "its field Currency"),
	kept("embedded time with a sibling that is zero", launch{noon, ""}),
	both("embedded methods and an interface beside", failure{amountText{"1"}, io.EOF}, "leave out its field Err"),
	kept("embedded methods and an interface beside that is nil", failure{amountText{"1"}, nil}),
	kept("own methods and an embedded pointer", []account2{{&Outer{7}, "a"}, {nil, "b"}}),
	both("own methods that lose an embedded pointer", []account2{{&Outer{}, "a"}}, "[0]: cache_test.account2 reads another value than it writes: its Outer is different"),
	{"pointer to an embedded pointer with methods, as a part", struct{ Total *amount }{&amount{hugeInt}}, "Total.Int: the embedded big.Int", "Total: cache_test.amount embeds a pointer"},

	// Text that is not UTF-8, written by methods.
	kept("text of a method", struct{ A textID }{textID{"\ufffd"}}),
	{"text of a method that is not UTF-8", struct{ A textID }{textID{notUTF8}}, "", "A: cache_test.textID writes text that is not as it was"},
	{"text of a method that is not UTF-8, alone", textID{notUTF8}, "", "textID writes text"},
	{"JSON of a method that is not UTF-8", []quotedID{{"ok"}, {notUTF8}}, "", "[1]: cache_test.quotedID writes text"},
	{"JSON of a generic method that is not UTF-8", map[string]*maybe[string]{"k": {notUTF8, true}}, "", `["k"]: cache_test.maybe[string] writes text`},
	{"keys of a method that are not UTF-8", map[textID]int{{notUTF8}: 1}, "", "a key of the type cache_test.textID is another one"},
	{"text in quotes that is not UTF-8", struct {
		S string `json:",string"`
	}{notUTF8}, "", "S: JSON has no text"},
	kept("raw JSON that is not UTF-8", struct{ R json.RawMessage }{json.RawMessage(`"` + notUTF8 + `"`)}),

	// Keys of maps that are strings with methods.
	kept("keys with MarshalText and UnmarshalText", map[currency]int{"EUR": 1, "CHF": 2}),
	{"a key that UnmarshalText refuses", map[currency]int{"EU": 1}, "", `[key]: JSON writes the key "EU" without MarshalText`},
	kept("keys with UnmarshalText", map[flag]int{"": 1, "b": 2}),

	kept("type of Kubernetes", &resource{"a"}),
	both("message of protobuf by its method", &reflected{"a"}, "proto.Marshal"),

	// What a trial compares may be different by the rules that hold for all values.
	{"tried value with an empty list that is omitted", settings{Limit: 1, Tags: []string{}}, leftOut, leftOut},
	kept("tried value with a time in a zone", settings{Limit: 1, Seen: map[string]time.Time{"a": noon.In(time.FixedZone("", 3600))}}),
	kept("tried value with a time now", settings{Limit: 1, Seen: map[string]time.Time{"a": time.Now()}}),
	kept("tried value with a number in an any", settings{Limit: 1, Any: map[string]any{"n": 1, "u": uint8(2), "f": float32(0.1), "l": []string{"a"}, "p": &three}}),
	kept("tried value with raw JSON", settings{Limit: 1, Raw: json.RawMessage(`{"a": 1}`)}),
	{`tried value with the tag "-"`, settings{Limit: 1, Temp: "x"}, leftOut, leftOut},
	kept("tried big integer", rounded{*big.NewInt(123)}),
	both("tried big integer that is changed", rounded{*big.NewInt(1234)}, "its N is different"),
	both("tried value that is changed", settings{}, "its Limit is different"),
	both("tried value with a struct in an any", settings{Limit: 1, Any: model{1}}, "Any: an any holds"),
	both("tried value that refers to itself", loop, "Any"),
	both("tried value with a list that refers to itself", loopList, "does it refer to itself?"),

	// What only reads itself may read something else than the codec writes.
	{"bytes that are read as text", struct{ ID bytesID }{bytesID("a")}, "", "ID: cache_test.bytesID reads another value"},
	kept("no bytes that are read as text", struct{ ID bytesID }{}),

	// The option omitzero asks a method IsZero, which may say so of what is not zero.
	both("pointer to the zero time with omitzero", struct {
		T *time.Time `json:",omitzero"`
	}{&time.Time{}}, "T: the option omitzero leaves it out"),
	kept("zero time with omitzero", struct {
		T time.Time `json:",omitzero"`
	}{time.Time{}.In(time.FixedZone("", 0))}),
	both("value that says it is zero, with omitzero", []struct {
		V version `json:",omitzero"`
	}{{version{N: 1}}, {version{7, true}}}, "[1].V: the option omitzero leaves it out"),
	kept("value that says it is zero, and is", struct {
		V *version `json:",omitzero"`
		W version  `json:",omitzero"`
	}{}),

	// Methods of pointers are called for what is behind an embedded pointer.
	kept("method of a pointer behind an embedded pointer, in a map", map[string]behindPointer{"a": {&HasByPointer{byPointer{7}}, "n"}}),
	{"method of a pointer in a map", map[string]besidePointer{"a": {HasByPointer{byPointer{7}}, "n"}}, "", "MarshalText of *cache_test.byPointer is not called"},

	// Methods of embedded structs that cancel each other out.
	kept("methods that cancel each other out", bothParts{Part1{1}, Part2{2}}),
	both("methods that cancel each other out, of hidden fields", hiddenParts{amountText{"a"}, Part2{2}}, "amountText: the embedded cache_test.amountText is left out"),

	// Raw JSON is the same JSON when it is read.
	{"pointer to raw JSON that is null", struct{ R *json.RawMessage }{addressOf(json.RawMessage("null"))}, "", "R: a pointer to a json.RawMessage that is written as nil"},
	kept("raw JSON with blanks, alone", json.RawMessage("{\n\"a\": [1, 2]}")),
	kept("raw JSON in a list", []json.RawMessage{nil, json.RawMessage(" true ")}),
}
