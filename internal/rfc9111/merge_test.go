package rfc9111_test

import (
	"slices"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Merging two sets of directives keeps each restriction and the shorter lifetime.
// Django, patch_cache_control
func TestMergedDirectivesAreTheStricterOfBoth(t *testing.T) {
	type lines = []string
	for _, test := range []struct {
		lines, added lines
		want         string
	}{
		{nil, nil, ""},
		{nil, lines{"private"}, "private"},
		{lines{""}, lines{"private"}, "private"},
		{lines{"max-age=60"}, lines{"max-age=30"}, "max-age=30"},
		{lines{"max-age=30"}, lines{"max-age=60"}, "max-age=30"},
		{lines{"max-age=soon"}, lines{"max-age=60"}, "max-age=0"},
		{lines{"max-age=60, max-age=30"}, lines{"max-age=60"}, "max-age=0"},
		{lines{"S-MaxAge=60"}, lines{"s-maxage=30, stale-if-error=9"}, "s-maxage=30, stale-if-error=9"},
		{lines{"public"}, lines{"private"}, "private"},
		{lines{"Private"}, lines{"public"}, "private"},
		{lines{"public"}, lines{`private="set-cookie"`}, `public, private="Set-Cookie"`},
		{lines{"no-cache=Set-Cookie"}, lines{`no-cache="Link, set-cookie"`}, `no-cache="Set-Cookie, Link"`},
		{lines{"no-cache=Set-Cookie"}, lines{"no-cache"}, "no-cache"},
		{lines{"no-cache"}, lines{"no-cache=Set-Cookie"}, "no-cache"},
		{lines{`private="a"`}, lines{"private"}, "private"},
		{lines{"public", "max-age=60"}, lines{"no-store"}, "public, max-age=60, no-store"},
		{lines{`x="a, b", no-transform`}, lines{"public"}, `public, x="a, b", no-transform`},
		{lines{`x=a, y="\"q\""`}, lines{"x=b"}, `x=b, y="\"q\""`},
		{lines{"private; max-age=60"}, lines{"public"}, "private"},
		{lines{"max-age=60 no-store"}, lines{"max-age=30"}, "max-age=0, no-store"},
		{lines{`public, private="a`}, lines{"max-age=60"}, "max-age=60, no-store, private"},
		{lines{"max-age=99999999999"}, nil, "max-age=2147483648"},
	} {
		got := rfc9111.MergeDirectives(test.lines, test.added)
		if got != test.want {
			t.Errorf("%q and %q: %q, want %q", test.lines, test.added, got, test.want)
		}
	}
}

// A directive that is to be added is a single well-formed one, with an argument only where it takes
// one.
// RFC 9111, 5.2
func TestTheNameOfADirective(t *testing.T) {
	for text, want := range map[string]string{
		"public":                 "public",
		"Max-Age=60":             "max-age",
		`max-age="60"`:           "max-age",
		"no-cache":               "no-cache",
		`no-cache="a, b"`:        "no-cache",
		`private=a`:              "private",
		"no-transform":           "no-transform",
		`community="UCI"`:        "community",
		`x="a \"b\""`:            "x",
		"":                       "",
		"public, max-age=60":     "",
		"public,":                "",
		" public":                "",
		"public ":                "",
		"public=1":               "",
		"max-age":                "",
		"max-age=":               "",
		"max-age=soon":           "",
		"max-age=-1":             "",
		"max-age=60 s-maxage=60": "",
		"private=":               "",
		`private="a`:             "",
		`private="a" b`:          "",
		`private="a b"`:          "",
		"x=a b":                  "",
		"x=\"a\nb":               "",
		"bad name":               "",
	} {
		if got, ok := rfc9111.DirectiveName(text); ok && got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", text, got, ok, want)
		}
	}
}

// Merged directives are well-formed and at least as strict as both parts.
// RFC 9111, 5.2
func FuzzMergeDirectives(f *testing.F) {
	f.Add("public, max-age=60", "private")
	f.Add(`no-cache="a, b", x="\""`, "no-cache=c; no-store")
	f.Add(`private="a`, "s-maxage=-1, stale-if-error")
	f.Add("private; max-age=60", "must-revalidate=x, =, ,y=\"")
	f.Fuzz(func(t *testing.T, line, added string) {
		merged := rfc9111.MergeDirectives([]string{line}, []string{added})
		got := rfc9111.ParseDirectives([]string{merged})
		if got.Malformed || got.Public && got.PrivateWhole {
			t.Errorf("%q", merged)
		}
		for _, part := range []string{line, added} {
			wantStricter(t, got, rfc9111.ParseDirectives([]string{part}))
		}
		if t.Failed() {
			t.Logf("%q is laxer than %q or %q", merged, line, added)
		}
		if again := rfc9111.MergeDirectives([]string{merged}, nil); again != merged {
			t.Errorf("%q becomes %q when it is merged with nothing", merged, again)
		}
	})
}

// wantStricter fails a test if got allows what one of its parts does not.
func wantStricter(t *testing.T, got, part rfc9111.Directives) {
	t.Helper()
	for _, flag := range [][2]bool{
		{part.NoStore, got.NoStore},
		{part.NoCache, got.NoCache},
		{part.PrivateWhole, got.PrivateWhole},
		{part.MustRevalidate, got.MustRevalidate},
		{part.ProxyRevalidate, got.ProxyRevalidate},
	} {
		if flag[0] && !flag[1] {
			t.Error("a flag is lost")
		}
	}
	for _, lifetime := range []struct {
		has, kept   bool
		value, most time.Duration
	}{
		{part.HasMaxAge, got.HasMaxAge, got.MaxAge, part.MaxAge},
		{part.HasSMaxAge, got.HasSMaxAge, got.SMaxAge, part.SMaxAge},
		{part.HasStaleWhileRevalidate, got.HasStaleWhileRevalidate, got.StaleWhileRevalidate, part.StaleWhileRevalidate},
		{part.HasStaleIfError, got.HasStaleIfError, got.StaleIfError, part.StaleIfError},
	} {
		if lifetime.has && (!lifetime.kept || lifetime.value > lifetime.most) {
			t.Error("a lifetime is longer")
		}
	}
	if !got.NoCache && !containsAll(got.NoCacheFields, part.NoCacheFields) ||
		!got.PrivateWhole && !containsAll(got.PrivateFields, part.PrivateFields) {
		t.Error("a field name is lost")
	}
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
