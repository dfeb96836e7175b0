package cache_test

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/envelope"
)

type user struct {
	Name  string
	Email string   `json:",omitempty"`
	Tags  []string `json:",omitempty"`
}

type order struct {
	Name string
	N    int
}

type (
	colour int
	email  string
	blob   []byte
)

// A value can be read as another type that can hold it.
func TestAValueCanBeReadAsOtherTypesThatHoldIt(t *testing.T) {
	seven := 7
	for _, test := range []struct {
		stored, want any
	}{
		{7, int8(7)}, {7, uint64(7)}, {7, colour(7)}, {colour(7), 7}, {7, &seven}, {7, any(int64(7))}, {&seven, 7},
		{time.Minute, time.Minute}, {uint64(math.MaxInt64), int64(math.MaxInt64)},
		{"text", email("text")}, {email("text"), "text"},
		{[]byte("bytes"), blob("bytes")}, {blob("bytes"), []byte("bytes")},
		{user{Name: "a"}, &user{Name: "a"}}, {&user{Name: "a"}, user{Name: "a"}},
		{user{Name: "a"}, map[string]any{"Name": "a"}}, {map[string]any{"Name": "a"}, user{Name: "a"}},
		{[]user{{Name: "a"}}, []*user{{Name: "a"}}}, {[]user{{Name: "a"}}, [1]user{{Name: "a"}}},
		{map[string]user{"a": {Name: "a"}}, map[string]*user{"a": {Name: "a"}}},
		{struct{ Name string }{"a"}, user{Name: "a"}},
		{addressOf([]user(nil)), []user(nil)}, {addressOf([]user(nil)), addressOf([]user(nil))}, {[]user(nil), (*[]user)(nil)},
	} {
		c := newCache(t, newMapStore(), cache.Config{})
		mustSet(t, c, "k", test.stored)
		dst := reflect.New(reflect.TypeOf(test.want))
		found, err := c.Get(t.Context(), "k", dst.Interface())
		if diff := cmp.Diff(test.want, dst.Elem().Interface()); !found || err != nil || diff != "" {
			t.Errorf("%T read as %T: %v, %v, %s", test.stored, test.want, found, err, diff)
		}
	}
}

// A value that the destination cannot hold is ErrWrongType, and the destination is not changed.
func TestAValueOfAnotherTypeIsWrongTypeAndIsNotRead(t *testing.T) {
	for _, test := range []struct {
		stored, dst any
	}{
		{300, new(int8)}, {-1, new(uint)}, {7, new(string)}, {7, new([]byte)}, {7, new(float64)}, {7, new(user)}, {7, new(error)},
		{"7", new(int)}, {"text", new([]byte)}, {"text", new(user)}, {"text", new(*int)},
		{[]byte("7"), new(int)}, {[]byte("text"), new(string)}, {[]byte("a"), new([]int)},
		{uint64(math.MaxUint64), new(int64)}, {true, new(int)}, {1.5, new(string)},
		{user{Name: "a"}, new(order)}, {user{Name: "a"}, new(*order)}, {[]user{{}}, new([]order)}, {[]user{{}}, new(user)},
		{user{}, new([]user)}, {map[string]user{"a": {}}, new(user)}, {user{}, new(map[string]user)},
		{map[string]user{}, new(map[string]order)}, {[][]user{{{}}}, new([]user)},
		{map[string]map[string]user{"a": {}}, new(map[string]user)},
		{user{Name: "a"}, new(string)}, {user{Name: "a"}, new(int)},
	} {
		for _, by := range []codec.Codec{codec.CBOR, codec.JSON} {
			c := newCache(t, newMapStore(), cache.Config{Codec: by})
			mustSet(t, c, "k", test.stored)
			found, err := c.Get(t.Context(), "k", test.dst)
			if found || !errors.Is(err, cache.ErrWrongType) {
				t.Errorf("%s: %T read as %T: %v, %v, want ErrWrongType", by.Name(), test.stored, test.dst, found, err)
			}
			// A wrong destination is the caller's affair: the entry is there.
			wantHas(t, c, "k", true)
		}
	}
}

