package codec_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache/codec"
)

func wantUnencodable(t *testing.T, c codec.Codec, v any) {
	t.Helper()
	data, err := c.Append([]byte("prefix"), v)
	if !errors.Is(err, codec.ErrUnencodable) {
		t.Errorf("Append(%T) = %v, want ErrUnencodable", v, err)
	}
	if string(data) != "prefix" {
		t.Errorf("Append(%T) has left %q behind", v, data)
	}
}

// Channels, functions and complex numbers are ErrUnencodable.
func TestUnencodableValuesAreRefused(t *testing.T) {
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for name, v := range map[string]any{
			"channel":            make(chan int),
			"function":           func() {},
			"complex number":     1i,
			"field of channel":   struct{ C chan int }{},
			"slice of functions": []func(){nil},
			"function in any":    map[string]any{"a": []any{func() {}}},
			"year 10000":         time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC),
			"failing marshaler":  failing{},
		} {
			t.Run(c.Name()+"/"+name, func(t *testing.T) { wantUnencodable(t, c, v) })
		}
	}
	wantUnencodable(t, codec.JSON, math.NaN())
	wantUnencodable(t, codec.JSON, map[struct{ A int }]int{{1}: 1})
}

type failing struct{ A int }

var errMarshal = errors.New("marshaler failed")

func (failing) MarshalBinary() ([]byte, error)  { return nil, errMarshal }
func (failing) MarshalText() ([]byte, error)    { return nil, errMarshal }
func (*failing) UnmarshalBinary(_ []byte) error { return errMarshal }
func (*failing) UnmarshalText(_ []byte) error   { return errMarshal }

// The error of a type's own method is kept in the chain.
func TestTheErrorOfATypesOwnMethodIsKept(t *testing.T) {
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		if _, err := c.Append(nil, []failing{{}}); !errors.Is(err, errMarshal) {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
}

// The ways in which a value can refer to itself.
type (
	selfSlice  []selfSlice
	selfMap    map[string]selfMap
	selfStruct struct{ Next *selfStruct }
	inlinedA   struct {
		*inlinedB
		A int
	}
	inlinedB struct {
		*inlinedA
		B int
	}
	renamed struct {
		ring
		Self int // hides ring.Self in Go, and not where names come from tags
	}
	ring struct {
		Self *ring `cbor:"ring" json:"ring"`
	}
	holder struct {
		Any   any
		Table map[string]any
	}
	omits struct {
		Name   string
		hidden *omits
		Skip   *omits         `json:"-" cbor:"-"`
		Table  map[string]any `json:"-" cbor:"-"`
	}
)

// Values that refer to themselves are ErrUnencodable.
func TestValuesThatReferToThemselvesAreRefused(t *testing.T) {
	slice := make(selfSlice, 1)
	slice[0] = slice
	table := selfMap{}
	table["self"] = table
	pointer := &selfStruct{}
	pointer.Next = pointer
	var boxed any
	boxed = &boxed
	list := []any{nil}
	list[0] = list
	object := map[string]any{}
	object["self"] = []any{object}
	reports := &document{Meta: map[string]any{}}
	reports.Meta["self"] = reports
	tagged := &renamed{}
	tagged.ring.Self = &tagged.ring
	a := &inlinedA{}
	a.inlinedB = &inlinedB{inlinedA: a}
	values := map[string]any{
		"slice": slice, "map": table, "pointer": pointer, "interface": boxed, "list": list, "object": object,
		"renamed field": tagged, "embedded": a,
		"document":     reports,
		"embedded any": struct{ *holder }{&holder{Any: pointer}},
		"embedded map": struct{ *holder }{&holder{Table: object}},
		"in a struct":  struct{ A, B any }{1, document{Meta: object}},
		"in an array":  [2]any{1, pointer},
		"behind a map": map[string]*selfStruct{"p": pointer},
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for name, v := range values {
			t.Run(c.Name()+"/"+name, func(t *testing.T) { wantUnencodable(t, c, v) })
		}
	}
	// JSON has no such keys.
	wantUnencodable(t, codec.CBOR, map[*selfStruct]int{pointer: 1})
	wantUnencodable(t, codec.CBOR, map[any]int{pointer: 1})
}

// Fields that are not encoded may refer to the value itself.
func TestWhatIsNotEncodedMayReferToItself(t *testing.T) {
	v := &omits{Name: "n"}
	v.hidden, v.Skip, v.Table = v, v, map[string]any{"self": v}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		if got := roundTrip(t, c, v).(*omits); got.Name != "n" {
			t.Errorf("%s: %+v", c.Name(), got)
		}
	}
}

