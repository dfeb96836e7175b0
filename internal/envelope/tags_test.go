package envelope_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// tagged returns a sealed entry with tags.
func tagged(tags envelope.Tags, payload string) []byte {
	h := envelope.Header{Kind: envelope.KindString, Identity: 7, Length: uint32(len(payload)), HasTags: true}
	b := append(tags.Append(h.Append(nil)), payload...)
	envelope.Seal(b)
	return b
}

func someTags(n int) envelope.Tags {
	tags := envelope.Tags{Count: "0123456789abcdef:12"}
	for i := range n {
		tags.Tags = append(tags.Tags, envelope.Tag{Hash: [16]byte{byte(i), 1}, Versions: [32]byte{byte(i), 2}})
	}
	return tags
}

// The tags of an entry are read back as they were written, before a payload of any length.
func TestTheTagsOfAnEntryAreBetweenHeaderAndPayload(t *testing.T) {
	for _, n := range []int{0, 1, 2, 128} {
		for _, payload := range []string{"", "payload"} {
			b := tagged(someTags(n), payload)
			h, err := parse(b)
			if err != nil || !h.HasTags || string(envelope.Payload(b)) != payload || envelope.Verify(b) != nil {
				t.Fatalf("%d tags: %+v, %v, payload %q", n, h, err, envelope.Payload(b))
			}
			got := envelope.ParseTags(b)
			if want := someTags(n); got.Count != want.Count || !slices.Equal(got.Tags, want.Tags) {
				t.Errorf("%d tags are read back as %+v", n, got)
			}
			if !envelope.HasTags(b[:driver.HeadSize]) {
				t.Error("the head of an entry does not tell that it has tags")
			}
		}
	}
	for _, b := range [][]byte{nil, []byte("12"), entry, envelope.NewLease(envelope.Loading).Append(nil)} {
		if envelope.HasTags(b) {
			t.Errorf("%x has tags", b)
		}
	}
}

// An entry that is cut in its tags is damaged.
func TestAnEntryThatIsCutInItsTagsIsDamaged(t *testing.T) {
	whole := tagged(someTags(3), "")
	for n := envelope.Size; n < len(whole); n++ {
		if _, err := parse(whole[:n]); !errors.Is(err, envelope.ErrTruncated) {
			t.Fatalf("%d bytes of %d: %v", n, len(whole), err)
		}
	}
	for i := envelope.Size; i < envelope.Size+3; i++ {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 1
		if !isUnsound(damaged) {
			t.Errorf("byte %d changed: %v", i, read(damaged))
		}
	}
}
