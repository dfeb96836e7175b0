package rfc9111_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

func TestVaryNames(t *testing.T) {
	for _, test := range []struct {
		rule  string
		lines []string
		names []string
		any   bool
	}{
		{"no lines", nil, nil, false},
		{"empty elements", []string{"", ",, \t,"}, nil, false},
		{"names are canonical", []string{"accept-encoding,COOKIE"}, []string{"Accept-Encoding", "Cookie"}, false},
		{"each once, in order, over all lines", []string{"b, a", "A,c"}, []string{"B", "A", "C"}, false},
		{"a star", []string{"*"}, []string{"*"}, true},
		{"a padded star among names", []string{"a", " b ,\t* "}, []string{"A", "B", "*"}, true},
		{"what is no name might be anything", []string{"accept; cookie"}, []string{"accept; cookie"}, true},
		{"a blank for a comma", []string{"accept cookie"}, []string{"accept cookie"}, true},
		{"a quoted name", []string{`"cookie"`}, []string{`"cookie"`}, true},
	} {
		names, any := rfc9111.VaryNames(test.lines)
		if diff := cmp.Diff(test.names, names); diff != "" || any != test.any {
			t.Errorf("%s: %q: any is %v, names (-want +got)\n%s", test.rule, test.lines, any, diff)
		}
	}
}

func TestSelecting(t *testing.T) {
	selecting := func(names []string, lines ...string) string {
		request := http.Header{}
		for i := 0; i < len(lines); i += 2 {
			request[lines[i]] = append(request[lines[i]], lines[i+1])
		}
		return string(rfc9111.AppendSelecting(nil, names, request, rfc9111.NormalizeField))
	}
	foo, both := []string{"Foo"}, []string{"Foo", "Bar"}
	for _, test := range []struct {
		rule string
		a, b string
		same bool
	}{
		{"equal values", selecting(foo, "Foo", "1"), selecting(foo, "Foo", "1"), true},
		{"other values", selecting(foo, "Foo", "1"), selecting(foo, "Foo", "2"), false},
		{"fields that are not named do not count", selecting(foo, "Foo", "1"), selecting(foo, "Foo", "1", "Bar", "2"), true},
		{"an empty value is not none", selecting(foo, "Foo", ""), selecting(foo), false},
		{"none is none", selecting(both, "Foo", "1"), selecting(both, "Foo", "1"), true},
		{"lines are joined", selecting(foo, "Foo", "1, 2"), selecting(foo, "Foo", "1", "Foo", "2"), true},
		{"in order", selecting(foo, "Foo", "1", "Foo", "2"), selecting(foo, "Foo", "2", "Foo", "1"), false},
		{"blanks around commas do not count", selecting(foo, "Foo", "1,2"), selecting(foo, "Foo", " 1, 2 "), true},
		{"but in quotes", selecting(foo, "Foo", `"1,2", 3`), selecting(foo, "Foo", `"1, 2", 3`), false},
		{"nor do they within an element", selecting(foo, "Foo", "1 2"), selecting(foo, "Foo", "12"), false},
		{"cookies stay as they are", selecting([]string{"Cookie"}, "Cookie", "a=1,b"), selecting([]string{"Cookie"}, "Cookie", "a=1, b"), false},
		{"values do not run into each other", selecting(both, "Foo", "ab", "Bar", "c"), selecting(both, "Foo", "a", "Bar", "bc"), false},
		{"a value does not look like an absent field", selecting(both, "Foo", "1\x03Bar\x00"), selecting(both, "Foo", "1"), false},
	} {
		if (test.a == test.b) != test.same {
			t.Errorf("%s: %q and %q", test.rule, test.a, test.b)
		}
	}
	if got := rfc9111.AppendSelecting(nil, foo, http.Header{"Foo": {" 1"}}, nil); string(got) != "\x03Foo\x03= 1" {
		t.Errorf("%q", got)
	}
}

func TestMostRecent(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	for _, test := range []struct {
		dates []time.Time
		want  int
	}{{nil, -1}, {[]time.Time{at(1)}, 0}, {[]time.Time{at(1), at(3), at(2)}, 1}, {[]time.Time{at(3), at(1), at(3)}, 2}} {
		if got := rfc9111.MostRecent(test.dates); got != test.want {
			t.Errorf("%v: %d", test.dates, got)
		}
	}
}

func FuzzVaryNames(f *testing.F) {
	for _, seed := range []string{"", "*", "a,b", " , *", "A\tb", "é", "\xff", "cookie;accept"} {
		f.Add(seed, "accept")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		names, any := rfc9111.VaryNames([]string{first, second})
		for i, name := range names {
			if name == "" || slices.Contains(names[:i], name) {
				t.Errorf("%q, %q: %q", first, second, names)
			}
			if !any && http.CanonicalHeaderKey(name) != name {
				t.Errorf("%q, %q: %q is not canonical", first, second, name)
			}
		}
		joined, joinedAny := rfc9111.VaryNames([]string{first + "," + second})
		if !slices.Equal(joined, names) || joinedAny != any {
			t.Errorf("two lines are %q and one is %q", names, joined)
		}
		if _, any := rfc9111.VaryNames([]string{first + ",\t*", second}); !any {
			t.Errorf("the star behind %q is not heard", first)
		}
	})
}

func FuzzSelecting(f *testing.F) {
	f.Add("Foo", "1", "2", "Bar", "")
	f.Add("", ",", "\x00", "Foo", "\xff")
	f.Fuzz(func(t *testing.T, name, first, second, otherName, other string) {
		a := rfc9111.AppendSelecting(nil, []string{name}, http.Header{name: {first, second}}, nil)
		b := rfc9111.AppendSelecting(nil, []string{otherName}, http.Header{otherName: {other}}, nil)
		same := name == otherName && first+", "+second == other
		if (string(a) == string(b)) != same {
			t.Errorf("%q and %q", a, b)
		}
	})
}
