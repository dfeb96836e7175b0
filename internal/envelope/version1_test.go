package envelope_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/larder-go/larder/internal/envelope"
	"github.com/larder-go/larder/internal/envelope/version1"
)

// Entries of version 1 are read.
func TestEntriesOfVersion1AreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := headers.Draw(t, "header")
		want.Identity = 0
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		if want.Compression == 0 {
			want.Length = uint32(len(payload))
		}
		b := append(frozen(want).Append(nil), payload...)
		if err := read(b); err != nil {
			t.Fatal(err)
		}
		got, err := parse(b)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		if got := string(envelope.Payload(b)); got != string(payload) {
			t.Fatalf("the payload is %q, want %q", got, payload)
		}
	})
}

// An entry of version 1 that is cut anywhere is reported.
func TestEveryTruncationOfVersion1IsReported(t *testing.T) {
	b := append(version1.Header{Kind: version1.KindBytes, Length: 10}.Append(nil), "0123456789"...)
	for n := 1; n < len(b); n++ {
		if err := read(b[:n]); !errors.Is(err, envelope.ErrTruncated) {
			t.Errorf("%d bytes: %v, want ErrTruncated", n, err)
		}
	}
}

// Version 1 takes an entry of version 2 for one of a later version, which it replaces, and never
// for one of its own.
func TestVersion1TakesVersion2ForALaterVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := sealed(headers.Draw(t, "header"), string(rapid.SliceOf(rapid.Byte()).Draw(t, "payload")))
		var h version1.Header
		if err := h.Parse(b); !errors.Is(err, version1.ErrVersion) {
			t.Fatalf("%v, want ErrVersion", err)
		}
	})
}
