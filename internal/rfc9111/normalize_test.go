package rfc9111_test

import (
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Field values that differ only in blanks, in the number of lines, or in the order of weighted
// languages match each other; any other difference counts.
// RFC 9111, 4.1; RFC 9110, 12.5.4
func TestNormalizeField(t *testing.T) {
	for _, test := range []struct {
		rule, name string
		lines      []string
		want       string
	}{
		{"one line", "Foo", []string{"a"}, "a"},
		{"blanks around a list", "Foo", []string{" 1 ,\t2 "}, "1,2"},
		{"empty elements stay", "Foo", []string{",a, ,"}, ",a,,"},
		{"quoted strings stay", "Foo", []string{`"a , \" , b" , c`}, `"a , \" , b",c`},
		{"a quote that does not end", "Foo", []string{`a , "b , c`}, `a,"b , c`},
		{"user agents stay", "User-Agent", []string{"a (b, c)"}, "a (b, c)"},

		{"the order of languages", "Accept-Language", []string{"de, EN"}, "de,en"},
		{"in several lines", "Accept-Language", []string{" en ", "de"}, "de,en"},
		{"weights come first", "Accept-Language", []string{"de;q=0.5, en;q=0.8, fr ; q=1.0"}, "fr,en;q=0.800,de;q=0.500"},
		{"each once", "Accept-Language", []string{"en, en, *;q=0"}, "en,*;q=0.000"},
		{"a malformed weight", "Accept-Language", []string{"en, De;q=2"}, "en, De;q=2"},
		{"another parameter", "Accept-Language", []string{"en, De;x=1"}, "en, De;x=1"},
		{"no language", "Accept-Language", []string{"en de,a"}, "en de,a"},
		{"nothing", "Accept-Language", []string{""}, ""},
	} {
		if got := rfc9111.NormalizeField(test.name, test.lines); got != test.want {
			t.Errorf("%s: %q: %q", test.rule, test.lines, got)
		}
	}
}

// Normalizing a field value a second time changes nothing.
// RFC 9111, 4.1
func FuzzNormalizeField(f *testing.F) {
	for _, seed := range []string{"", "a , b", `"a , b" ,c`, "en;q=0.5, de", "*;q=0", "\\,\"", ";q=", "de;q=1.000"} {
		f.Add("Accept-Language", seed)
		f.Add("Foo", seed)
	}
	f.Fuzz(func(t *testing.T, name, line string) {
		once := rfc9111.NormalizeField(name, []string{line})
		if twice := rfc9111.NormalizeField(name, []string{once}); twice != once {
			t.Errorf("%s: %q is %q, and that is %q", name, line, once, twice)
		}
	})
}
