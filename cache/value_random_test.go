package cache_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

// What Set accepts, Get reads whole: of values of random types, made of these.
var partTypes = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int8](), reflect.TypeFor[int64](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](),
	reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[any](), reflect.TypeFor[error](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[big.Int](), reflect.TypeFor[netip.Addr](), reflect.TypeFor[url.URL](), reflect.TypeFor[UUID](),
	reflect.TypeFor[nullUUID](), reflect.TypeFor[sql.NullString](), reflect.TypeFor[json.Number](), reflect.TypeFor[json.RawMessage](),
	reflect.TypeFor[Model](), reflect.TypeFor[Outer](), reflect.TypeFor[stamp](), reflect.TypeFor[launch](), reflect.TypeFor[someHidden](),
	reflect.TypeFor[linked](), reflect.TypeFor[omitted](), reflect.TypeFor[level](), reflect.TypeFor[hexKey](), reflect.TypeFor[picky2](),
}

var tags = []reflect.StructTag{
	"", "", `json:"a"`, `json:"b,omitempty"`, `json:",omitempty"`, `json:"-"`, `json:"c,omitzero"`, `cbor:"d" json:"e"`, `cbor:"-" json:"-"`, `json:"A"`,
}

// drawer makes types and values for one codec.
type drawer struct {
	*rapid.T
	codec codec.Codec
}

// drawType returns a random type of at most so many levels.
func (t drawer) drawType(depth int) reflect.Type {
	if depth == 0 {
		return rapid.SampledFrom(partTypes).Draw(t.T, "part")
	}
	below := func() reflect.Type { return t.drawType(depth - 1) }
	switch rapid.IntRange(0, 7).Draw(t.T, "kind") {
	case 0:
		return reflect.PointerTo(below())
	case 1:
		return reflect.SliceOf(below())
	case 2:
		return reflect.ArrayOf(rapid.IntRange(0, 2).Draw(t.T, "length"), below())
	case 3:
		if key := below(); key.Comparable() {
			return reflect.MapOf(key, below())
		}
		return reflect.MapOf(reflect.TypeFor[string](), below())
	case 4, 5, 6:
		return t.drawStruct(below)
	}
	return below()
}

func (t drawer) drawStruct(below func() reflect.Type) reflect.Type {
	fields := make([]reflect.StructField, rapid.IntRange(1, 4).Draw(t.T, "fields"))
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: below(), Tag: rapid.SampledFrom(tags).Draw(t.T, "tag")}
	}
	if rapid.IntRange(0, 3).Draw(t.T, "embed") == 0 { // package reflect embeds only types without methods, and only first
		embedded := rapid.SampledFrom([]reflect.Type{reflect.TypeFor[Model](), reflect.TypeFor[Outer](), reflect.TypeFor[SomeFields]()}).Draw(t.T, "embedded")
		fields[0] = reflect.StructField{Name: embedded.Name(), Type: embedded, Anonymous: true}
	}
	return reflect.StructOf(fields)
}

// SomeFields has names that other fields have, too.
type SomeFields struct {
	F1 int    `json:"a"`
	F2 string `json:",omitempty"`
}

