package uri_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/internal/uri"
)

// Paths that are equivalent have one normal form: escapes of unreserved characters are decoded,
// others are in capitals, and dot segments are removed.
// RFC 3986, 6.2.2.1; RFC 3986, 6.2.2.2; RFC 3986, 6.2.2.3
func TestNormalPaths(t *testing.T) {
	for _, test := range []struct{ rule, path, want string }{
		{"RFC 3986, 6.2.2.1: digits of escapes", "/caf%c3%a9", "/caf%C3%A9"},
		{"RFC 3986, 6.2.2.2: escapes of unreserved characters", "/sh%6Fp/%7euser%2d%2E%5f", "/shop/~user-._"},
		{"RFC 3986, 6.2.2.2: escapes of digits", "/%30%39", "/09"},
		{"RFC 3986, 2.2: escapes of reserved characters stay", "/a%2Fb%3F%23%5B%40%3a", "/a%2Fb%3F%23%5B%40%3A"},
		{"RFC 3986, 2.2: reserved characters stay", "/a:b@c!$&'()*+,;=", "/a:b@c!$&'()*+,;="},
		{"RFC 3986, 2.1: what a path must not have is escaped", `/é "<>\^` + "`{|}[]", "/%C3%A9%20%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"},
		{"RFC 3986, 2.4: an escape is decoded once", "/%2541", "/%2541"},
		{"RFC 3986, 2.4: what is decoded begins no escape", "/%%34%31", "/%2541"},
		{"a percent sign alone", "/100%", "/100%25"},
		{"half an escape", "/%4", "/%254"},
		{"RFC 3986, 6.2.2.3: dot segments", "/a/./b/../c", "/a/c"},
		{"RFC 3986, 5.2.4: at the end", "/a/b/..", "/a/"},
		{"RFC 3986, 5.2.4: one dot at the end", "/a/.", "/a/"},
		{"RFC 3986, 5.2.4: above the root", "/../../a", "/a"},
		{"RFC 3986, 5.2.4: nothing is left", "/a/..", "/"},
		{"dots that are escaped", "/a/%2e%2E/b/%2e", "/b/"},
		{"an empty segment is a segment", "/a//../b", "/a/b"},
		{"empty segments stay", "//a///b/", "//a///b/"},
		{"dots within names", "/.well-known/..a/a../...", "/.well-known/..a/a../..."},
		{"case stays", "/A", "/A"},
	} {
		if got := uri.Path(test.path); got != test.want {
			t.Errorf("%s: %q is %q, want %q", test.rule, test.path, got, test.want)
		}
	}
}

// Queries that are equivalent have one normal form.
// RFC 3986, 6.2.2.1; RFC 3986, 6.2.2.2
func TestNormalQueries(t *testing.T) {
	for _, test := range []struct{ rule, query, want string }{
		{"RFC 3986, 6.2.2.1", "q=%c3%a9", "q=%C3%A9"},
		{"RFC 3986, 6.2.2.2", "%71=%61", "q=a"},
		{"RFC 3986, 3.4: slash and question mark are themselves", "a/b?c=/../", "a/b?c=/../"},
		{"RFC 3986, 2.2", "a%26b=%3d+%2B%2F", "a%26b=%3D+%2B%2F"},
		{"what a query must not have", `a[]=é "|^` + "`", "a%5B%5D=%C3%A9%20%22%7C%5E%60"},
		{"a percent sign alone", "q=100%&r=%", "q=100%25&r=%25"},
	} {
		if got := uri.Query(test.query); got != test.want {
			t.Errorf("%s: %q is %q, want %q", test.rule, test.query, got, test.want)
		}
	}
}

// Hosts that are equivalent have one normal form: lower case, no default port, and addresses in
// their canonical text.
// RFC 9110, 4.2.3; RFC 3986, 3.2.2; RFC 5952, 4
func TestNormalHosts(t *testing.T) {
	for _, test := range []struct{ scheme, host, want string }{
		{"http", "EXAMPLE.org", "example.org"}, // RFC 3986, 6.2.2.1
		{"http", "example.org:80", "example.org"},
		{"https", "example.org:443", "example.org"},
		{"https", "example.org:", "example.org"}, // RFC 3986, 6.2.3
		{"http", "example.org:443", "example.org:443"},
		{"https", "example.org:80", "example.org:80"},
		{"http", "[2001:DB8::80]", "[2001:db8::80]"},
		{"http", "[::1]:80", "[::1]"},
		{"http", "example.org:0080", "example.org"},
		{"https", "example.org:000443", "example.org"},
		{"https", "[::1]:0443", "[::1]"},
		{"http", "example.org:08080", "example.org:8080"},
		{"http", "example.org:00", "example.org:0"},
		{"http", "example.org:0", "example.org:0"},
		{"http", "example.org:08x", "example.org:08x"},                 // no port
		{"http", "[2001:DB8:0:0:0::0080]:8080", "[2001:db8::80]:8080"}, // RFC 5952, 4
		{"http", "[::FFFF:1.2.3.4]", "[::ffff:1.2.3.4]"},
		{"http", "[::x]:080", "[::x]"}, // no address
		{"http", "[]", "[]"},
		{"http", "", ""},
	} {
		if got := uri.Host(test.scheme, test.host); got != test.want {
			t.Errorf("%s, %q is %q, want %q", test.scheme, test.host, got, test.want)
		}
	}
}

