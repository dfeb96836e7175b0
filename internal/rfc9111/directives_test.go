package rfc9111_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Directives are found in any case, with blanks, in several lines and around quoted strings; a
// value that is invalid, repeated with another value or negative gives the shorter lifetime, and a
// string that does not end forbids storing.
// RFC 9111, 5.2; RFC 9111, 4.2.1; RFC 9111, 5.2.2.1; RFC 9111, 5.2.2.4; RFC 9111, 5.2.2.7
// RFC 9111, 5.2.2.10
func TestParseDirectives(t *testing.T) {
	type want = rfc9111.Directives
	for _, test := range []struct {
		rule  string
		lines []string
		want  want
	}{
		{"no lines", nil, want{}},
		{"empty elements", []string{"", " , ,,\t"}, want{}},
		{"each directive", []string{"no-store, no-cache, private, public, must-revalidate"},
			want{NoStore: true, NoCache: true, Private: true, PrivateWhole: true, Public: true, MustRevalidate: true}},
		{"any case of letters", []string{"No-Store,PRIVATE,NO-CACHE"}, want{NoStore: true, Private: true, PrivateWhole: true, NoCache: true}},
		{"blanks", []string{" \tno-store \t,\tprivate"}, want{NoStore: true, Private: true, PrivateWhole: true}},
		{"several lines", []string{"max-age=1", "private", "no-store"},
			want{Private: true, PrivateWhole: true, NoStore: true, HasMaxAge: true, MaxAge: time.Second}},

		{"private, qualified", []string{`private="set-cookie"`}, want{Private: true, PrivateFields: []string{"Set-Cookie"}}},
		{"private, with an unquoted argument", []string{"private=x"}, want{Private: true, PrivateFields: []string{"X"}}},
		{"private, qualified and not", []string{`private="x", private`}, want{Private: true, PrivateWhole: true, PrivateFields: []string{"X"}}},
		{"private, qualified with what is no name", []string{`private="a b"`}, want{Private: true, PrivateWhole: true, PrivateFields: []string{"a b"}}},
		{"no-store with an argument", []string{"no-store=0"}, want{NoStore: true}},
		{"no-cache, qualified", []string{`no-cache="set-cookie, X-A"`, `no-cache="x-b"`},
			want{NoCacheFields: []string{"Set-Cookie", "X-A", "X-B"}}},
		{"no-cache with one unquoted name", []string{"no-cache=set-cookie"}, want{NoCacheFields: []string{"Set-Cookie"}}},
		{"no-cache, qualified with nothing", []string{`no-cache=""`}, want{NoCache: true}},
		{"no-cache, qualified and not", []string{`no-cache="x-a", no-cache`}, want{NoCache: true, NoCacheFields: []string{"X-A"}}},
		{"no-cache, qualified with what is no name", []string{`no-cache="a b"`}, want{NoCache: true, NoCacheFields: []string{"a b"}}},

		{"lifetimes", []string{"max-age=60, s-maxage=600"},
			want{HasMaxAge: true, MaxAge: time.Minute, HasSMaxAge: true, SMaxAge: 10 * time.Minute}},
		{"a quoted lifetime", []string{`max-age="60"`}, want{HasMaxAge: true, MaxAge: time.Minute}},
		{"a repeated lifetime", []string{"max-age=60, max-age=60"}, want{HasMaxAge: true, MaxAge: time.Minute}},
		{"contradictory lifetimes", []string{"max-age=60, max-age=61"}, want{HasMaxAge: true}},
		{"contradictory lifetimes, the second of which is zero", []string{"max-age=60", "max-age=0"}, want{HasMaxAge: true}},
		{"a negative lifetime", []string{"max-age=-1"}, want{HasMaxAge: true}},
		{"a fraction", []string{"max-age=1.5"}, want{HasMaxAge: true}},
		{"no lifetime", []string{"max-age, s-maxage="}, want{HasMaxAge: true, HasSMaxAge: true, SMaxAgeInvalid: true}},
		{"a lifetime that overflows", []string{"max-age=99999999999999999999"}, want{HasMaxAge: true, MaxAge: 1 << 31 * time.Second}},
		{"blanks around the sign", []string{"max-age = 60"}, want{HasMaxAge: true, MaxAge: time.Minute}},

		{"directives in quotes are none", []string{`x="no-store, private, public"`}, want{}},
		{"an escaped quote does not end the string", []string{`x="a\", public", private`}, want{Private: true, PrivateWhole: true}},
		{"behind a quoted string", []string{`x="a" , no-store`}, want{NoStore: true}},
		{"a string that does not end", []string{`x="a, public`}, want{NoStore: true, Malformed: true}},
		{"a string that ends in a backslash", []string{`x="a\`}, want{NoStore: true, Malformed: true}},
		{"unknown directives", []string{"publicly, x-public, public-x, not-private, stale=5"}, want{}},

		{"revalidation", []string{"must-revalidate", "proxy-revalidate"}, want{MustRevalidate: true, ProxyRevalidate: true}},
		{"must-understand and immutable", []string{"must-understand, immutable"}, want{MustUnderstand: true, Immutable: true}},
		{"the windows of RFC 5861", []string{"stale-while-revalidate=5, stale-if-error=6"},
			want{HasStaleWhileRevalidate: true, StaleWhileRevalidate: 5 * time.Second, HasStaleIfError: true, StaleIfError: 6 * time.Second}},
		{"a window that cannot be read is none", []string{"stale-while-revalidate=x, stale-if-error"},
			want{HasStaleWhileRevalidate: true, HasStaleIfError: true}},

		{"a semicolon for a comma", []string{"private; foo"}, want{Private: true, PrivateWhole: true}},
		{"a semicolon behind a lifetime", []string{"max-age=60; private"}, want{Private: true, PrivateWhole: true, HasMaxAge: true}},
		{"a semicolon behind something unknown", []string{"x=1; no-store"}, want{NoStore: true}},
		{"a blank for a comma", []string{"no-cache no-store"}, want{NoCache: true, NoStore: true}},
		{"a line break for a comma", []string{"foo\r\nprivate"}, want{Private: true, PrivateWhole: true}},
		{"junk behind a quoted string", []string{`max-age="60" private`}, want{Private: true, PrivateWhole: true, HasMaxAge: true, MaxAge: time.Minute}},
		{"public behind a wrong separator is not heard", []string{"foo; public"}, want{}},
		{"s-maxage behind a wrong separator is not heard", []string{"foo; s-maxage=60"}, want{}},
	} {
		if diff := cmp.Diff(test.want, rfc9111.ParseDirectives(test.lines)); diff != "" {
			t.Errorf("%s: %q: (-want +got)\n%s", test.rule, test.lines, diff)
		}
	}
}

// Whatever stands around a restriction, it is heard, and no further line takes it back.
// RFC 9111, 5.2
func FuzzParseDirectives(f *testing.F) {
	for _, seed := range []string{
		"", "no-store", "Private", `private="a, b"`, `no-cache="x"`, "max-age=1, public", `x="a\"b", no-store`, `"`, `x="`, `=,=`, "a;b c=d",
		"must-revalidate,public;s-maxage=1", "max-age=99999999999999999999", "\x00\xff,\n",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		got := rfc9111.ParseDirectives([]string{first, second})
		lower := strings.ToLower(first + "," + second)
		if got.Public && !strings.Contains(lower, "public") || got.HasSMaxAge && !strings.Contains(lower, "s-maxage") ||
			got.MustRevalidate && !strings.Contains(lower, "must-revalidate") {
			t.Errorf("%q, %q: %+v shares what does not say so", first, second, got)
		}
		if got.MaxAge < 0 || got.SMaxAge < 0 || !got.HasMaxAge && got.MaxAge != 0 || !got.HasSMaxAge && got.SMaxAge != 0 {
			t.Errorf("%q, %q: %+v", first, second, got)
		}
		// Whatever stands around it, a directive is heard.
		for directive, heard := range map[string]func(rfc9111.Directives) bool{
			"no-store": func(d rfc9111.Directives) bool { return d.NoStore },
			"pRivate":  func(d rfc9111.Directives) bool { return d.Private },
			"NO-CACHE": func(d rfc9111.Directives) bool { return d.NoCache },
		} {
			for _, lines := range [][]string{{directive + "," + first, second}, {first, directive, second}} {
				if !heard(rfc9111.ParseDirectives(lines)) {
					t.Errorf("%q: %s is not heard", lines, directive)
				}
			}
			if strings.ContainsRune(first, '"') {
				continue
			}
			if joined := first + " ," + directive; !heard(rfc9111.ParseDirectives([]string{joined})) {
				t.Errorf("%q: %s is not heard", joined, directive)
			}
		}
		// More lines never take a restriction back.
		alone := rfc9111.ParseDirectives([]string{first})
		if alone.NoStore && !got.NoStore || alone.Private && !got.Private || alone.NoCache && !got.NoCache ||
			len(alone.NoCacheFields) > 0 && !slices.Contains(got.NoCacheFields, alone.NoCacheFields[0]) {
			t.Errorf("%q is taken back by %q", first, second)
		}
	})
}
