package codec_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/larder-go/larder/cache/codec"
)

// No stored bytes make the CBOR decoder panic; its errors are of the two kinds, and what it reads
// can be written and read again.
func FuzzCBORDecode(f *testing.F) {
	for _, v := range []any{newUser(), newDocument(), nested(10), address4, veryBig, []any{}, 1.5} {
		data, err := codec.CBOR.Append(nil, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\xbf\x61a\x9f\x01\xff\xff"))
	f.Add([]byte("\xd9\x01\x00\x80"))
	f.Fuzz(func(t *testing.T, data []byte) { decodeStored(t, codec.CBOR, data) })
}

// No stored bytes make the JSON decoder panic; its errors are of the two kinds, and what it reads
// can be written and read again.
func FuzzJSONDecode(f *testing.F) {
	for _, v := range []any{newUser(), newDocument(), nested(10), address4, veryBig, []any{}, 1.5} {
		data, err := codec.JSON.Append(nil, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"a":1e400}`))
	f.Add([]byte(`"\ud800"`))
	f.Fuzz(func(t *testing.T, data []byte) { decodeStored(t, codec.JSON, data) })
}

func decodeStored(t *testing.T, c codec.Codec, data []byte) {
	before := bytes.Clone(data)
	for _, dst := range []any{new(any), new(user), new([]document), new(map[string]*address), new(int8)} {
		err := c.Decode(data, dst)
		if err != nil {
			if errors.Is(err, codec.ErrMalformed) == errors.Is(err, codec.ErrWrongType) {
				t.Errorf("Decode into %T: %v, which is of no one kind", dst, err)
			}
			continue
		}
		again, err := c.Append(nil, dst)
		if errors.Is(err, codec.ErrUnencodable) {
			continue // deeper than can be written, for one
		}
		if err != nil {
			t.Errorf("Append of what was read into %T: %v", dst, err)
		} else if err := c.Decode(again, dst); err != nil {
			t.Errorf("Decode of what was read into %T and written: %v", dst, err)
		}
	}
	if !bytes.Equal(data, before) {
		t.Error("Decode has changed the data")
	}
}

// maxFuzzed is how much memory the fuzzer lets a size claim.
const maxFuzzed = 1 << 20

// No stored bytes make Zstandard decompression panic: it returns the stated number of bytes or
// ErrMalformed.
func FuzzZstd(f *testing.F) { fuzzDecompress(f, codec.Zstd) }

// No stored bytes make S2 decompression panic: it returns the stated number of bytes or
// ErrMalformed.
func FuzzS2(f *testing.F) { fuzzDecompress(f, codec.S2) }

func fuzzDecompress(f *testing.F, c codec.Compression) {
	f.Add([]byte{}, uint32(0))
	for _, src := range [][]byte{{'a'}, []byte("text text text text text"), noise(100), make([]byte, 1000)} {
		packed := c.Compress(nil, src)
		f.Add(packed, uint32(len(src)))
		f.Add(packed, uint32(len(src)+1))
		f.Add(packed[:len(packed)-1], uint32(len(src)))
	}
	f.Add(repeatedByteFrames(2, 1<<20), uint32(1<<20))
	f.Add([]byte("\xff\xff\xff\xff\x0f"), uint32(maxFuzzed))
	f.Fuzz(func(t *testing.T, data []byte, size uint32) {
		size %= maxFuzzed + 1
		got, err := c.Decompress(data, int(size))
		switch {
		case err == nil && len(got) != int(size):
			t.Errorf("%d bytes, want %d, and no error", len(got), size)
		case err != nil && (!errors.Is(err, codec.ErrMalformed) || got != nil):
			t.Errorf("%d bytes and the error %v", len(got), err)
		}
	})
}
