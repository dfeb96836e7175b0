package codec_test

import (
	"bytes"
	"maps"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache/codec"
)

// roundTrip encodes v behind a prefix and decodes it into a fresh value of its
// type.
func roundTrip(t testing.TB, c codec.Codec, v any) any {
	t.Helper()
	data, err := c.Append([]byte("prefix"), v)
	if err != nil {
		t.Fatalf("Append(%T): %v", v, err)
	}
	data, ok := bytes.CutPrefix(data, []byte("prefix"))
	if !ok {
		t.Fatalf("Append(%T) has changed what was there: %q", v, data)
	}
	dst := reflect.New(reflect.TypeOf(v))
	if err := c.Decode(data, dst.Interface()); err != nil {
		t.Fatalf("Decode(%T): %v", v, err)
	}
	return dst.Elem().Interface()
}

// same compares as a program would: times by instant and offset, the rest
// deeply, without what is not encoded.
var same = cmp.Options{
	cmp.Comparer(func(a, b time.Time) bool {
		_, offsetA := a.Zone()
		_, offsetB := b.Zone()
		return a.Equal(b) && offsetA == offsetB
	}),
	cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.FilterPath(func(p cmp.Path) bool {
		name := p.Last().String()
		return name == ".parent" || name == ".Secret"
	}, cmp.Ignore()),
	cmp.AllowUnexported(user{}, audit{}),
}

// Decoding an encoded value gives the same value.
func TestWhatIsEncodedIsDecoded(t *testing.T) {
	values := map[string]any{
		"struct":                newUser(),
		"any fields":            newDocument(),
		"slice of structs":      []address{{Street: "a"}, {}},
		"empty slice":           []address{},
		"map of structs":        map[string]address{"": {}, "k": {City: "c"}},
		"map with integer keys": map[int64]string{math.MinInt64: "min", 0: "zero"},
		"set":                   map[string]struct{}{"a": {}},
		"pointer to pointer":    ptr(ptr(address{City: "c"})),
		"array":                 [3]float32{1, math.SmallestNonzeroFloat32, math.MaxFloat32},
		"bool":                  true,
		"float":                 math.MaxFloat64,
		"uint64":                uint64(math.MaxUint64),
		"byte slices":           [][]byte{{}, {0xff}},
		"time":                  time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", -3*3600)),
		"oldest time":           time.Time{},
		"latest time":           time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		"duration":              struct{ D time.Duration }{math.MinInt64},
		"address":               address4,
		"big integer":           *veryBig,
		"empty struct":          struct{}{},
		"tagged": struct {
			A int `cbor:"b" json:"c"`
			B int `cbor:"c" json:"b"`
		}{1, 2},
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for name, v := range values {
			t.Run(c.Name()+"/"+name, func(t *testing.T) {
				if diff := cmp.Diff(v, roundTrip(t, c, v), same); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// Long slices and maps are decoded.
func TestLongValuesAreDecoded(t *testing.T) {
	// The CBOR library's own limit is 131072 elements.
	const length = 131_072 + 1
	slice, table := make([]uint16, length), make(map[int]bool, length)
	for i := range length {
		slice[i], table[i] = uint16(i), i%2 == 0
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		if got := roundTrip(t, c, slice).([]uint16); !slices.Equal(got, slice) {
			t.Errorf("%s: the slice is not as it was", c.Name())
		}
		if got := roundTrip(t, c, table).(map[int]bool); !maps.Equal(got, table) {
			t.Errorf("%s: the map is not as it was", c.Name())
		}
	}
}

// A struct with a lock is decoded.
func TestAStructWithALockIsDecoded(t *testing.T) {
	want := &counters{Hits: 3, Misses: 1}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		got := roundTrip(t, c, want).(*counters)
		if got.Hits != want.Hits || got.Misses != want.Misses || !got.TryLock() {
			t.Errorf("%s: %d hits and %d misses, or locked", c.Name(), got.Hits, got.Misses)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// CBOR keeps values that JSON loses.
func TestCBORKeepsWhatJSONLoses(t *testing.T) {
	for name, v := range map[string]any{
		"invalid UTF-8":         []string{"\xff\xfe", "a\x80b"},
		"invalid UTF-8 as key":  map[string]string{"\xff": "v"},
		"infinities":            []float64{math.Inf(1), math.Inf(-1)},
		"bytes in any":          map[string]any{"b": []byte{1, 2}},
		"time in any":           map[string]any{"t": time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))},
		"integers in any":       []any{int64(math.MaxInt64), int64(math.MinInt64)},
		"large integers in any": []any{*new(big.Int).SetUint64(math.MaxUint64)},
		"URL":                   link,
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(v, roundTrip(t, codec.CBOR, v), same); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("NaN", func(t *testing.T) {
		if v := roundTrip(t, codec.CBOR, math.NaN()); !math.IsNaN(v.(float64)) {
			t.Errorf("NaN is read as %v", v)
		}
	})
}

// JSON refuses values that it would lose.
func TestWhatJSONLosesIsRefusedByIt(t *testing.T) {
	for name, v := range map[string]any{
		"invalid UTF-8":        []string{"a\xff"},
		"invalid UTF-8 as key": map[string]int{"\xff": 1},
		"bytes in any":         []any{[]byte{1, 2}},
		"time in any":          []any{time.Unix(1, 0)},
		"large integer in any": []any{1<<53 + 1},
	} {
		t.Run(name, func(t *testing.T) { wantUnencodable(t, codec.JSON, v) })
	}
	// What only looks like it is kept.
	for _, v := range []string{"\ufffd", `\ufffd`, `\\ufffd`, "<a href='x'>&</a>"} {
		if got := roundTrip(t, codec.JSON, []string{v}).([]string); got[0] != v {
			t.Errorf("%q is read as %q", v, got[0])
		}
	}
	if got := roundTrip(t, codec.JSON, []any{1}).([]any); got[0] != 1.0 {
		t.Errorf("1 in an any is read as %v", got)
	}
}

// Every field of a struct is decoded, over random values.
func TestEveryFieldOfAnyStructIsDecoded(t *testing.T) {
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		t.Run(c.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				v := user{
					ID:       rapid.Uint64().Draw(t, "id"),
					Name:     rapid.String().Draw(t, "name"),
					Admin:    rapid.Bool().Draw(t, "admin"),
					Score:    rapid.Float64().Draw(t, "score"),
					Avatar:   rapid.SliceOf(rapid.Byte()).Draw(t, "avatar"),
					Tags:     rapid.SliceOf(rapid.String()).Draw(t, "tags"),
					Settings: rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "settings"),
					audit: audit{Created: time.Unix(
						rapid.Int64Range(-62_135_596_800+86_400, 253_402_300_799-86_400).Draw(t, "seconds"),
						rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"),
					).In(time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "offset")))},
				}
				data, err := c.Append(nil, &v)
				if err != nil {
					t.Fatal(err)
				}
				var got user
				if err := c.Decode(data, &got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(&v, &got, same); diff != "" {
					t.Fatal(diff)
				}
			})
		})
	}
}

