package rfc9111_test

import (
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Lines of Accept-Encoding that mean the same have one normal form: known codings only, by the
// client's weights, with refused ones left out.
// RFC 9110, 12.5.3
func TestAcceptedCodings(t *testing.T) {
	for _, test := range []struct {
		rule  string
		lines []string
		want  string
	}{
		{"no lines", nil, ""},
		{"an empty line accepts none", []string{""}, "identity"},
		{"the same in words", []string{"identity"}, "identity"},
		{"in a canonical order", []string{"zstd, gzip,br , deflate"}, "gzip, br, zstd, deflate"},
		{"several lines, any case", []string{"GZIP", "Br"}, "gzip, br"},
		{"unknown ones are left out", []string{"gzip, sdch, compress, identity"}, "gzip"},
		{"only unknown ones", []string{"sdch, compress"}, "identity"},
		{"x-gzip is gzip", []string{"x-gzip"}, "gzip"},
		{"equal weights", []string{"br;q=0.5, gzip;q=0.500"}, "gzip, br"},
		{"what the client prefers comes first", []string{"gzip;q=0.001, br;q=1"}, "br, gzip;q=0.9"},
		{"four weights", []string{"gzip;q=0.1, br;q=0.2, zstd;q=0.3, deflate;q=0.4"}, "deflate, zstd;q=0.9, br;q=0.8, gzip;q=0.7"},
		{"two of one weight", []string{"zstd;q=0.8, gzip, br;q=0.8"}, "gzip, br;q=0.9, zstd;q=0.9"},
		{"weights of all others", []string{"br, *;q=0.5"}, "br, gzip;q=0.9, zstd;q=0.9, deflate;q=0.9"},
		{"less than no coding", []string{"identity;q=0.5, gzip;q=0.2, br"}, "br"},
		{"all less than no coding", []string{"identity, gzip;q=0.5"}, "identity"},
		{"no coding as much as others", []string{"identity;q=0.5, gzip;q=0.5"}, "gzip"},
		{"no coding is refused", []string{"gzip;q=0.5, identity;q=0"}, "gzip"},
		{"a weight of zero refuses", []string{"gzip;q=0, br; Q=0.000, zstd"}, "zstd"},
		{"refused and accepted", []string{"gzip, gzip;q=0"}, "identity"},
		{"two weights", []string{"gzip, br;q=0.5, gzip;q=0.1"}, "br, gzip;q=0.9"},
		{"refused under its other name", []string{"x-gzip;q=0, gzip"}, "identity"},
		{"all", []string{"*"}, "gzip, br, zstd, deflate"},
		{"all except one", []string{"*, gzip;q=0"}, "br, zstd, deflate"},
		{"no others", []string{"gzip, *;q=0"}, "gzip"},
		{"malformed weights refuse", []string{"gzip;q=, br;q=x, zstd;q=2, deflate;q=-1"}, "identity"},
		{"weights that only look like numbers", []string{"gzip;q=1e-1, br;q=0x1p-2, zstd;q=Inf, deflate;q=NaN"}, "identity"},
		{"weights over one, and with too many digits", []string{"gzip;q=1.001, br;q=0.1234, zstd;q=1.000, deflate;q=0.123"}, "zstd, deflate;q=0.9"},
		{"other parameters", []string{"gzip;level=9;q=0, br;level=1"}, "br"},
	} {
		if got := rfc9111.AcceptedCodings(test.lines).String(); got != test.want {
			t.Errorf("%s: %q: %q, want %q", test.rule, test.lines, got, test.want)
		}
	}
}

// A client accepts a coded response only if it accepts each of its codings.
// RFC 9110, 12.5.3; RFC 9110, 8.4
func TestAccepts(t *testing.T) {
	for _, test := range []struct {
		accept   string
		encoding []string
		want     bool
	}{
		{"", nil, true},
		{"", []string{"", "identity"}, true},
		{"", []string{"gzip"}, false},
		{"gzip", []string{"gzip"}, true},
		{"gzip", []string{"X-GZIP"}, true},
		{"gzip", []string{"br"}, false},
		{"gzip", []string{"gzip, br"}, false},
		{"gzip, br", []string{"gzip", " br"}, true},
		{"*", []string{"compress"}, false},
		{"gzip;q=0, *", []string{"gzip"}, false},
	} {
		if got := rfc9111.AcceptedCodings([]string{test.accept}).Accepts(test.encoding); got != test.want {
			t.Errorf("%q accepts %q: %v", test.accept, test.encoding, got)
		}
	}
}

// A client that names no known coding, or refuses all of them, accepts none.
// RFC 9110, 12.5.3
func TestAcceptNone(t *testing.T) {
	for line, want := range map[string]bool{
		"": true, "identity": true, "gzip;q=0, br;q=x": true, "compress": true, "*;q=0": true,
		"gzip": false, "*": false, "identity, gzip;q=0.001": false,
	} {
		if got := rfc9111.AcceptedCodings([]string{line}).AcceptNone(); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
	if !rfc9111.AcceptedCodings(nil).AcceptNone() {
		t.Error("a request without the field accepts one")
	}
}

// The normal form of Accept-Encoding accepts nothing that the line does not name, and normalizing
// it again changes nothing.
// RFC 9110, 12.5.3
func FuzzAcceptedCodings(f *testing.F) {
	for _, seed := range []string{"", "gzip", "*", "gzip;q=0", "br;q=1.0, *;q=0.5", "x-gzip;q=", ";;q=,", "a;q=1;q=0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := rfc9111.AcceptedCodings([]string{line})
		lower := strings.ToLower(line)
		for _, coding := range []string{"br", "deflate", "gzip", "zstd"} {
			if got.Accepts([]string{coding}) && !strings.Contains(lower, coding) && !strings.Contains(lower, "*") {
				t.Errorf("%q accepts %s", line, coding)
			}
		}
		if again := rfc9111.AcceptedCodings([]string{got.String()}); again.String() != got.String() {
			t.Errorf("%q is %q, and that is %q", line, got, again)
		}
		if refused := rfc9111.AcceptedCodings([]string{line, "gzip;q=0"}); refused.Accepts([]string{"gzip"}) {
			t.Errorf("%q accepts gzip, though it is refused", line)
		}
	})
}
