package page

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"pgregory.net/rapid"
)

// encoded is what the codec makes of p.
func encoded(t rapid.TB, p Entry) []byte {
	t.Helper()
	data, err := Codec{}.Append([]byte("prefix"), p)
	if err != nil {
		t.Fatal(err)
	}
	data, ok := bytes.CutPrefix(data, []byte("prefix"))
	if !ok {
		t.Fatal("Append has not appended")
	}
	return data
}

func decoded(t rapid.TB, data []byte) Entry {
	t.Helper()
	var p Entry
	if err := (Codec{}).Decode(data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func diffEntries(want, got Entry) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(Page{}, Index{}, sharing{}), cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(Page{}, "rendered", "ownRendered", "Head", "presence"), cmpopts.IgnoreFields(Index{}, "presence"))
}

// made makes a page as a run does.
func made(key []byte, status int, header http.Header, body []byte, now time.Time) *Page {
	rules := &policy.Policy{Mode: policy.PerView, TTL: time.Hour}
	p := New(key, status, &respwriter.Edits{Own: header}, header, now, now, rules)
	p.Complete(body, rules)
	return p
}

// anyEntry makes an entry of any kind.
func anyEntry(t *rapid.T) Entry {
	text := rapid.String()
	now := time.UnixMilli(rapid.Int64Range(1, 1<<42).Draw(t, "now"))
	key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		index := &Variants{Generation: rapid.StringN(1, -1, -1).Draw(t, "generation"), Names: rapid.SliceOf(text).Draw(t, "names"), MarkedStale: now}
		return &Index{Key: key, Variants: index}
	case 1:
		return &Tombstone{Key: key, At: now, ID: text.Draw(t, "ID")}
	case 2:
		rule := PurgeRule{KeyPrefix: text.Draw(t, "prefix"), Scheme: "https", Host: text.Draw(t, "host"), Path: text.Draw(t, "path"), At: now, Soft: rapid.Bool().Draw(t, "soft")}
		return &Purges{Rules: []PurgeRule{rule}[:rapid.IntRange(0, 1).Draw(t, "rules")]}
	}
	header := make(http.Header)
	names := rapid.OneOf(text, rapid.SampledFrom([]string{"Age", "Cache-Status", "Cache-Control", "Vary", "Content-Encoding", "Last-Modified"}))
	lines := rapid.OneOf(text, rapid.SampledFrom([]string{"5", "public, max-age=5", "Accept", "gzip", "Mon, 02 Jan 2006 15:04:05 GMT"}))
	for range rapid.IntRange(0, 10).Draw(t, "fields") {
		header[names.Draw(t, "name")] = rapid.SliceOf(lines).Draw(t, "lines")
	}
	status := rapid.SampledFrom([]int{200, 301, 404, 500}).Draw(t, "status")
	return made(key, status, header, rapid.SliceOf(rapid.Byte()).Draw(t, "body"), now)
}

// Decoding an encoded entry gives the same entry.
func TestADecodedEntryEqualsTheEncodedOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyEntry(t)
		data := encoded(t, p)
		got := decoded(t, data)
		if diff := diffEntries(p, got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

// An entry that is empty, cut, of another version or inconsistent is malformed.
func TestADamagedPageIsMalformed(t *testing.T) {
	p := made([]byte("key"), 200, http.Header{"A": {"1", "2"}}, []byte("body"), time.Now())
	data := encoded(t, p)
	other := made([]byte("key"), 42, http.Header{}, nil, time.Now())
	short := p.withBody([]byte("bod"))
	for name, damaged := range map[string][]byte{
		"empty":               nil,
		"of another version":  append([]byte{1}, data[1:]...),
		"with something more": append(bytes.Clone(data), 0),
		"with a status that no server would write": encoded(t, other),
		"with another length than Content-Length":  encoded(t, short),
	} {
		var got Entry
		if err := (Codec{}).Decode(damaged, &got); !errors.Is(err, codec.ErrMalformed) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for n := range data {
		var got Entry
		if err := (Codec{}).Decode(data[:n], &got); !errors.Is(err, codec.ErrMalformed) || got != nil {
			t.Errorf("the first %d bytes: %v, %v", n, got, err)
		}
	}
}

// A stored response has the Content-Length of its body, whatever the handler said.
// RFC 9110, 8.6
func TestAStoredPageHasTheContentLengthOfItsBody(t *testing.T) {
	for name, lines := range map[string][]string{
		"none": nil, "the right one": {"4"}, "no number": {"four"}, "twice the same": {"4", "4"}, "two": {"4", "5"}, "zeros": {"004"},
	} {
		p := made([]byte("key"), 200, http.Header{"Content-Length": lines}, []byte("body"), time.Now())
		if got := p.Lines("Content-Length"); len(got) != 1 || got[0] != "4" {
			t.Errorf("%s: %q is stored, want 4", name, got)
		}
		decoded(t, encoded(t, p))
	}
	for _, status := range []int{204, 304} {
		decoded(t, encoded(t, made([]byte("key"), status, http.Header{"Content-Length": {"4"}}, nil, time.Now())))
	}
}

// The codec of pages refuses other values.
func TestTheCodecIsForPagesOnly(t *testing.T) {
	if _, err := (Codec{}).Append(nil, "text"); !errors.Is(err, codec.ErrUnencodable) {
		t.Errorf("Append: %v", err)
	}
	var text string
	if err := (Codec{}).Decode(nil, &text); !errors.Is(err, codec.ErrWrongType) {
		t.Errorf("Decode: %v", err)
	}
}

// No stored bytes make decoding panic, and what decodes is encoded to the same entry.
func FuzzDecodePage(f *testing.F) {
	now := time.UnixMilli(1)
	for _, p := range []Entry{
		made(nil, 200, http.Header{}, nil, now),
		made([]byte("key"), 200, http.Header{"A": {"1", ""}, "Age": {"5"}, "Vary": {"B"}}, []byte("body"), now),
		&Index{Key: []byte("key"), Variants: &Variants{Generation: "g", Names: []string{"A", "B"}}},
		&Tombstone{Key: []byte("key"), At: now, ID: "g"},
		&Purges{Rules: []PurgeRule{{KeyPrefix: "p", Scheme: "https", Host: "h", Path: "/p", At: now, Soft: true}}},
	} {
		f.Add(encoded(f, p))
	}
	f.Add(encoded(f, made([]byte("key"), 200, http.Header{}, []byte("body"), now).withBody([]byte("bod"))))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Entry
		if err := (Codec{}).Decode(data, &p); err != nil {
			if p != nil || !errors.Is(err, codec.ErrMalformed) {
				t.Fatalf("%v, %v", p, err)
			}
			return
		}
		// The fields of a page cost a little more than their bytes.
		if size := p.CacheSize(); size > 512+64*len(data) {
			t.Errorf("%d bytes have become %d", len(data), size)
		}
		if diff := diffEntries(p, decoded(t, encoded(t, p))); diff != "" {
			t.Errorf("it does not survive (-want +got)\n%s", diff)
		}
	})
}
