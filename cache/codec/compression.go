package codec

import (
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// Compression makes stored values smaller. Its methods must be safe for
// concurrent use.
type Compression interface {
	// Name is what settings call the compression.
	Name() string

	// ID is stored with each entry. 1 to 127 are this package's; a
	// compression of a program uses 128 to 255.
	ID() byte

	// Compress appends the compressed form of src to dst.
	Compress(dst, src []byte) []byte

	// Decompress returns the size bytes that src was made from. It allocates
	// size bytes for them or, if src is corrupt, at most a small multiple,
	// whatever src claims: other lengths are an error that matches
	// ErrMalformed.
	Decompress(src []byte, size int) ([]byte, error)
}

// The compressions of this package: Zstd makes values smaller, S2 is faster.
var (
	Zstd Compression = zstdCompression{}
	S2   Compression = s2Compression{}
)

// CompressionByName returns the compression of this package called name:
// "zstd" or "s2".
func CompressionByName(name string) (Compression, error) {
	switch name {
	case Zstd.Name():
		return Zstd, nil
	case S2.Name():
		return S2, nil
	}
	return nil, fmt.Errorf("unknown compression %q: the compressions are zstd and s2", name)
}

type zstdCompression struct{}

func (zstdCompression) Name() string { return "zstd" }
func (zstdCompression) ID() byte     { return 1 }

// The encoder and the decoder hold buffers worth sharing and start no
// goroutine in the forms that are used here. A nil reader or writer with
// constant options gives no error.
var (
	zstdEncoder = sync.OnceValue(func() *zstd.Encoder {
		enc, err := zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithSingleSegment(true), // so that small frames tell their size too
		)
		if err != nil {
			panic(err)
		}
		return enc
	})
	zstdDecoder = sync.OnceValue(func() *zstd.Decoder {
		dec, err := zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(0),
			zstd.WithDecodeAllCapLimit(true),
			zstd.WithDecoderMaxWindow(1<<32), // the window of a single segment is its size; no memory is taken for it
		)
		if err != nil {
			panic(err)
		}
		return dec
	})
)

func (zstdCompression) Compress(dst, src []byte) []byte {
	return zstdEncoder().EncodeAll(src, dst)
}

func (zstdCompression) Decompress(src []byte, size int) ([]byte, error) {
	// The frames that we write state their size, so that most corrupt or malicious
	// input is rejected unread. With the option above DecodeAll stops at the
	// capacity of the slice, or one block of at most 128 KiB after it.
	var header zstd.Header
	if len(src) > 0 {
		if err := header.Decode(src); err != nil {
			return nil, fmt.Errorf("%w: zstd: %w", ErrMalformed, err)
		}
		if !header.HasFCS || header.FrameContentSize != uint64(size) {
			return nil, fmt.Errorf("%w: zstd: the frame is not one of %d bytes", ErrMalformed, size)
		}
	}
	out, err := zstdDecoder().DecodeAll(src, make([]byte, 0, size))
	if err != nil {
		return nil, fmt.Errorf("%w: zstd: %w", ErrMalformed, err)
	}
	return checkSize(out, size)
}

type s2Compression struct{}

func (s2Compression) Name() string { return "s2" }
func (s2Compression) ID() byte     { return 2 }

func (s2Compression) Compress(dst, src []byte) []byte {
	// s2.Encode writes into the slice it is given, from its beginning, if that
	// is long enough for the worst case.
	grown := slices.Grow(dst, max(s2.MaxEncodedLen(len(src)), 0))
	out := s2.Encode(grown[len(dst):cap(grown)], src)
	return append(grown, out...)
}

func (s2Compression) Decompress(src []byte, size int) ([]byte, error) {
	claimed, err := s2.DecodedLen(src)
	if err != nil {
		return nil, fmt.Errorf("%w: s2: %w", ErrMalformed, err)
	}
	if claimed != size {
		return nil, fmt.Errorf("%w: s2: %d bytes, want %d", ErrMalformed, claimed, size)
	}
	out, err := s2.Decode(make([]byte, size), src)
	if err != nil {
		return nil, fmt.Errorf("%w: s2: %w", ErrMalformed, err)
	}
	return checkSize(out, size)
}

func checkSize(out []byte, size int) ([]byte, error) {
	if len(out) != size {
		return nil, fmt.Errorf("%w: %d bytes decompressed, want %d", ErrMalformed, len(out), size)
	}
	return out, nil
}