// The inside of a type that encodes itself is not read.
func TestWhatATypeEncodesItselfIsNotTouched(t *testing.T) {
	// Under the race detector, reading the map would be reported.
	v := &thermometer{readings: make(map[string]any)}
	v.readings["self"] = v
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				v.mu.Lock()
				v.readings[fmt.Sprint(i%10)] = i
				v.mu.Unlock()
			}
		}
	})
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for range 100 {
			if _, err := c.Append(nil, []*thermometer{v}); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	wg.Wait()
}

// What can be encoded at the limit of depth can be decoded.
func TestTheLimitOfDepthIsTheSameInBothDirections(t *testing.T) {
	// In lists each level is a slice and an interface, in chains a pointer and
	// a struct, and in trees a slice and a struct that ends with one: whatever
	// can be encoded at the limit must be decoded.
	shapes := map[string]func(depth int) any{
		"list":  nested,
		"chain": func(depth int) any { return chain(depth) },
		"tree":  func(depth int) any { return grow(depth) },
		"slice": func(depth int) any {
			v := selfSlice{}
			for range depth {
				v = selfSlice{v}
			}
			return v
		},
		"list of bounded parts": func(depth int) any {
			v := bounded{}
			for range depth {
				v = bounded{Next: []bounded{v}}
			}
			return v
		},
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for name, shape := range shapes {
			t.Run(c.Name()+"/"+name, func(t *testing.T) {
				refused := sort.Search(2000, func(depth int) bool {
					_, err := c.Append(nil, shape(depth))
					return errors.Is(err, codec.ErrUnencodable)
				})
				if refused < 400 || refused > 1001 {
					t.Errorf("depth %d is the first that is refused", refused)
				}
				deepest := shape(refused - 1)
				if got := roundTrip(t, c, deepest); !reflect.DeepEqual(got, deepest) {
					t.Error("it is not decoded as it was")
				}
			})
		}
	}
}

// The limit of depth is the same for every type of map.
func TestTheLimitOfDepthIsTheSameForEveryTypeOfMap(t *testing.T) {
	type object map[string]any
	shapes := map[string][2]func(any) any{
		"in a map": {
			func(v any) any { return map[int]object{0: {"a": v}} },
			func(v any) any { return map[int]map[string]any{0: {"a": v}} },
		},
		"in a map of maps": {
			func(v any) any { return map[int]map[int]object{0: {0: {"a": v}}} },
			func(v any) any { return map[int]map[int]map[string]any{0: {0: {"a": v}}} },
		},
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for name, shape := range shapes {
			first := func(around func(any) any) int {
				return sort.Search(2000, func(depth int) bool {
					_, err := c.Append(nil, around(table(depth)))
					return errors.Is(err, codec.ErrUnencodable)
				})
			}
			if named, plain := first(shape[0]), first(shape[1]); named != plain || plain > 1001 {
				t.Errorf("%s, %s: one of a named type is refused from depth %d, another from %d", c.Name(), name, named, plain)
			}
		}
	}
}

// table nests maps.
func table(depth int) any {
	var v any
	for range depth {
		v = map[string]any{"a": v}
	}
	return v
}

