package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/larder-go/larder/cache/codec"
)

var compressions = []codec.Compression{codec.Zstd, codec.S2}

// noise returns n bytes that do not compress.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

// Decompressing compressed data gives the same data.
func TestWhatIsCompressedIsDecompressed(t *testing.T) {
	sources := map[string][]byte{
		"nothing":        {},
		"one byte":       {'a'},
		"text":           []byte(strings.Repeat("the same again and again, ", 1000)),
		"noise":          noise(100_000),
		"zeros":          make([]byte, 1<<20),
		"noise and text": append(noise(1000), strings.Repeat("a", 300_000)...),
	}
	for _, c := range compressions {
		for name, src := range sources {
			t.Run(c.Name()+"/"+name, func(t *testing.T) {
				for _, dst := range [][]byte{nil, []byte("prefix"), append(make([]byte, 0, 2<<20), "prefix"...)} {
					out := c.Compress(dst, src)
					packed, ok := bytes.CutPrefix(out, dst)
					if !ok {
						t.Fatal("Compress has changed what was there")
					}
					before := bytes.Clone(packed)
					got, err := c.Decompress(packed, len(src))
					if err != nil || !bytes.Equal(got, src) {
						t.Fatalf("Decompress: %d bytes, %v; want %d", len(got), err, len(src))
					}
					if !bytes.Equal(packed, before) {
						t.Error("Decompress has changed its input")
					}
				}
			})
		}
		t.Run(c.Name()+"/any bytes", func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				src := rapid.SliceOf(rapid.Byte()).Draw(t, "src")
				got, err := c.Decompress(c.Compress(nil, src), len(src))
				if err != nil || !bytes.Equal(got, src) {
					t.Fatalf("Decompress = %x, %v", got, err)
				}
			})
		})
	}
}

// Compression makes repetitive text smaller.
func TestCompressionMakesTextSmaller(t *testing.T) {
	src := []byte(strings.Repeat("the same again and again, ", 1000))
	for _, c := range compressions {
		if n := len(c.Compress(nil, src)); n > len(src)/10 {
			t.Errorf("%s: %d bytes become %d", c.Name(), len(src), n)
		}
	}
}

// A stated size other than the true one is ErrMalformed.
func TestAnotherSizeThanTheTrueOneIsMalformed(t *testing.T) {
	src := []byte(strings.Repeat("abc", 1000))
	for _, c := range compressions {
		packed := c.Compress(nil, src)
		for _, size := range []int{0, 1, len(src) - 1, len(src) + 1, 10 * len(src)} {
			if got, err := c.Decompress(packed, size); !errors.Is(err, codec.ErrMalformed) || got != nil {
				t.Errorf("%s: size %d of %d: %d bytes, %v; want ErrMalformed", c.Name(), size, len(src), len(got), err)
			}
		}
	}
}

// Corrupt compressed data is ErrMalformed.
func TestCorruptCompressedDataIsMalformed(t *testing.T) {
	src := []byte(strings.Repeat("some text, ", 50) + string(noise(200)))
	for _, c := range compressions {
		t.Run(c.Name(), func(t *testing.T) {
			packed := c.Compress(nil, src)
			for n := range len(packed) {
				if _, err := c.Decompress(packed[:n], len(src)); !errors.Is(err, codec.ErrMalformed) {
					t.Errorf("the first %d of %d bytes: %v, want ErrMalformed", n, len(packed), err)
				}
			}
			for _, data := range [][]byte{nil, []byte("neither"), noise(500), append(bytes.Clone(packed), 0)} {
				if _, err := c.Decompress(data, len(src)); !errors.Is(err, codec.ErrMalformed) {
					t.Errorf("%.10x...: %v, want ErrMalformed", data, err)
				}
			}
			for i := range packed {
				for _, flip := range []byte{0x01, 0x80, 0xff} {
					broken := bytes.Clone(packed)
					broken[i] ^= flip
					got, err := c.Decompress(broken, len(src))
					if err != nil && !errors.Is(err, codec.ErrMalformed) {
						t.Errorf("byte %d changed: %v", i, err)
					}
					// zstd has a checksum; s2, in this form, has none.
					if err == nil && (len(got) != len(src) || c == codec.Zstd && !bytes.Equal(got, src)) {
						t.Errorf("byte %d changed: %d bytes, no error", i, len(got))
					}
				}
			}
		})
	}
}

