package envelope_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
	"github.com/larder-go/larder/internal/envelope/version1"
)

// parseHead and parse return what the methods of a header read.
func parseHead(b []byte) (h envelope.Header, err error) {
	err = h.ParseHead(b)
	return h, err
}

func parse(b []byte) (h envelope.Header, err error) {
	h.Length = 1 // of which an error leaves nothing
	err = h.Parse(b)
	return h, err
}

// A driver's head must hold the whole header: this does not compile otherwise.
const _ = uint(driver.HeadSize - envelope.Size)

// headers are all headers that can be written.
var headers = rapid.Custom(func(t *rapid.T) envelope.Header {
	h := envelope.Header{
		Kind:        envelope.Kind(rapid.IntRange(int(envelope.KindNil), int(envelope.KindEncoded)).Draw(t, "kind")),
		Codec:       rapid.Byte().Draw(t, "codec"),
		Compression: rapid.Byte().Draw(t, "compression"),
		Identity:    rapid.Uint64Max(envelope.IdentityMask).Draw(t, "identity"),
		Type:        rapid.Uint32().Draw(t, "type"),
		Length:      rapid.Uint32().Draw(t, "length"),
	}
	if rapid.Bool().Draw(t, "expires") {
		h.Expires = envelope.Expiry(rapid.Int64Range(1, 1<<48-1).Draw(t, "expiry"))
	}
	return h
})

// A header is read as it was written.
func TestAHeaderIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := headers.Draw(t, "header")
		prefix := rapid.SliceOf(rapid.Byte()).Draw(t, "prefix")
		b := h.Append(bytes.Clone(prefix))
		if !bytes.HasPrefix(b, prefix) {
			t.Fatal("Append has changed what was there")
		}
		b = b[len(prefix):]
		if len(b) != envelope.Size {
			t.Fatalf("the header has %d bytes, want %d", len(b), envelope.Size)
		}
		got, err := parseHead(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(h, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// An entry is read as it was written.
func TestAnEntryIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := headers.Draw(t, "header")
		want := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		if h.Compression == 0 {
			h.Length = uint32(len(want))
		}
		entry := append(h.Append(nil), want...)
		got, err := parse(entry)
		if err != nil {
			t.Fatal(err)
		}
		payload := envelope.Payload(entry)
		if diff := cmp.Diff(h, got); diff != "" {
			t.Fatal(diff)
		}
		if !bytes.Equal(payload, want) {
			t.Fatalf("payload is %x, want %x", payload, want)
		}
		if cap(payload) != len(payload) {
			t.Fatal("appending to the payload would write into the entry's memory")
		}
	})
}

// The stored form does not change.
func TestTheFormatIsStable(t *testing.T) {
	tests := []struct {
		name    string
		h       envelope.Header
		payload string
		bytes   string
	}{
		{
			name: "nil that never expires",
			h:    envelope.Header{Kind: envelope.KindNil},
			bytes: "\xC4\x4C\x02\x01\x00\x00\x80\x00" + "\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00" +
				"\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\xf2\x11\xee\xfa",
		},
		{
			name: "encoded and compressed",
			h: envelope.Header{
				Kind: envelope.KindEncoded, Codec: 2, Compression: 3, Identity: 0x0a0b0c0d0e0f, Type: 0x01020304, Length: 0x05060708,
				Expires: envelope.ExpiryAt(time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)),
			},
			payload: "payload",
			bytes: "\xC4\x4C\x02\x04\x02\x03\x80\x00" + "\x01\x9b\x7c\xa9\x8c\x8e" + "\x0a\x0b\x0c\x0d\x0e\x0f" +
				"\x01\x02\x03\x04" + "\x05\x06\x07\x08" + "\xd2\x88\xbc\xe4" + "payload",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := append(test.h.Append(nil), test.payload...)
			envelope.Seal(got)
			if string(got) != test.bytes {
				t.Errorf("the entry is\n%x, want\n%x", got, test.bytes)
			}
		})
	}
}

// Only Never is written as never.
func TestOnlyNeverIsWrittenAsNever(t *testing.T) {
	for _, expires := range []time.Time{
		time.UnixMilli(0),
		time.Unix(0, 1),
		time.UnixMilli(-1),
		time.Time{}.Add(time.Hour),
		time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC),
	} {
		h, err := parseHead(envelope.Header{Kind: envelope.KindNil, Expires: envelope.ExpiryAt(expires)}.Append(nil))
		if err != nil || h.Expires != 1 {
			t.Errorf("%v is read as %v, %v", expires, h.Expires, err)
		}
	}
	if never := envelope.ExpiryAt(time.Time{}); never != 0 || !never.Time().IsZero() {
		t.Errorf("never is %v, and back %v", never, never.Time())
	}
	if at := time.UnixMilli(1767323045006); !envelope.ExpiryAt(at).Time().Equal(at) {
		t.Errorf("%v is %v", at, envelope.ExpiryAt(at).Time())
	}
}

// An entry with a payload of three bytes.
var entry = sealed(envelope.Header{Kind: envelope.KindBytes, Length: 3}, "abc")

