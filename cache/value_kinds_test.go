package cache_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unsafe"
)

var (
	noon       = time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.UTC)
	lmt        = time.FixedZone("LMT", -44*60-30)
	someUUID   = UUID{1, 2, 3, 15: 255}
	hugeInt, _ = new(big.Int).SetString("-340282366920938463463374607431768211456000", 10)
	someURL    = url.URL{Scheme: "https", User: url.UserPassword("u", "p"), Host: "h:1", Path: "/a b", RawQuery: "q=1", Fragment: "f"}
	circle     = func() *linked { l := &linked{N: 1}; l.Next = l; return l }()
	three      = 3
)

// sameTags is a struct that go vet would find.
func sameTags() any {
	field := reflect.StructField{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"x"`}
	other := field
	other.Name = "B"
	v := reflect.New(reflect.StructOf([]reflect.StructField{field, other})).Elem()
	v.Field(0).SetInt(1)
	v.Field(1).SetInt(2)
	return v.Interface()
}

func addressOf[T any](v T) *T { return &v }

var valueRows = []valueRow{
	// Scalars.
	kept("bool", true),
	kept("int", math.MinInt64),
	kept("int8", int8(-128)),
	kept("uint64", uint64(math.MaxUint64)),
	{"uintptr in a struct", struct{ P uintptr }{1}, "P: no value of the type uintptr", ""},
	kept("float32", float32(0.1)),
	kept("float64", math.MaxFloat64),
	kept("smallest float", math.SmallestNonzeroFloat64),
	kept("negative zero", math.Copysign(0, -1)),
	{"NaN", math.NaN(), "", "this float64 cannot be encoded"},
	{"infinity", math.Inf(-1), "", "this float64 cannot be encoded"},
	{"NaN in a field", struct{ Rows []struct{ F float64 } }{[]struct{ F float64 }{{1}, {math.NaN()}}}, "", "Rows[1].F: this float64"},
	both("complex", 1i, "complex128"),
	both("complex in a field", struct{ Z complex64 }{}, "Z: no value of the type complex64"),
	kept("string", "text <&> \u2028 ü"),
	{"invalid UTF-8", []string{"ok", "\xff"}, "", "[1]: JSON has no text"},
	kept("invalid UTF-8 at the top", "\xff"),
	kept("string with what looks like a replacement", []string{`\ufffd`, "\ufffd"}),
	kept("bytes", []byte{0, 255}),
	kept("bytes in a field", struct{ B []byte }{[]byte("\xff")}),
	kept("named integer", level(7)),
	kept("duration", time.Duration(math.MaxInt64)),
	kept("duration in a field", struct{ D time.Duration }{-time.Nanosecond}),
	kept("html", template.HTML("<b>")),

	// Nil and empty.
	kept("nil slice in a field", struct{ S []int }{}),
	kept("empty slice in a field", struct{ S []int }{[]int{}}),
	kept("nil map in a field", struct{ M map[string]int }{}),
	kept("empty map in a field", struct{ M map[string]int }{map[string]int{}}),
	kept("nil bytes in a field", struct{ B []byte }{}),
	kept("empty bytes in a field", struct{ B []byte }{[]byte{}}),
	kept("nil pointer in a field", struct{ P *int }{}),
	kept("omitted fields", omitted{}),
	kept("nils in a slice", []*int{nil, &three}),
	kept("empty struct", struct{}{}),
	kept("array of no length", [0]int{}),

	// Pointers.
	kept("pointer", &three),
	kept("pointer to pointer", addressOf(&three)),
	kept("pointer to struct", &model{1}),
	both("pointer to a nil pointer", addressOf((*int)(nil)), "a pointer to nil"),
	both("pointer to a nil slice in a field", struct{ P *[]int }{addressOf([]int(nil))}, "P: a pointer to nil"),
	kept("pointer to an empty slice in a field", struct{ P *[]int }{addressOf([]int{})}),
	both("pointer to a nil map in a slice", []*map[string]int{addressOf(map[string]int(nil))}, "[0]: a pointer to nil"),

	// Lists and arrays.
	kept("slice of structs", []model{{1}, {2}}),
	kept("array", [3]string{"a", "", "c"}),
	kept("byte array", [4]byte{1, 2, 3}),
	kept("slices of slices", [][]int{{1}, {}, nil}),
	kept("named bytes", struct{ B []uint8 }{[]uint8{1}}),

	// Maps.
	kept("map of strings", map[string]string{"": "empty", "k": "v"}),
	kept("map of pointers", map[string]*model{"a": {1}, "nil": nil}),
	kept("map of integers", map[int64]string{math.MinInt64: "min", 0: ""}),
	kept("map of uint8", map[uint8]bool{255: true}),
	kept("map of named strings", map[template.HTML]int{"a": 1}),
	{"map of bools", map[bool]int{true: 1}, "", "JSON has no keys of the type bool"},
	{"map of floats", map[float64]int{0.1: 1, -1: 2}, "", "JSON has no keys of the type float64"},
	{"map of arrays", map[[2]int]string{{1, 2}: "v"}, "", "JSON has no keys of the type [2]int"},
	{"map of structs", map[point3]string{{1, 2}: "v"}, "", "JSON has no keys of the type cache_test.point3"},
	kept("map of ids", map[UUID]string{someUUID: "v"}),
	kept("map of addresses", map[netip.Addr]int{netip.MustParseAddr("::1%eth0"): 1}),
	kept("map of times in UTC", map[time.Time]int{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC): 1}),
	both("map of times in a zone", map[time.Time]int{noon.In(lmt): 1}, "[key]: a time is found again"),
	both("map of times now", map[time.Time]int{time.Now(): 1}, "[key]: a time is found again"),
	both("map of pointers as keys", map[*int]int{&three: 1}, "keys of the type *int"),
	both("map of interfaces as keys", map[fmt.Stringer]int{time.Second: 1}, "keys of the type fmt.Stringer"),
	{"map of any with text keys", map[any]int{"a": 1, int64(2): 3}, "", "JSON has no keys of the type interface {}"},
	{"map of any with int keys", map[any]int{1: 1}, "[key]: a key of the type int", "JSON has no keys"},
	{"map of structs with hidden fields as keys", map[onlyHidden]int{{1}: 1}, "lose their field cents", "JSON has no keys"},
	{"map of keys with UnmarshalText", map[hexKey]int{"a": 1}, "", `[key]: JSON writes the key "a" without MarshalText`},
	kept("map of structs with methods", map[string]UUID{"a": someUUID}),
	{"map of big integers", map[string]big.Int{"a": *hugeInt}, "", "of *big.Int is not called"},
	kept("map of pointers to big integers", map[string]*big.Int{"a": hugeInt}),

	// Times.
	kept("time", noon),
	kept("zero time", time.Time{}),
	kept("zero time in a field", struct{ T time.Time }{}),
	kept("time with a monotonic reading", time.Now()),
	kept("local time", noon.Local()),
	kept("time in a zone of half an hour", noon.In(time.FixedZone("IST", 5*3600+1800))),
	kept("time in a zone of minutes", noon.In(time.FixedZone("", -44*60))),
	both("time in a zone with seconds", noon.In(lmt), "use t.UTC()"),
	both("time in a zone with seconds, in a field", struct{ Rows []struct{ At *time.Time } }{[]struct{ At *time.Time }{{addressOf(noon.In(lmt))}}}, "Rows[0].At: the zone"),
	both("time in a zone with seconds, in a map", map[string]time.Time{"a": noon.In(time.FixedZone("", 30))}, `["a"]: the zone`),
	both("time in a zone of days", noon.In(time.FixedZone("", 30*3600)), "the zone"),
	kept("first year", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)),
	kept("last year", time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)),
	both("year 10000", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "the year 10000"),
	both("year -1 in a field", struct{ T time.Time }{time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}, "T: the year -1"),
	{"pointer to the zero time", struct{ T *time.Time }{&time.Time{}}, "T: a pointer to the zero time", ""},
	kept("pointer to a time", struct{ T *time.Time }{&noon}),
	both("location", struct{ L *time.Location }{}, "L: no field of time.Location"),

	// Types that embed others.
	both("embedded pointer to an unexported struct", unexportedIn{&inner{7}, "a"}, "inner: an embedded pointer"),
	kept("embedded unexported struct", valueIn{inner{7}, "a"}),
	kept("embedded pointer to an exported struct", pointerIn{&Outer{7}, "a"}),
	kept("embedded nil pointer", pointerIn{nil, "a"}),
	both("embedded time with a sibling", launch{noon, "a"}, "leave out its field Name"),
	both("embedded pointer to a time with a sibling", launchOf{&noon, "a"}, "leave out its field Name"),
	both("embedded id with a sibling", entity{someUUID, "a"}, "leave out its field Name"),
	both("embedded time with a sibling, deep", map[string][]struct{ L *launch }{"k": {{&launch{noon, "a"}}}}, "L: the methods of the embedded Time"),
	kept("embedded time alone", stamp{noon}),
	both("embedded time alone in a zone with seconds", stamp{noon.In(lmt)}, "the zone"),
	kept("embedded time with methods of its own", ownStamp{noon.Truncate(time.Second), "a"}),
	{"two embedded types with methods", twoStamps{noon, someUUID}, "Time: the embedded time.Time is left out", "leave out its field UUID"},
	{"embedded pointer with methods", amount{hugeInt}, "Int: the embedded big.Int is left out", ""},
	{"pointer to an embedded pointer with methods", &amount{hugeInt}, "Int: the embedded big.Int is left out", ""},
	{"embedded pointer with methods, as a part", invoice{amount{hugeInt}}, "Total.Int: the embedded big.Int", "Total: cache_test.amount embeds a pointer"},
	{"embedded big integer with a sibling", bigIn{*hugeInt, "a"}, "Int: the embedded big.Int", "leave out its field Name"},
	both("shadowed field", shadowing{Model{7}, "a"}, "Model.ID: it has the name of ID"),
	kept("shadowed field that is zero", shadowing{Model{}, "a"}),
	both("two embedded fields of one name", twins2{Model{1}, Outer{2}}, "ID: it has the name of"),
	both("two fields with one tag", sameTags(), `it has the name of`),

	// What is left out.
	{`json:"-"`, account{"ada", []byte("hash")}, `Hash: the tag json:"-"`, leftOut},
	kept(`json:"-" of what is zero`, account{Name: "ada"}),
	both("only hidden fields", onlyHidden{1}, "no field of cache_test.onlyHidden"),
	both("only hidden fields, in a slice", []onlyHidden{{1}}, "[]: no field of cache_test.onlyHidden"),
	kept("some hidden fields", someHidden{Name: "a", cache: map[string]int{}}),
	both("embedded struct with only hidden fields", embeddedBlind{EmbeddedHidden{1}, 2}, "EmbeddedHidden: no field of the embedded"),
	kept("embedded unexported struct with only hidden fields", embeddedHidden{onlyHidden{1}, 2}),
	kept("lock", &locked{N: 1}),
	both("atomic", &counting{M: 1}, "N: no field of atomic.Int64"),

	// Interfaces.
	both("interface", drawing{"d", square{2}}, "Shape: the interface cache_test.shape holds a cache_test.square"),
	kept("interface that is nil", drawing{"d", nil}),
	both("interfaces in a slice", []shape{square{2}}, "[0]: the interface"),
	both("interfaces in a map", map[string]shape{"a": level(1)}, `["a"]: the interface`),
	both("error", outcomeOf{1, io.EOF}, "Err: the interface error"),
	kept("error that is nil", outcomeOf{1, nil}),
	both("error in an any", []any{errors.New("x")}, "[0]: no field of errors.errorString"),
	both("embedded error", hiddenError{io.EOF, 1}, "error: an embedded interface"),
	kept("embedded error that is nil", hiddenError{nil, 1}),
	both("embedded interface", reader{strings.NewReader("x"), 1}, "Reader: the interface io.Reader"),
	{"embedded interface with the codec's method", marshalling{nil, 1}, "", "MarshalJSON and no method that reads"},
	both("oneof", message{"m", kindText{"t"}, 0}, "Kind: the interface cache_test.isKind"),
	both("protobuf message", &generated{Name: "a", unknownFields: []byte{1}}, "proto.Marshal"),
	both("context", struct{ C context.Context }{context.Background()}, "C: the interface context.Context"),

	// Any.
	kept("any of generic types", map[string]any{"s": "t", "n": int64(1), "f": 1.5, "l": []any{nil, true}, "m": map[string]any{}}),
	kept("any with other numbers and lists", map[string]any{"n": 1, "u": uint8(2), "f": float32(0.5), "l": []string{"a"}, "m": map[string]int{"a": 1}}),
	{"any with bytes", []any{[]byte{1}}, "", "[0]: an any holds a []uint8"},
	{"any with a time", struct{ A any }{noon}, "", "A: an any holds a time.Time"},
	both("any with a time in a zone with seconds", struct{ A any }{noon.In(lmt)}, "A: "),
	{"any with a large integer", []any{int64(1<<53 + 1)}, "", "[0]: an any holds a int64"},
	both("any with a struct", struct{ A any }{model{1}}, "A: an any holds a cache_test.model"),
	both("any with a pointer to a struct", map[string]any{"a": &model{1}}, `["a"]: an any holds a`),
	both("any with a map of integers", struct{ A any }{map[int]string{1: "a"}}, "A: an any holds a map[int]string, whose keys are not text"),
	both("any with an id", []any{someUUID}, "[0]: an any holds a cache_test.UUID"),
	both("any with a number of JSON", []any{json.Number("1")}, "[0]: an any holds a json.Number"),
	both("any with a function", []any{func() {}}, "[0]: no value of the type func()"),

	// What cannot be encoded at all.
	both("channel", make(chan int), "no value of the type chan int"),
	both("function", func() {}, "no value of the type func()"),
	both("function in a field", struct{ F func() }{}, "F: no value of the type func()"),
	both("unsafe pointer", struct{ P unsafe.Pointer }{}, "P: no value of the type unsafe.Pointer"),
	both("value that refers to itself", circle, "does it refer to itself?"),
	both("reflect.Value", struct{ V reflect.Value }{}, "V: no field of reflect.Value"),

	// Types that refer to themselves.
	kept("linked list", &linked{1, &linked{2, nil}}),
	kept("forest", forest{"a", []forest{{Name: "b"}}, map[string]*forest{"c": {Name: "d"}}}),

	// Generic types.
	kept("pair", pair[string, []int]{"a", []int{1}}),
	kept("pair of pairs", pair[pair[int, bool], map[string]pair[int, int]]{Value: map[string]pair[int, int]{"a": {1, 2}}}),
	kept("optional", optional[string]{addressOf("a")}),
	both("pair with an interface", pair[int, error]{1, io.EOF}, "Value: the interface error"),

	// Types with methods.
	kept("id", someUUID),
	kept("zero id", struct{ ID UUID }{}),
	kept("id in a field", struct{ ID *UUID }{&someUUID}),
	kept("null id that is set", struct{ ID nullUUID }{nullUUID{someUUID, true}}),
	{"null id that is null", struct{ ID nullUUID }{}, "ID: cache_test.nullUUID cannot read what it writes", ""},
	both("method on one side", secret("s"), "and no method that reads"),
	both("method on one side, in a field", struct{ O onlyOut }{}, "O: cache_test.onlyOut has Marshal"),
	kept("method that reads only", struct{ I onlyIn }{onlyIn{3}}),
	kept("method that panics on the zero value, of another", []picky2{{1}, {2}}),
	both("method that panics on the zero value", []picky2{{1}, {0}}, "[1]: cache_test.picky2 cannot read what it writes of this value: panic: nothing to read"),
	kept("level of slog", struct{ L slog.Level }{slog.LevelWarn}),
	{"regular expression", struct{ R *regexp.Regexp }{regexp.MustCompile("a+")}, "R: no field of regexp.Regexp", ""},

	// Big numbers.
	kept("big integer", *hugeInt),
	kept("pointer to a big integer", struct{ N *big.Int }{hugeInt}),
	kept("nil big integer", struct{ N *big.Int }{}),
	{"big rational", struct{ R *big.Rat }{big.NewRat(1, 3)}, "R: no field of big.Rat", ""},
	{"big float", struct{ F *big.Float }{big.NewFloat(0.1)}, "F: no field of big.Float", "F: JSON loses the precision"},

	// JSON in Go.
	kept("raw JSON", struct{ R json.RawMessage }{json.RawMessage(`{"a":"<b>"}`)}),
	kept("raw JSON with blanks", struct{ R json.RawMessage }{json.RawMessage(`{"a": 1}`)}),
	kept("nil raw JSON", struct{ R json.RawMessage }{}),
	{"malformed raw JSON", struct{ R json.RawMessage }{json.RawMessage(`{`)}, "", "R: "},
	kept("number", struct{ N json.Number }{"1e400"}),
	{"empty number", struct{ N json.Number }{}, "", "N: a json.Number that is empty"},

	// Nullable columns.
	kept("null string", sql.NullString{String: "a", Valid: true}),
	kept("null string that is null", struct{ S sql.NullString }{}),
	kept("null time", sql.NullTime{Time: noon, Valid: true}),
	both("null time in a zone with seconds", struct{ T sql.NullTime }{sql.NullTime{Time: noon.In(lmt), Valid: true}}, "T.Time: the zone"),
	kept("null integer", sql.NullInt64{Int64: math.MaxInt64, Valid: true}),
	kept("generic null", sql.Null[float64]{V: 0.5, Valid: true}),
	kept("raw bytes", struct{ B sql.RawBytes }{sql.RawBytes("\xff")}),

	// Addresses.
	kept("address", netip.MustParseAddr("fe80::1%eth0")),
	kept("zero address", struct{ A netip.Addr }{}),
	kept("address and port", netip.MustParseAddrPort("192.0.2.1:80")),
	kept("prefix", struct{ P netip.Prefix }{netip.MustParsePrefix("10.0.0.0/8")}),
	kept("zero prefix", struct{ P netip.Prefix }{}),
	{"IP", struct{ IP net.IP }{net.ParseIP("192.0.2.1")}, "", ""},
	kept("hardware address", net.HardwareAddr{1, 2, 3, 4, 5, 6}),
	{"URL", struct{ U *url.URL }{&someURL}, "", "U.User: no field of url.Userinfo"},
	{"zero URL", struct{ U url.URL }{}, "", "U.User: no field of url.Userinfo"},
	{"URL that its text is not", struct{ U url.URL }{url.URL{Host: "h", Path: "a"}}, "U: this url.URL is another one", "U.User: no field of url.Userinfo"},
	kept("header", http.Header{"A": {"b", "c"}}),
	kept("query", url.Values{"a": {""}}),
	{"struct as an array", positional{A: 1, B: "b"}, "", ""},
	kept(`fields with a tag of each codec`, accountWithTag{Name: "a"}),
}