// A URL that is in normal form is returned without an allocation.
func TestANormalFormIsReturnedWithoutAnAllocation(t *testing.T) {
	path, query := "/shop/caf%C3%A9/index.html", "page=2&q=%C3%A9"
	if n := testing.AllocsPerRun(100, func() { _, _ = uri.Path(path), uri.Query(query) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for _, host := range []string{"example.org", "example.org:8080", "example.org:80", "[2001:db8::1]:8080", "[::1]"} {
		if n := testing.AllocsPerRun(100, func() { _ = uri.Host("http", host) }); n != 0 {
			t.Errorf("%s: %v allocations", host, n)
		}
	}
}

// meaning is what a text says by RFC 3986, as a list: each character that stands for
// itself, and each that is data. It is written for clarity, and shares nothing with
// what it is compared with.
func meaning(text string, dots bool) []string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var means []string
	for text != "" {
		c, rest := text[0], text[1:]
		isData := !strings.ContainsRune("!$&'()*+,;=:@/", rune(c)) && (dots || c != '?')
		if c == '%' && len(text) >= 3 {
			var escaped byte
			if n, err := fmt.Sscanf(text[1:3], "%02x", &escaped); n == 1 && err == nil && isHex(text[1]) && isHex(text[2]) {
				c, rest, isData = escaped, text[3:], true
			}
		}
		text = rest
		if isData && !strings.Contains(unreserved, string(rune(c))) {
			means = append(means, fmt.Sprintf("data %x", c))
			continue
		}
		means = append(means, string(rune(c)))
	}
	if !dots {
		return means
	}
	return withoutDots(means)
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// withoutDots is the algorithm of RFC 3986, section 5.2.4, step by step.
func withoutDots(in []string) (out []string) {
	begins := func(prefix string) bool {
		return len(in) >= len(prefix) && slices.Equal(in[:len(prefix)], strings.Split(prefix, ""))
	}
	is := func(whole string) bool { return len(in) == len(whole) && begins(whole) }
	for len(in) > 0 {
		switch {
		case begins("/./"): // 2B
			in = in[2:]
		case is("/."):
			in = in[:1]
		case begins("/../"), is("/.."): // 2C
			if last := len(out) - 1 - slices.Index(reversed(out), "/"); last >= 0 && last < len(out) {
				out = out[:last]
			}
			if is("/..") {
				in = in[:1]
			} else {
				in = in[3:]
			}
		default: // 2E
			end := slices.Index(in[1:], "/") + 1
			if end == 0 {
				end = len(in)
			}
			out, in = append(out, in[:end]...), in[end:]
		}
	}
	return out
}

func reversed(in []string) []string {
	out := slices.Clone(in)
	slices.Reverse(out)
	if !slices.Contains(out, "/") {
		return append(out, "/") // nothing to cut off
	}
	return out
}

// Two paths have one normal form if they are equivalent by RFC 3986, section 6.2.2, and
// only then. The same of queries.
func sameIfEquivalent(t interface{ Errorf(string, ...any) }, a, b string) {
	for _, dots := range []bool{true, false} {
		normal := uri.Query
		if dots {
			a, b, normal = "/"+a, "/"+b, uri.Path
		}
		same, equivalent := normal(a) == normal(b), slices.Equal(meaning(a, dots), meaning(b, dots))
		if same != equivalent {
			t.Errorf("%q and %q are %q and %q; equivalent: %v", a, b, normal(a), normal(b), equivalent)
		}
		if again := normal(normal(a)); again != normal(a) {
			t.Errorf("%q is %q, and that is %q", a, normal(a), again)
		}
	}
}

// Two spellings have one normal form exactly if they are equivalent.
// RFC 3986, 6.2.2; RFC 3986, 6.2.3
func TestTwoSpellingsHaveOneFormIfTheyAreEquivalent(t *testing.T) {
	// Few characters, so that two texts are often equivalent.
	texts := rapid.StringOfN(rapid.SampledFrom([]rune(`a./%2fFeE61é?|`)), 0, 8, -1)
	spelled := func(t *rapid.T, text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			switch rapid.IntRange(0, 3).Draw(t, "spelling") {
			case 0:
				fmt.Fprintf(&b, "%%%02x", c)
			case 1:
				fmt.Fprintf(&b, "%%%02X", c)
			default:
				b.WriteByte(c)
			}
		}
		return b.String()
	}
	rapid.Check(t, func(t *rapid.T) {
		a := texts.Draw(t, "a")
		sameIfEquivalent(t, a, texts.Draw(t, "b"))
		sameIfEquivalent(t, spelled(t, a), spelled(t, a))
	})
}

// Two spellings have one normal form exactly if they are equivalent.
// RFC 3986, 6.2.2; RFC 3986, 6.2.3
func FuzzTwoSpellingsHaveOneFormIfTheyAreEquivalent(f *testing.F) {
	f.Add("caf%c3%a9", "café")
	f.Add("a/%2e%2e/b", "b")
	f.Add("a%2Fb", "a/b")
	f.Add("%%34%31", "%2541")
	f.Add("..//a/.", "/a/")
	f.Fuzz(func(t *testing.T, a, b string) { sameIfEquivalent(t, a, b) })
}
