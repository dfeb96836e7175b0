package page

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/cache/codec"
)

// headed returns a page whose head is the same for all bodies of one length.
func headed(t *testing.T, body string) (p *Page, data []byte) {
	t.Helper()
	header := http.Header{"Etag": {`"fixed"`}, "X-Test": {t.Name()}}
	p = made([]byte("key"), 200, header, []byte(body), time.UnixMilli(1<<40).UTC())
	return p, encoded(t, p)
}

// A page whose head was decoded before has the body of its own entry.
func TestAPageWhoseHeadIsKnownHasTheBodyThatWasStored(t *testing.T) {
	one, data := headed(t, "one")
	two, other := headed(t, "two")
	for _, test := range []struct {
		want *Page
		data []byte
	}{{one, data}, {one, data}, {two, other}, {one, data}} {
		if diff := diffEntries(test.want, decoded(t, test.data)); diff != "" {
			t.Error(diff)
		}
	}
}

// A head that was decoded before is not decoded again.
func TestAPageWhoseHeadIsKnownTakesNoDecoding(t *testing.T) {
	_, data := headed(t, "body")
	decoded(t, data)
	first := decoded(t, data).(*Page)
	if second := decoded(t, data).(*Page); &first.Fields[0] != &second.Fields[0] || first.Render(time.Second) != second.Render(time.Second) {
		t.Error("it was decoded again")
	}
}

// A known head without the whole of its body is malformed.
func TestAKnownHeadWithoutItsBodyIsMalformed(t *testing.T) {
	p, data := headed(t, "body")
	decoded(t, data)
	for n := range data {
		var got Entry
		if err := (Codec{}).Decode(data[:n], &got); !errors.Is(err, codec.ErrMalformed) || got != nil {
			t.Errorf("the first %d of %d bytes, %d of them the body: %v, %v", n, len(data), len(p.Body), got, err)
		}
	}
}

// A remembered head shares no memory with the stored bytes.
func TestAKnownHeadIsNotInTheMemoryOfTheEntry(t *testing.T) {
	want, data := headed(t, "body")
	entry := bytes.Clone(data)
	decoded(t, entry)
	clear(entry) // as if it were used for something else
	if diff := diffEntries(want, decoded(t, data)); diff != "" {
		t.Error(diff)
	}
}

// Heads over a bound are not remembered.
func TestALongHeadIsNotRemembered(t *testing.T) {
	header := http.Header{"X-Long": {string(bytes.Repeat([]byte("x"), maxKnownHead))}}
	data := encoded(t, made([]byte("key"), 200, header, []byte("body"), time.Now()))
	if first, second := decoded(t, data).(*Page), decoded(t, data).(*Page); &first.Fields[0] == &second.Fields[0] {
		t.Error("it was remembered")
	}
}
