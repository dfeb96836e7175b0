package envelope_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
	"github.com/larder-go/larder/internal/envelope/version1"
)

// No stored bytes make parsing panic, and what parses as a sound entry is exactly what Append and
// Seal, or the release before, would write.
func FuzzParse(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("1234"))
	f.Add([]byte("-9223372036854775808"))
	f.Add(entry)
	f.Add(entry[:envelope.Size])
	f.Add(changed(2, 1))
	f.Add(changed(2, 3))
	f.Add(changed(3, 5))
	f.Add(changed(7, 1))
	f.Add(tagged(envelope.Tags{Count: "0123456789abcdef:1", Tags: make([]envelope.Tag, 2)}, "payload"))
	f.Add(envelope.NewLease(envelope.Loading).Append(nil))
	f.Add(sealed(envelope.Header{
		Kind: envelope.KindEncoded, Codec: 1, Compression: 2, Identity: envelope.IdentityMask, Type: math.MaxUint32,
		Length: math.MaxUint32, Expires: 1<<48 - 1,
	}, "payload"))
	f.Add(append(version1.Header{Kind: version1.KindBytes, Expires: math.MaxInt64, Type: 7, Length: 3}.Append(nil), "abc"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parse(b)
		if err != nil && h != (envelope.Header{}) {
			t.Errorf("Parse = %+v beside the error %v", h, err)
		}
		if lease, ok := envelope.ParseLease(b); ok && !bytes.Equal(lease.Append(nil), b) {
			t.Errorf("%x is read as %+v", b, lease)
		}
		if errors.Is(err, envelope.ErrReserved) {
			_ = envelope.Verify(b) // which a reader does to tell it from a damaged entry
		}
		if err != nil {
			return
		}
		head, err := parseHead(b[:min(len(b), driver.HeadSize)])
		if err != nil || head != h {
			t.Errorf("ParseHead = %+v, %v, and Parse = %+v", head, err, h)
		}
		again := h.Append(nil)
		if h.HasTags {
			tags := envelope.ParseTags(b)
			again = tags.Append(again)
		}
		again = append(again, envelope.Payload(b)...)
		envelope.Seal(again)
		if b[2] == 1 {
			again = append(frozen(h).Append(nil), envelope.Payload(b)...)
		}
		if sound := envelope.Verify(b) == nil; sound != bytes.Equal(again, b) {
			t.Errorf("%x is read as %+v, which is written as %x; Verify: %v", b, h, again, sound)
		}
	})
}

// frozen returns a header as the release before had it.
func frozen(h envelope.Header) version1.Header {
	return version1.Header{
		Kind: version1.Kind(h.Kind), Codec: h.Codec, Compression: h.Compression,
		Expires: version1.Expiry(h.Expires), Type: h.Type, Length: h.Length,
	}
}