// The error about a value that is too deep is short.
func TestTheErrorOfADeepValueIsShort(t *testing.T) {
	object := map[string]any{}
	object[strings.Repeat("key", 100)] = object
	pointer := &selfStruct{}
	pointer.Next = pointer
	type link struct {
		Next *link
		Any  any
	}
	deep := &link{Any: make(chan int)}
	for range 30 {
		deep = &link{Next: deep}
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for _, v := range []any{object, pointer, []any{object}, struct{ P *selfStruct }{pointer}} {
			if _, err := c.Append(nil, v); err == nil || len(err.Error()) > 1000 {
				t.Errorf("%s: %T: the error has %d bytes", c.Name(), v, len(fmt.Sprint(err)))
			}
		}
		// Where it begins and what it is about is told.
		_, err := c.Append(nil, deep)
		if msg := fmt.Sprint(err); !strings.Contains(msg, "link: Next.Next.Next") || !strings.Contains(msg, "….Next.Next.Next.Any: no value of the type chan int") || len(msg) > 300 {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
}

// bounded has parts that are nested, but not without end.
type bounded struct {
	Next []bounded
	Part [1][1][1][1]struct{ T time.Time }
}

func grow(depth int) tree {
	var v tree
	for range depth {
		v = tree{Children: []tree{v}}
	}
	return v
}

// A value of which no field would be encoded is refused.
func TestAValueOfWhichNothingWouldBeEncodedIsRefused(t *testing.T) {
	type price struct {
		Name   string
		Amount money
	}
	type twice struct {
		money
		sync.Mutex
	}
	type ambiguous struct {
		time.Time
		netip.Addr // has MarshalBinary too, so the struct has neither
	}
	type onlySkipped struct {
		A int `json:"-"`
	}
	for name, v := range map[string]any{
		"itself":       money{cents: 5, currency: "EUR"},
		"pointer":      &money{},
		"slice":        []money{},
		"map":          map[string]money{},
		"field":        price{},
		"deep field":   map[string][]*price{},
		"in any":       map[string]any{"a": []any{&money{}}},
		"embedded":     struct{ money }{},
		"embeds twice": &twice{money: money{cents: 5}},
		"only skipped": onlySkipped{A: 1},
		"error":        map[string]any{"error": errors.New("message")},
		"lock":         struct{ Lock *sync.Mutex }{},
		"recursive":    struct{ N *blindNode }{&blindNode{next: &blindNode{}}},
	} {
		for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
			t.Run(c.Name()+"/"+name, func(t *testing.T) {
				wantUnencodable(t, c, v)
			})
		}
	}
	wantUnencodable(t, codec.CBOR, ambiguous{})
	// A method that only the other codec knows does not help.
	wantUnencodable(t, codec.CBOR, big.NewRat(1, 3))
	if _, err := codec.JSON.Append(nil, big.NewRat(1, 3)); err != nil {
		t.Error(err)
	}
}

type blindNode struct {
	next *blindNode
}

// The error about an unencodable value says which type it is and what to do.
func TestTheErrorSaysWhichTypeAndWhatToDo(t *testing.T) {
	_, err := codec.CBOR.Append(nil, map[string]any{"price": struct{ Amount money }{}})
	for _, want := range []string{"map[string]interface {}", "codec_test.money", "MarshalBinary"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q, which does not name %q", err, want)
		}
	}
}

// Structs without fields can be encoded.
func TestStructsWithoutFieldsAreNoLoss(t *testing.T) {
	type marker struct{ _ [0]func() }
	type toArray struct {
		_ struct{} `cbor:",toarray"`
		A int
	}
	for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
		for _, v := range []any{struct{}{}, marker{}, map[string]struct{}{"a": {}}, toArray{A: 1}, counterHolder{}} {
			if _, err := c.Append(nil, v); err != nil {
				t.Errorf("%s: %T: %v", c.Name(), v, err)
			}
		}
	}
}

type counterHolder struct{ C []*counters }

// The raw codec encodes and decodes nothing.
func TestRawEncodesAndDecodesNothing(t *testing.T) {
	wantUnencodable(t, codec.Raw, address{})
	var dst address
	if err := codec.Raw.Decode([]byte("data"), &dst); !errors.Is(err, codec.ErrWrongType) {
		t.Errorf("Decode = %v, want ErrWrongType", err)
	}
}

// The first use of a type is safe for concurrent callers.
func TestConcurrentFirstUseOfAType(t *testing.T) {
	type fresh struct {
		Next  *fresh
		Other map[string]any
	}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for _, c := range []codec.Codec{codec.CBOR, codec.JSON} {
				if _, err := c.Append(nil, &fresh{Next: &fresh{}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
