package filestore

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/larder-go/larder/cache/driver"
)

// zeros is a file of any length that takes no memory.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func encode(key, value string, expiry, written int64) []byte {
	e := newEntry([]byte(key), []byte(value), expiry, written)
	return append(e.appendHeader(nil), value...)
}

// No file makes decoding panic, and what decodes is what was written.
func FuzzDecode(f *testing.F) {
	good := encode("shop:1:basket", "value", 1_800_000_000_000_000_000, 1_700_000_000_000_000_000)
	f.Add(good)
	f.Add(encode("k", "", never, 0))
	f.Add(encode("k", string(bytes.Repeat([]byte("v"), 3*firstRead)), math.MinInt64, -1))
	f.Add(encode(string(bytes.Repeat([]byte("k"), 2*firstRead)), "v", never, 0))
	for _, n := range []int{0, 1, len(magic), len(magic) + 1, keyOffset - 1, keyOffset, len(good) - 1} {
		f.Add(good[:n])
	}
	huge := bytes.Clone(good)
	for i := 24; i < 36; i++ {
		huge[i] = 0xff
	}
	f.Add(huge)
	newer := bytes.Clone(good)
	newer[len(magic)] = formatVersion + 1
	f.Add(newer)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decode(bytes.NewReader(b), int64(len(b)), whole)
		head, headErr := decode(bytes.NewReader(b), int64(len(b)), headOnly)
		if err != nil {
			if !errors.Is(err, driver.ErrCorrupt) {
				t.Fatalf("error %v, want ErrCorrupt", err)
			}
			return
		}
		if again := append(e.appendHeader(nil), e.value...); !bytes.Equal(again, b) {
			t.Fatalf("decoded and encoded again: %x, want %x", again, b)
		}
		if headErr != nil || !bytes.HasPrefix(e.value, head.value) || len(head.value) < min(len(e.value), driver.HeadSize) {
			t.Fatalf("the head alone is %q, %v", head.value, headErr)
		}
		if !bytes.Equal(head.key, e.key) || head.expiry != e.expiry || head.written != e.written || head.size != e.size {
			t.Fatalf("the head alone is %+v, want that of %+v", head, e)
		}
	})
}

// Decoding allocates no more than the limit, whatever length a file claims.
func TestDecodeDoesNotAllocateForAHugeFile(t *testing.T) {
	// Allocating a petabyte would panic.
	if _, err := decode(zeros{}, 1<<50, whole); !errors.Is(err, errForeign) {
		t.Fatalf("error %v, want errForeign", err)
	}
}

// A file that shrinks while it is read is corrupt.
func TestDecodeOfAFileThatShrinks(t *testing.T) {
	b := encode("k", string(make([]byte, 3*firstRead)), never, 0)
	for _, n := range []int{0, keyOffset, firstRead, len(b) - 1} {
		if _, err := decode(bytes.NewReader(b[:n]), int64(len(b)), whole); !errors.Is(err, errDamaged) {
			t.Errorf("cut to %d bytes while reading: error %v, want errDamaged", n, err)
		}
	}
}

// No bytes make reading a tally panic or give a negative one.
func FuzzDecodeTally(f *testing.F) {
	f.Add(usage{}.encode())
	f.Add(usage{entries: 312, bytes: 1 << 30}.encode())
	f.Add(usage{entries: -1, bytes: 1}.encode())
	f.Add(make([]byte, tallyLen))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		u, ok := decodeTally(b)
		if !ok {
			return
		}
		if u.entries < 0 || u.bytes < 0 || !bytes.Equal(u.encode(), b) {
			t.Fatalf("decodeTally(%x) = %+v", b, u)
		}
	})
}

// A tally that is zeroed or negative is refused.
func TestTallyThatIsZeroedOrNegativeIsRefused(t *testing.T) {
	for _, b := range [][]byte{nil, make([]byte, tallyLen), usage{entries: -1}.encode(), usage{bytes: -1}.encode()} {
		if u, ok := decodeTally(b); ok {
			t.Errorf("decodeTally(%x) = %+v, want a refusal", b, u)
		}
	}
}

// A damaged file is read again under the lock before it is removed, since a writer may have put a
// good one there.
func TestLookAgainFindsWhatAWriterPutThereMeanwhile(t *testing.T) {
	s, err := Open(t.TempDir(), Options{MaxEntries: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Set(t.Context(), []byte("k"), []byte("good"), driver.Never); err != nil {
		t.Fatal(err)
	}
	e, err := s.lookAgain(t.Context(), []byte("k"), whole)
	if err != nil || string(e.value) != "good" {
		t.Fatalf("lookAgain = %q, %v, want the good entry", e.value, err)
	}
	if v, err := s.Get(t.Context(), []byte("k")); err != nil || string(v) != "good" {
		t.Fatalf("Get = %q, %v: the good entry was removed", v, err)
	}
}

// No bytes make reading a layout panic.
func FuzzParseLayout(f *testing.F) {
	for _, text := range []string{"larder filestore layout 1\nshards 32\n", "larder filestore layout 1\nshards 0\n", "larder filestore layout 2\nanything", "larder filestore layout 1\nshards +1\n", "larder filestore layout 1\nshards 1025\n", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		count, err := parseLayout(text)
		if err == nil && (count < 1 || count > maxShards) {
			t.Fatalf("parseLayout(%q) = %d", text, count)
		}
	})
}

// A layout is accepted only in the form in which it is written.
func TestParseLayoutAcceptsOnlyWhatWriteLayoutWrites(t *testing.T) {
	dir := t.TempDir()
	for _, count := range []int{1, 32, maxShards} {
		if err := writeLayout(dir, count); err != nil {
			t.Fatal(err)
		}
		if got, err := readLayout(dir); got != count || err != nil {
			t.Errorf("readLayout = %d, %v, want %d", got, err, count)
		}
	}
	for _, text := range []string{"", "larder filestore layout 1\n", "larder filestore layout 1\nshards 032\n", "larder filestore layout 1\nshards 32\nmore", "larder filestore layout 1\nshards -1\n", "larder filestore layout 0\nshards 1\n"} {
		if err := os.WriteFile(filepath.Join(dir, layoutName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if count, err := readLayout(dir); err == nil {
			t.Errorf("readLayout of %q = %d, want an error", text, count)
		}
	}
}

// The number of shards follows from the bounds.
func TestShardsFor(t *testing.T) {
	for _, c := range []struct {
		entries, bytes int64
		want           int
	}{
		{1, 1, 1},
		{511, 1 << 40, 1},
		{512, 1 << 40, 2},
		{defaultMaxEntries, defaultMaxBytes, 32},
		{1 << 40, 31 << 20, 1},
		{1 << 40, 1 << 30, 64},
		{math.MaxInt64, math.MaxInt64, maxShards},
	} {
		if got := shardsFor(Options{MaxEntries: c.entries, MaxBytes: c.bytes}); got != c.want {
			t.Errorf("shardsFor(%d entries, %d bytes) = %d, want %d", c.entries, c.bytes, got, c.want)
		}
	}
}