// Entries of a struct are read after fields were added and removed.
func TestAStructMayGrowAndShrinkWhileEntriesLiveOn(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	write := func() {
		type user struct {
			Name string
			Old  int
		}
		mustSet(t, c, "k", user{"a", 1})
	}
	write()
	var got user
	if found, err := c.Get(t.Context(), "k", &got); !found || err != nil || got.Name != "a" {
		t.Errorf("Get = %+v, %v, %v, want the field that is left", got, found, err)
	}
}

// Get replaces everything that the destination held.
func TestGetReplacesWhatTheDestinationHeld(t *testing.T) {
	for _, by := range []codec.Codec{codec.CBOR, codec.JSON} {
		c := newCache(t, newMapStore(), cache.Config{Codec: by})
		mustSet(t, c, "k", user{Name: "b"})
		dst := user{Name: "a", Email: "a@example.org", Tags: []string{"x"}}
		if _, err := c.Get(t.Context(), "k", &dst); err != nil || !reflect.DeepEqual(dst, user{Name: "b"}) {
			t.Errorf("%s: Get = %+v, %v, want the cached value and nothing else", by.Name(), dst, err)
		}

		shared := &user{Name: "in use elsewhere"}
		pointer := shared
		if _, err := c.Get(t.Context(), "k", &pointer); err != nil || pointer == shared || shared.Name != "in use elsewhere" {
			t.Errorf("%s: Get wrote to what the pointer pointed to: %+v, %v", by.Name(), shared, err)
		}

		mustSet(t, c, "n", 7)
		number := new(int)
		before := number
		if _, err := c.Get(t.Context(), "n", &number); err != nil || *number != 7 || *before != 0 {
			t.Errorf("%s: Get wrote to what the pointer pointed to: %d, %v", by.Name(), *before, err)
		}
	}
}

// A miss leaves the destination unchanged.
func TestAMissLeavesTheDestination(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	dst := user{Name: "a"}
	if found, err := c.Get(t.Context(), "k", &dst); found || err != nil || dst.Name != "a" {
		t.Errorf("Get = %+v, %v, %v, want a miss that changes nothing", dst, found, err)
	}
}

// A type whose own methods can make it refer to itself is stored.
func TestAValueWhoseMethodsMakeItReferToItselfIsTried(t *testing.T) {
	for _, by := range []codec.Codec{codec.CBOR, codec.JSON} {
		c := newCache(t, newMapStore(), cache.Config{Codec: by})
		mustSet(t, c, "k", newKnot("a"))
		var got knot
		if found, err := c.Get(t.Context(), "k", &got); !found || err != nil || got.Self != &got || got.Name != "a" {
			t.Errorf("%s: Get = %v, %v, %v", by.Name(), got.Name, found, err)
		}
	}
}

// endless is a type whose values lead only to pointers.
type endless *endless

// A type that is a pointer to itself can be stored as nil only.
func TestATypeThatIsAPointerToItselfHoldsNothingButNil(t *testing.T) {
	for _, by := range []codec.Codec{codec.CBOR, codec.JSON} {
		c := newCache(t, newMapStore(), cache.Config{Codec: by}, discardLog())
		mustSet(t, c, "k", endless(nil))
		var p endless
		if found, err := c.Get(t.Context(), "k", &p); !found || err != nil || p != nil {
			t.Errorf("%s: Get = %v, %v, %v, want nil", by.Name(), p, found, err)
		}
		p = &p
		for _, value := range []any{p, &p} {
			if err := c.Set(t.Context(), "k", value); !errors.Is(err, cache.ErrUnencodable) {
				t.Errorf("%s: Set of a pointer to itself: %v, want ErrUnencodable", by.Name(), err)
			}
		}
		for _, value := range []any{7, "text", []byte("bytes"), user{Name: "a"}, []user{}, addressOf([]int(nil))} {
			mustSet(t, c, "k", value)
			if found, err := c.Get(t.Context(), "k", new(endless)); found || !errors.Is(err, cache.ErrWrongType) {
				t.Errorf("%s: Get of %T = %v, %v, want ErrWrongType", by.Name(), value, found, err)
			}
		}
		if err := by.Decode([]byte("\xff"), new(endless)); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("%s: Decode: %v, want ErrMalformed", by.Name(), err)
		}
	}
}