// A struct may gain and lose fields between releases.
func TestAStructMayGrowAndShrinkBetweenReleases(t *testing.T) {
	type old struct{ Kept, Dropped string }
	type new struct{ Kept, Added string }
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		data, err := c.Append(nil, old{Kept: "k", Dropped: "d"})
		if err != nil {
			t.Fatal(err)
		}
		var got new
		if err := c.Decode(data, &got); err != nil || got != (new{Kept: "k"}) {
			t.Errorf("%s: %+v, %v", c.Name(), got, err)
		}
	}
}

// The encoded forms do not change.
func TestTheFormatsAreStable(t *testing.T) {
	v := address{Street: "Nytorv 2"}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, test := range []struct {
		c    codec.Codec
		v    any
		want string
	}{
		{codec.CBOR, v, "\xa1\x66street\x68Nytorv 2"},
		{codec.CBOR, []any{nil, true, uint64(math.MaxUint64), 1.5, []byte{1}}, "\x85\xf6\xf5\x1b\xff\xff\xff\xff\xff\xff\xff\xff\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00\x41\x01"},
		{codec.CBOR, at, "\xc0\x78\x1e2026-01-02T03:04:05.000000006Z"},
		{codec.JSON, v, `{"street":"Nytorv 2"}`},
		{codec.JSON, at, `"2026-01-02T03:04:05.000000006Z"`},
	} {
		got, err := test.c.Append(nil, test.v)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %v is %q, want %q (%v)", test.c.Name(), test.v, got, test.want, err)
		}
	}
}

// Decoded values share no memory with the data.
func TestDecodedValuesDoNotShareMemoryWithTheData(t *testing.T) {
	type all struct {
		Document document
		User     *user
		Raw      []byte
		Array    [3]byte
	}
	want := all{Document: newDocument(), User: newUser(), Raw: []byte("raw bytes"), Array: [3]byte{1, 2, 3}}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		t.Run(c.Name(), func(t *testing.T) {
			data, err := c.Append(nil, want)
			if err != nil {
				t.Fatal(err)
			}
			var got, before all
			for _, dst := range []*all{&got, &before} {
				if err := c.Decode(bytes.Clone(data), dst); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Decode(data, &got); err != nil {
				t.Fatal(err)
			}
			copy(data, strings.Repeat("X", len(data)))
			if diff := cmp.Diff(before, got, same); diff != "" {
				t.Error(diff)
			}
		})
	}
}