// allocated returns how many bytes f allocates, at the least of a few calls.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// Decompression allocates no more than the stated size allows.
func TestDecompressionAllocatesWhatTheStatedSizeAllows(t *testing.T) {
	const (
		huge  = 32 << 20
		slack = 16 << 10 // errors, and what the decoder keeps for the next one
	)
	zeros := make([]byte, 1<<20)
	bombs := map[string]struct {
		c    codec.Compression
		data []byte
	}{
		"zstd that says its size": {codec.Zstd, codec.Zstd.Compress(nil, make([]byte, huge))},
		"zstd that does not":      {codec.Zstd, repeatedByteFrames(1, huge)},
		"zstd in many frames":     {codec.Zstd, repeatedByteFrames(1000, huge)},
		"zstd that lies":          {codec.Zstd, lyingFrame(huge)},
		"zstd with a huge window": {codec.Zstd, []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00}},
		"zstd in the first block": {codec.Zstd, append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x78, 0, 0, 0x10, 0}, repeatedByteFrames(1, huge)[6:]...)},
		"zstd in a second frame":  {codec.Zstd, append(codec.Zstd.Compress(nil, zeros), repeatedByteFrames(1, huge)...)},
		"s2":                      {codec.S2, codec.S2.Compress(nil, make([]byte, huge))},
		"s2 that lies":            {codec.S2, binary.AppendUvarint(nil, 1<<32-1)},
		"s2 that says too little": {codec.S2, append([]byte{100}, s2.Encode(nil, make([]byte, huge))[5:]...)},
	}
	for name, bomb := range bombs {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{0, 100, 1 << 20} {
				var got []byte
				var err error
				n := allocated(func() { got, err = bomb.c.Decompress(bomb.data, size) })
				if !errors.Is(err, codec.ErrMalformed) {
					t.Errorf("size %d: %d bytes, %v; want ErrMalformed", size, len(got), err)
				}
				limit := uint64(size) + slack
				if strings.Contains(name, "block") || strings.Contains(name, "second") {
					limit = 3*limit + 128<<10 // it is noticed one block too late
				}
				if n > limit {
					t.Errorf("size %d: %d bytes were allocated", size, n)
				}
			}
		})
	}
}

// repeatedByteFrames returns zstd frames, without their sizes, of so many bytes
// in all, each block one repeated byte (RFC 8878, section 3.1.1).
func repeatedByteFrames(frames, size int) (data []byte) {
	const block = 128 << 10
	for range frames {
		data = append(data, 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38) // no flags; a window of 128 KiB
		blocks := size / frames / block
		for i := range blocks {
			header := uint32(block<<3 | 1<<1)
			if i == blocks-1 {
				header |= 1
			}
			data = append(data, byte(header), byte(header>>8), byte(header>>16), 'a')
		}
	}
	return data
}

// lyingFrame returns a zstd frame that says its size is 100 bytes, and is not.
func lyingFrame(size int) []byte {
	frame := repeatedByteFrames(1, size)
	frame[4] = 0x20 // a single segment, its size in the next byte
	frame[5] = 100
	return frame
}

// Zstandard data of other levels is read.
// RFC 8878, 3.1.1
func TestZstdOfOtherLevelsIsRead(t *testing.T) {
	src := []byte(strings.Repeat("text ", 10_000))
	for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedBestCompression} {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := codec.Zstd.Decompress(w.EncodeAll(src, nil), len(src)); err != nil || !bytes.Equal(got, src) {
			t.Errorf("%v: %d bytes, %v", level, len(got), err)
		}
	}
}

// A Zstandard frame without its content size is ErrMalformed.
// RFC 8878, 3.1.1
func TestAZstdFrameWithoutItsSizeIsMalformed(t *testing.T) {
	var stream bytes.Buffer
	w, err := zstd.NewWriter(&stream, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	src := noise(1 << 20)
	if _, err := w.Write(src); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Zstd.Decompress(stream.Bytes(), len(src)); !errors.Is(err, codec.ErrMalformed) {
		t.Errorf("%v, want ErrMalformed", err)
	}
}
