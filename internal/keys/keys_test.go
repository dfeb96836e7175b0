package keys_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-go/larder/internal/keys"
)

func join(parts ...string) []byte {
	var b []byte
	for _, part := range parts {
		b = keys.AppendPart(b, part)
	}
	return b
}

// lists are lists of parts that are likely to be mistaken for one another.
var lists = rapid.SliceOfN(rapid.OneOf(
	rapid.StringOf(rapid.RuneFrom([]rune{0, 1, 2, ':', 'a'})),
	rapid.StringN(0, 300, -1),
), 0, 5)

// Different lists of parts give different keys.
func TestDifferentListsGiveDifferentKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := lists.Draw(t, "a"), lists.Draw(t, "b")
		if same := slices.Equal(a, b); bytes.Equal(join(a...), join(b...)) != same {
			t.Fatalf("%q and %q: keys %x and %x", a, b, join(a...), join(b...))
		}
	})
}

// Parts that would be equal when joined give different keys: "ab", "c" and "a", "bc".
func TestPartsThatJoinAlikeGiveDifferentKeys(t *testing.T) {
	seen := make(map[string][]string)
	for _, list := range [][]string{
		{}, {""}, {"", ""}, {"a", "b"}, {"ab"}, {"ab", ""}, {"", "ab"}, {"a:b"}, {"a", ":b"}, {"a:", "b"},
		{"\x01a"}, {"\x01", "a"}, {"a", "\x01b"}, {"a\x01b"}, {strings.Repeat("a", 127)}, {strings.Repeat("a", 128)},
	} {
		k := string(join(list...))
		if other, ok := seen[k]; ok {
			t.Errorf("%q and %q have the same key", list, other)
		}
		seen[k] = list
	}
}

// No part is written as the beginning of another.
func TestNoPartIsWrittenAsTheBeginningOfAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if a != b && bytes.HasPrefix(join(b), join(a)) {
			t.Fatalf("the key of %q begins with that of %q", b, a)
		}
	})
}

// A string and its bytes are the same part.
func TestAStringAndItsBytesAreOnePart(t *testing.T) {
	if !bytes.Equal(keys.AppendPart(nil, "part"), keys.AppendPart(nil, []byte("part"))) {
		t.Error("a part of bytes and one of a string differ")
	}
}

// A hashed key has one length and suits every backend.
func TestAHashIsOfOneLengthAndFitForEveryBackend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canonical := join(lists.Draw(t, "list")...)
		prefix := []byte("page:")
		b := keys.AppendHash(prefix, canonical)
		hash, ok := bytes.CutPrefix(b, prefix)
		if !ok || len(hash) != keys.HashSize {
			t.Fatalf("AppendHash gives %q", b)
		}
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		if rest := bytes.Trim(hash, alphabet); len(rest) != 0 {
			t.Fatalf("%q holds %q", hash, rest)
		}
	})
}

// Different keys have different hashes.
func TestDifferentKeysHaveDifferentHashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := join(lists.Draw(t, "a")...), join(lists.Draw(t, "b")...)
		if same := bytes.Equal(a, b); bytes.Equal(keys.AppendHash(nil, a), keys.AppendHash(nil, b)) != same {
			t.Fatalf("%x and %x: hashes equal %v", a, b, !same)
		}
	})
}

// The form of keys does not change.
func TestTheFormatIsStable(t *testing.T) {
	if got, want := string(join("GET", "", "/")), "\x03GET\x00\x01/"; got != want {
		t.Errorf("the key is %q, want %q", got, want)
	}
	// The SHA-256 of nothing, as RFC 4648 writes it.
	if got, want := string(keys.AppendHash(nil, nil)), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"; got != want {
		t.Errorf("the hash is %q, want %q", got, want)
	}
}
