package envelope_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// FuzzParse feeds stored bytes to the parser: it never panics, and what it
// takes for an entry is exactly what Append would write.
func FuzzParse(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("1234"))
	f.Add([]byte("-9223372036854775808"))
	f.Add(entry)
	f.Add(entry[:envelope.Size])
	f.Add(changed(2, 2))
	f.Add(changed(8, 0xff))
	f.Add(append(envelope.Header{
		Kind: envelope.KindEncoded, Codec: 1, Compression: 2, Type: math.MaxUint32, Length: math.MaxUint32,
		Expires: math.MaxInt64,
	}.Append(nil), "payload"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parse(b)
		if err != nil {
			if h != (envelope.Header{}) {
				t.Errorf("Parse = %+v beside the error %v", h, err)
			}
			return
		}
		if again := append(h.Append(nil), envelope.Payload(b)...); !bytes.Equal(again, b) {
			t.Errorf("%x is read as %+v, which is written as %x", b, h, again)
		}
		head, err := parseHead(b[:min(len(b), driver.HeadSize)])
		if err != nil || head != h {
			t.Errorf("ParseHead = %+v, %v, and Parse = %+v", head, err, h)
		}
	})
}
