package cache_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

// The kinds of value that programs keep in caches, one a row. Each comes back as it
// was by every codec, or Set refuses it: then refusal has the reason by codec.

type valueRow struct {
	name  string
	value any
	cbor  string // a part of the reason for which CBOR refuses it; "" if it comes back
	json  string
}

// leftOut is for what a tag of the codec itself leaves out.
const leftOut = "left out by its tag"

// both is a row that each codec refuses for the same reason.
func both(name string, value any, reason string) valueRow {
	return valueRow{name, value, reason, reason}
}

// kept is a row that comes back.
func kept(name string, value any) valueRow { return valueRow{name: name, value: value} }

// Every kind of value is read whole, or is refused by Set with its type and field.
func TestEveryKindOfValueComesBackOrIsRefusedWithItsField(t *testing.T) {
	all := slices.Concat(valueRows, methodRows)
	if n := len(all); n < 200 {
		t.Errorf("%d kinds of value, want 200", n)
	}
	for _, row := range all {
		for name, test := range map[string]struct {
			cfg     cache.Config
			refusal string
		}{
			"cbor":             {cache.Config{Codec: codec.CBOR}, row.cbor},
			"json":             {cache.Config{Codec: codec.JSON}, row.json},
			"cbor, compressed": {cache.Config{Codec: codec.CBOR, Compression: codec.Zstd, CompressMin: 1}, row.cbor},
			"json, compressed": {cache.Config{Codec: codec.JSON, Compression: codec.S2, CompressMin: 1}, row.json},
		} {
			t.Run(row.name+"/"+name, func(t *testing.T) {
				comesBackOrIsRefused(t, newCache(t, newMapStore(), test.cfg, discardLog()), row.value, test.refusal)
			})
		}
	}
}

// The raw codec accepts strings, bytes and integers only.
func TestTheRawCodecTakesNoKindOfValueButThree(t *testing.T) {
	for _, row := range valueRows {
		c := newCache(t, newMapStore(), cache.Config{Codec: codec.Raw})
		v := reflect.ValueOf(row.value)
		_, isText := row.value.(string)
		_, isBytes := row.value.([]byte)
		refusal := "the raw codec stores"
		if isText || isBytes || v.CanInt() || v.CanUint() && v.Uint() <= math.MaxInt64 {
			refusal = ""
		}
		t.Run(row.name, func(t *testing.T) { comesBackOrIsRefused(t, c, row.value, refusal) })
	}
}

func comesBackOrIsRefused(t *testing.T, c *cache.BaseCache, value any, refusal string) {
	t.Helper()
	err := c.Set(t.Context(), "k", value)
	if refusal != "" && refusal != leftOut {
		typ := reflect.TypeOf(value).String()
		if !errors.Is(err, cache.ErrUnencodable) || !strings.Contains(err.Error(), typ) || !strings.Contains(err.Error(), refusal) {
			t.Errorf("Set: %v, want ErrUnencodable with %s and %q", err, typ, refusal)
		}
		wantHas(t, c, "k", false)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := reflect.New(reflect.TypeOf(value))
	if found, err := c.Get(t.Context(), "k", got.Interface()); !found || err != nil {
		t.Fatalf("Get = %v, %v", found, err)
	}
	if refusal == "" && !sameValue(reflect.ValueOf(value), got.Elem()) {
		t.Errorf("Set was given %#v, Get returns %#v", value, got.Elem())
	}
}

// sameValue is reflect.DeepEqual, except what a codec may change by its contract:
// times are equal if the instant and the offset are, without the name of their zone
// and monotonic reading; big numbers by value; raw JSON without its blanks, and nil as
// null; and what is not exported does not count.
func sameValue(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || a.Type() != b.Type() {
		return sameNumber(a, b)
	}
	switch v := a.Interface().(type) {
	case time.Time:
		w := b.Interface().(time.Time)
		_, x := v.Zone()
		_, y := w.Zone()
		return v.Equal(w) && (x == y || v.IsZero())
	case big.Int:
		w := b.Interface().(big.Int)
		return v.Cmp(&w) == 0
	case big.Rat:
		w := b.Interface().(big.Rat)
		return v.Cmp(&w) == 0
	case json.RawMessage:
		return sameJSON(v, b.Interface().(json.RawMessage))
	case netip.Addr, netip.Prefix, netip.AddrPort:
		return v == b.Interface()
	}
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		x, y := a.Float(), b.Float()
		return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
	case reflect.Interface:
		return isNilInside(a) && b.IsNil() || !a.IsNil() && !b.IsNil() && sameValue(a.Elem(), b.Elem())
	case reflect.Pointer:
		return a.IsNil() == b.IsNil() && (a.IsNil() || sameValue(a.Elem(), b.Elem()))
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() || a.Kind() == reflect.Slice && a.IsNil() != b.IsNil() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		return sameMap(a, b)
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() && !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) || a == nil && string(b) == "null" {
		return true
	}
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

func sameMap(a, b reflect.Value) bool {
	if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
		return false
	}
	for iter := a.MapRange(); iter.Next(); {
		other := b.MapIndex(iter.Key())
		if !other.IsValid() || !sameValue(iter.Value(), other) {
			return false
		}
	}
	return true
}

// sameNumber is for what is in an any, where a number comes back as an int64 or a
// float64, a list as a []any and a map as a map[string]any.
func sameNumber(a, b reflect.Value) bool {
	number := reflect.TypeFor[float64]()
	switch {
	case b.Kind() == reflect.Interface && b.IsNil():
		return isNil(a)
	case a.Kind() == reflect.Slice && b.Kind() == reflect.Slice, a.Kind() == reflect.Array && b.Kind() == reflect.Slice:
		same := a.Len() == b.Len()
		for i := 0; same && i < a.Len(); i++ {
			same = sameValue(a.Index(i), inside(b.Index(i)))
		}
		return same
	case a.Kind() == reflect.Map && b.Kind() == reflect.Map:
		same := a.Len() == b.Len()
		for iter := a.MapRange(); same && iter.Next(); {
			same = sameValue(inside(iter.Value()), inside(b.MapIndex(iter.Key())))
		}
		return same
	case a.Kind() == reflect.Pointer:
		return sameValue(a.Elem(), b)
	case a.Kind() == reflect.String && b.Kind() == reflect.String:
		return a.String() == b.String()
	}
	if a.Kind() == reflect.Float32 && b.Kind() == reflect.Float64 {
		return float32(a.Float()) == float32(b.Float()) // JSON writes the shortest number that is this float32
	}
	return a.CanConvert(number) && b.CanConvert(number) && a.Convert(number).Float() == b.Convert(number).Float()
}

// isNilInside reports whether the interface v holds nothing, of whatever type, or what
// points to nothing.
func isNilInside(v reflect.Value) bool {
	for !v.IsNil() && (v.Elem().Kind() == reflect.Pointer || v.Elem().Kind() == reflect.Interface) {
		v = v.Elem()
	}
	return v.IsNil() || isNil(v.Elem())
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	}
	return false
}

func inside(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		return v.Elem()
	}
	return v
}
