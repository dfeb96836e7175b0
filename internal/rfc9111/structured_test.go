package rfc9111_test

import (
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A structured list with anything that is not well-formed is no list.
// RFC 9651, 4.2.1
func TestAListIsReadStrictly(t *testing.T) {
	for _, lines := range [][]string{
		nil, {""}, {"a"}, {"a;b"}, {`"a b";hit;ttl=-5, b; fwd=miss`}, {"a", "b;c"}, {"(a b);c, (), 1, 1.5, ?1, :YQ==:, @1, %\"a%c3%bc\""},
		{"a ,\tb"}, {"OriginCache; hit; ttl=1100", `"CDN Company Here"; hit; ttl=545`}, {"  a  "},
	} {
		if !rfc9111.IsList(lines) {
			t.Errorf("%q is none", lines)
		}
	}
	for _, lines := range [][]string{
		{"a,"}, {",a"}, {"a,,b"}, {"a b"}, {"a;"}, {"a;B"}, {"a; hit ttl=1"}, {`"a`}, {`"a\b"`}, {"(a"}, {"(a,b)"}, {"a;b=(c)"}, {"é"}, {"1.2.3"},
		{"a; detail="}, {"a", ""}, {"a", "b,"}, {"nginx cache: HIT"}, {"hit=1 a"}, {"a;ttl=1e3x!y z"}, {"\ta"}, {" "},
	} {
		if rfc9111.IsList(lines) {
			t.Errorf("%q is one", lines)
		}
	}
}

// A member that follows a well-formed list keeps it well-formed.
// RFC 9651, 4.2.1
func FuzzIsList(f *testing.F) {
	for _, seed := range []string{"", "a", `"a b";hit;ttl=-5, b; fwd=miss`, "(a b);c, ()", "a,", `"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if !rfc9111.IsList([]string{line}) {
			return
		}
		// What stands behind it is read, too: that is what strictness is for.
		if line != "" && rfc9111.IsList([]string{line}) && !rfc9111.IsList([]string{line, "larder; hit"}) {
			t.Errorf("%q spoils what follows", line)
		}
	})
}