// sealed returns a whole entry with its checksum.
func sealed(h envelope.Header, payload string) []byte {
	b := append(h.Append(nil), payload...)
	envelope.Seal(b)
	return b
}

// An entry that is cut anywhere is reported.
func TestEveryTruncationIsReported(t *testing.T) {
	for n := range len(entry) {
		want := envelope.ErrTruncated
		if n == 0 {
			want = envelope.ErrForeign // nothing is no beginning of an entry
		}
		if _, err := parse(entry[:n]); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
	}
	if _, err := parse(append(bytes.Clone(entry), 'd')); !errors.Is(err, envelope.ErrTruncated) {
		t.Errorf("one byte too many: %v, want ErrTruncated", err)
	}
}

// The head of an entry is enough for its header.
func TestTheHeadOfAnEntryIsEnoughForItsHeader(t *testing.T) {
	for n := envelope.Size; n <= len(entry); n++ {
		if _, err := parseHead(entry[:n]); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// Only a head with an identity is unique.
func TestOnlyAHeadWithAnIdentityIsUnique(t *testing.T) {
	identified := sealed(envelope.Header{Kind: envelope.KindBytes, Identity: 1, Length: 3}, "abc")
	if head, unique := envelope.UniqueHead(identified); !unique || !bytes.Equal(head, identified[:driver.HeadSize]) {
		t.Errorf("%x, %v", head, unique)
	}
	for name, b := range map[string][]byte{
		"nothing":          nil,
		"foreign":          []byte(strings.Repeat("foreign", 10)),
		"without identity": entry,
		"cut short":        identified[:envelope.Size-1],
		"of a later kind":  changed(3, 5),
		"version 1":        append(version1.Header{Kind: version1.KindBytes, Type: 7, Length: 30}.Append(nil), make([]byte, 30)...),
	} {
		if head, unique := envelope.UniqueHead(b); unique {
			t.Errorf("%s: %x", name, head)
		}
	}
}

// The length of a compressed payload is not checked here.
func TestTheLengthOfACompressedPayloadIsNotChecked(t *testing.T) {
	compressed := append(envelope.Header{Kind: envelope.KindBytes, Compression: 1, Length: 1000}.Append(nil), "small"...)
	if _, err := parse(compressed); err != nil || string(envelope.Payload(compressed)) != "small" {
		t.Errorf("Parse of %q: %v", compressed, err)
	}
}

// changed returns the entry with the byte at i set to b.
func changed(i int, b byte) []byte {
	c := bytes.Clone(entry)
	c[i] = b
	return c
}

// An entry of a later version is recognized.
func TestALaterVersionIsTold(t *testing.T) {
	for v := 3; v <= math.MaxUint8; v++ {
		later := changed(2, byte(v))
		// Of a version that nobody knows, not even the length is certain.
		for n := 3; n <= len(later); n++ {
			if _, err := parse(later[:n]); !errors.Is(err, envelope.ErrVersion) {
				t.Fatalf("version %d, %d bytes: %v, want ErrVersion", v, n, err)
			}
		}
	}
}

// Foreign bytes are recognized.
func TestForeignBytesAreTold(t *testing.T) {
	tests := map[string][]byte{
		"nothing":           {},
		"text":              []byte("hello, world; this is somebody else's value"),
		"JSON":              []byte(`{"id":1,"name":"somebody else's value"}`),
		"pickle":            []byte("\x80\x05\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x0csomebody's value\x94."),
		"gzip":              []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff and more than twenty bytes"),
		"zeros":             make([]byte, 100),
		"other first byte":  changed(0, 0xC5),
		"other second byte": changed(1, 0x4D),
		"version 0":         changed(2, 0),
		"kind 0":            changed(3, 0),
		"no flag at all":    changed(6, 0),
		"version 1":         changed(2, 1),
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(b); !errors.Is(err, envelope.ErrForeign) {
				t.Errorf("Parse: %v, want ErrForeign", err)
			}
			if _, err := parseHead(b); !errors.Is(err, envelope.ErrForeign) {
				t.Errorf("ParseHead: %v, want ErrForeign", err)
			}
		})
	}
}

// No integer is taken for an entry.
func TestNoIntegerIsTakenForAnEntry(t *testing.T) {
	check := func(t interface{ Errorf(string, ...any) }, n int64) {
		b := driver.AppendInteger(nil, n)
		if _, err := parseHead(b); !errors.Is(err, envelope.ErrForeign) {
			t.Errorf("%d: %v, want ErrForeign", n, err)
		}
	}
	for _, n := range []int64{0, 1, -1, 9, 10, math.MaxInt64, math.MinInt64} {
		check(t, n)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Int64().Draw(t, "n")) })
}

// No entry is taken for an integer.
func TestNoEntryIsTakenForAnInteger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := append(headers.Draw(t, "header").Append(nil), strings.Repeat("1", rapid.IntRange(0, 20).Draw(t, "digits"))...)
		if n, ok := driver.ParseInteger(b); ok {
			t.Fatalf("%x is read as the integer %d", b, n)
		}
	})
}
