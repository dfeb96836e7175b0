package rfc9111_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Vary gives each field name once, in canonical form, over all lines; * or what is no name matches
// no request.
// RFC 9111, 4.1; RFC 9110, 12.5.5
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

// Names of Vary are canonical and distinct, and * in any position is found.
// RFC 9110, 12.5.5
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
