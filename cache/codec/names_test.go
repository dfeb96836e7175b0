package codec_test

import (
	"strings"
	"testing"

	"github.com/larder-go/larder/cache/codec"
)

// The numbers of codecs in entries and their names in settings never change.
func TestNamesAndNumbersAreStable(t *testing.T) {
	for _, want := range []struct {
		c    codec.Codec
		name string
		id   byte
	}{{codec.CBOR, "cbor", 1}, {codec.JSON, "json", 2}, {codec.Raw, "raw", 3}} {
		if want.c.Name() != want.name || want.c.ID() != want.id {
			t.Errorf("codec %q is number %d, want %q and %d", want.c.Name(), want.c.ID(), want.name, want.id)
		}
		if got, err := codec.ByName(want.name); got != want.c || err != nil {
			t.Errorf("ByName(%q) = %v, %v", want.name, got, err)
		}
	}
	for _, want := range []struct {
		c    codec.Compression
		name string
		id   byte
	}{{codec.Zstd, "zstd", 1}, {codec.S2, "s2", 2}} {
		if want.c.Name() != want.name || want.c.ID() != want.id {
			t.Errorf("compression %q is number %d, want %q and %d", want.c.Name(), want.c.ID(), want.name, want.id)
		}
		if got, err := codec.CompressionByName(want.name); got != want.c || err != nil {
			t.Errorf("CompressionByName(%q) = %v, %v", want.name, got, err)
		}
	}
}

// An unknown name of a codec or compression is an error that names the known ones.
func TestUnknownNamesAreErrorsThatNameTheKnown(t *testing.T) {
	for _, name := range []string{"", "CBOR", "gob", "zstd"} {
		c, err := codec.ByName(name)
		wantNames(t, c == nil, err, `"`+name+`"`, "cbor", "json", "raw")
	}
	for _, name := range []string{"", "ZSTD", "gzip", "cbor"} {
		c, err := codec.CompressionByName(name)
		wantNames(t, c == nil, err, `"`+name+`"`, "zstd", "s2")
	}
}

func wantNames(t *testing.T, none bool, err error, names ...string) {
	t.Helper()
	if !none || err == nil {
		t.Errorf("found; want an error that names %v", names)
		return
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error %q does not name %s", err, name)
		}
	}
}