// A failed decode leaves nothing half read.
func TestAFailedDecodeLeavesNothingHalfRead(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{}, quiet)
	mustSet(t, c, "k", []any{"first", "second"})
	raw := s.raw(":1:k")
	raw[len(raw)-7] = 0xff // instead of the second string
	envelope.Seal(raw)
	s.plant(":1:k", raw)
	dst := []string{"before"}
	if found, err := c.Get(t.Context(), "k", &dst); found || err != nil || dst != nil {
		t.Errorf("Get = %q, %v, %v, want a miss and nothing half read", dst, found, err)
	}
}

// A value that does not fit leaves the destination empty.
func TestAValueThatDoesNotFitLeavesNothingHalfRead(t *testing.T) {
	for _, by := range []codec.Codec{codec.CBOR, codec.JSON} {
		c := newCache(t, newMapStore(), cache.Config{Codec: by})
		mustSet(t, c, "k", map[string]any{"Name": "a", "Tags": 7})
		dst := user{Email: "before"}
		if found, err := c.Get(t.Context(), "k", &dst); found || !errors.Is(err, cache.ErrWrongType) || !reflect.DeepEqual(dst, user{}) {
			t.Errorf("%s: Get = %+v, %v, %v, want ErrWrongType and nothing half read", by.Name(), dst, found, err)
		}
	}
}

// A nil slice of bytes is stored as an empty one, and nil as nil.
func TestBytesAndNil(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	for _, test := range []struct {
		set   func() error
		isNil bool
	}{
		{func() error { return c.SetBytes(t.Context(), "k", nil) }, false},
		{func() error { return c.SetBytes(t.Context(), "k", []byte{}) }, false},
		{func() error { return c.Set(t.Context(), "k", []byte{}) }, false},
		{func() error { return c.Set(t.Context(), "k", []byte(nil)) }, true},
		{func() error { return c.Set(t.Context(), "k", nil) }, true},
	} {
		if err := test.set(); err != nil {
			t.Fatal(err)
		}
		for _, opts := range [][]cache.Option{nil, {cache.Shared}} {
			got, found, err := c.GetBytes(t.Context(), "k", opts...)
			if !found || err != nil || len(got) != 0 || (got == nil) != test.isNil {
				t.Errorf("GetBytes = %#v, %v, %v, want nil: %v", got, found, err, test.isNil)
			}
		}
		got := []byte("before")
		if found, err := c.Get(t.Context(), "k", &got); !found || err != nil || len(got) != 0 || (got == nil) != test.isNil {
			t.Errorf("Get = %#v, %v, %v, want nil: %v", got, found, err, test.isNil)
		}
	}
}

// Every kind of nil is stored as the same nil.
func TestEveryKindOfNilIsTheSame(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{})
	for _, stored := range []any{nil, (*user)(nil), []user(nil), map[string]int(nil), (*any)(nil)} {
		mustSet(t, c, "k", stored)
		pointer, slice, m, anything := &user{}, []user{{}}, map[string]int{"a": 1}, any(1)
		for _, dst := range []any{&pointer, &slice, &m, &anything} {
			if found, err := c.Get(t.Context(), "k", dst); !found || err != nil || !reflect.ValueOf(dst).Elem().IsNil() {
				t.Errorf("%T read as %T: %v, %v, want nil", stored, dst, found, err)
			}
		}
		if _, err := c.Get(t.Context(), "k", new(user)); !errors.Is(err, cache.ErrNilValue) {
			t.Errorf("%T read as a user: %v, want ErrNilValue", stored, err)
		}
	}
}
