package rfc9111_test

import (
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

func TestAcceptedCodings(t *testing.T) {
	for _, test := range []struct {
		rule  string
		lines []string
		want  string
	}{
		{"no lines", nil, ""},
		{"an empty line", []string{""}, ""},
		{"in a canonical order", []string{"zstd, gzip,br , deflate"}, "br, deflate, gzip, zstd"},
		{"several lines, any case", []string{"GZIP", "Br"}, "br, gzip"},
		{"unknown ones are left out", []string{"gzip, sdch, compress, identity"}, "gzip"},
		{"x-gzip is gzip", []string{"x-gzip"}, "gzip"},
		{"the weight does not count", []string{"gzip;q=0.001, br;q=1"}, "br, gzip"},
		{"unless it is zero", []string{"gzip;q=0, br; Q=0.000, zstd"}, "zstd"},
		{"refused and accepted", []string{"gzip, gzip;q=0"}, ""},
		{"refused under its other name", []string{"x-gzip;q=0, gzip"}, ""},
		{"all", []string{"*"}, "br, deflate, gzip, zstd"},
		{"all but", []string{"*, gzip;q=0"}, "br, deflate, zstd"},
		{"no others", []string{"gzip, *;q=0"}, "gzip"},
		{"malformed weights refuse", []string{"gzip;q=, br;q=x, zstd;q=2, deflate;q=-1"}, ""},
		{"weights that only look like numbers", []string{"gzip;q=1e-1, br;q=0x1p-2, zstd;q=Inf, deflate;q=NaN"}, ""},
		{"weights over one, and with too many digits", []string{"gzip;q=1.001, br;q=0.1234, zstd;q=1.000, deflate;q=0.123"}, "deflate, zstd"},
		{"other parameters", []string{"gzip;level=9;q=0, br;level=1"}, "br"},
	} {
		if got := rfc9111.AcceptedCodings(test.lines).String(); got != test.want {
			t.Errorf("%s: %q: %q, want %q", test.rule, test.lines, got, test.want)
		}
	}
}

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
		if again := rfc9111.AcceptedCodings([]string{got.String()}); again != got {
			t.Errorf("%q is %q, and that is %q", line, got, again)
		}
		if refused := rfc9111.AcceptedCodings([]string{line, "gzip;q=0"}); refused.Accepts([]string{"gzip"}) {
			t.Errorf("%q accepts gzip, though it is refused", line)
		}
	})
}