// drawInto sets v to a random value.
func (t drawer) drawInto(v reflect.Value, depth int) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		zone := time.FixedZone("", rapid.SampledFrom([]int{0, 3600, -44 * 60, 30, -100000}).Draw(t.T, "offset"))
		*p = rapid.SampledFrom([]time.Time{{}, time.Unix(1e9, 5).UTC(), time.Unix(-1e9, 0).In(zone), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}).Draw(t.T, "time")
		return
	case *big.Int:
		p.SetString(rapid.SampledFrom([]string{"0", "-5", "18446744073709551616", "-999999999999999999999999"}).Draw(t.T, "big"), 10)
		return
	case *netip.Addr:
		*p = rapid.SampledFrom([]netip.Addr{{}, netip.MustParseAddr("::1%a")}).Draw(t.T, "addr")
		return
	case *url.URL:
		*p = rapid.SampledFrom([]url.URL{{}, someURL, {Host: "h", Path: "p"}}).Draw(t.T, "url")
		return
	case *json.Number:
		*p = rapid.SampledFrom([]json.Number{"", "1", "1.50", "x"}).Draw(t.T, "number")
		return
	case *json.RawMessage:
		*p = rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{"a":[1]}`), json.RawMessage(`[1, 2]`), {}}).Draw(t.T, "raw")
		return
	case *error:
		*p = rapid.SampledFrom([]error{nil, nil, io.EOF}).Draw(t.T, "error")
		return
	case *any:
		*p = rapid.SampledFrom([]any{
			nil, "s", 1, int64(-1), uint8(2), 1.5, float32(0.1), true, []any{"a", nil}, map[string]any{"a": 1}, []byte("b"), noon, Model{1},
			map[int]int{1: 1}, []string{"a"}, [2]int{1, 2}, map[string][]int{"a": nil}, int64(1<<60 + 1), level(3), time.Second, &three, (*int)(nil), someUUID,
		}).Draw(t.T, "any")
		return
	}
	t.drawKind(v, depth)
}

func (t drawer) drawKind(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t.T, "bool"))
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(int64(rapid.SampledFrom([]int{0, 1, -1, 127, -128}).Draw(t.T, "int")))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(rapid.SampledFrom([]int{0, 1, 255}).Draw(t.T, "uint")))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(rapid.SampledFrom([]float64{0, -1.5, 0.1, 1e30}).Draw(t.T, "float"))
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "text", `\ufffd"<`, "\xff"}).Draw(t.T, "text"))
	case reflect.Pointer:
		if depth > 0 && rapid.Bool().Draw(t.T, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			t.drawInto(v.Elem(), depth-1)
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 2).Draw(t.T, "length"); n >= 0 && depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				t.drawInto(v.Index(i), depth-1)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			t.drawInto(v.Index(i), depth-1)
		}
	case reflect.Map:
		if n := rapid.IntRange(-1, 2).Draw(t.T, "size"); n >= 0 && depth > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range n {
				key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				t.drawInto(key, depth-1)
				t.drawInto(value, depth-1)
				if key.Comparable() {
					v.SetMapIndex(key, value)
				}
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			t.drawField(v.Field(i), v.Type().Field(i), depth)
		}
	}
}

// drawField leaves a field alone that the codec is told to leave out, and draws
// nothing empty where omitempty makes it nil.
func (t drawer) drawField(v reflect.Value, f reflect.StructField, depth int) {
	tag := f.Tag.Get("json")
	if own := f.Tag.Get("cbor"); own != "" && t.codec == codec.CBOR {
		tag = own
	} else if tag == "-" && t.codec == codec.CBOR {
		tag = "" // it says nothing of CBOR, which refuses it if it is set
	}
	if !f.IsExported() || tag == "-" {
		return
	}
	t.drawInto(v, depth)
	if strings.Contains(tag, "omit") && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0 {
		v.SetZero()
	}
}

// What Set accepts, Get reads whole, over random types and values.
func TestWhatSetAcceptsGetReadsWholeForRandomTypes(t *testing.T) {
	for _, by := range []codec.Codec{codec.CBOR, codec.JSON} {
		t.Run(by.Name(), func(t *testing.T) {
			accepted, refused := 0, 0
			rapid.Check(t, func(rt *rapid.T) {
				d := drawer{rt, by}
				value := reflect.New(d.drawType(3)).Elem()
				d.drawInto(value, 4)
				c := newCache(t, newMapStore(), cache.Config{Codec: by}, discardLog())
				switch err := c.Set(t.Context(), "k", value.Interface()); {
				case errors.Is(err, cache.ErrUnencodable):
					refused++
					return
				case err != nil:
					rt.Fatal(err)
				}
				accepted++
				got := reflect.New(value.Type())
				if found, err := c.Get(t.Context(), "k", got.Interface()); !found || err != nil && !errors.Is(err, cache.ErrNilValue) {
					rt.Fatalf("%v: Get = %v, %v", value.Type(), found, err)
				}
				if !sameValue(value, got.Elem()) {
					rt.Fatalf("%v: Set was given %#v, Get returns %#v", value.Type(), value, got.Elem())
				}
			})
			t.Logf("%d accepted, %d refused", accepted, refused)
			if accepted == 0 || refused == 0 {
				t.Errorf("%d accepted, %d refused: the test shows nothing", accepted, refused)
			}
		})
	}
}
