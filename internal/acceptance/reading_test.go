package acceptance_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/internal/testbackends"
)

// order is a value that needs a codec.
type order struct {
	Number int64
	Lines  []string
	Notes  map[string]string
}

var exampleOrder = order{
	Number: beyondDouble,
	Lines:  []string{"tea", "", "é\x00"},
	Notes:  map[string]string{"long": strings.Repeat("note ", 1000)},
}

// orderKey is the key of the sample that needs a codec.
const orderKey = "order"

// sample is a value that one program writes and another reads.
type sample struct {
	value any
	read  func(ctx context.Context, c cache.Cache, key string) (any, bool, error)
}

var samples = map[string]sample{
	orderKey:   {exampleOrder, into[order]},
	"integer":  {int64(beyondDouble), into[int64]},
	"negative": {int64(-beyondDouble), into[int64]},
	"string":   {"é\x00\xff" + strings.Repeat("s", 5000), into[string]},
	"empty":    {"", into[string]},
	"bytes":    {[]byte("\x00\xff"), into[[]byte]},
}

// nilKey is the key of a cached nil.
const nilKey = "nil"

// into reads a value of type T.
func into[T any](ctx context.Context, c cache.Cache, key string) (any, bool, error) {
	var v T
	found, err := c.Get(ctx, key, &v)
	return v, found, err
}

// write stores the samples that the codec of the cache can encode.
func write(ctx context.Context, c cache.Cache) (report, error) {
	if err := c.Set(ctx, nilKey, nil); err != nil {
		return report{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(samples)) {
		if err := c.Set(ctx, key, samples[key].value); err != nil {
			return report{}, err
		}
	}
	return report{}, nil
}

// read reads what write has stored.
func read(ctx context.Context, c cache.Cache) (report, error) {
	p := &order{}
	if found, err := c.Get(ctx, nilKey, &p); err != nil || !found || p != nil {
		return report{}, fmt.Errorf("nil: %v, %t, %w", p, found, err)
	}
	for key := range samples {
		if err := readOne(ctx, c, key); err != nil {
			return report{}, err
		}
	}
	return report{}, nil
}

func readOne(ctx context.Context, c cache.Cache, key string) error {
	value, found, err := samples[key].read(ctx, c, key)
	if err != nil || !found {
		return fmt.Errorf("%s: found %t, %w", key, found, err)
	}
	if diff := cmp.Diff(samples[key].value, value); diff != "" {
		return fmt.Errorf("%s differs (- written, + read):\n%s", key, diff)
	}
	return nil
}

// What one process writes, another reads.
func TestWhatOneProcessWritesAnotherReads(t *testing.T) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		for _, options := range []string{"codec=cbor", "codec=json", "compression=zstd", "compression=s2"} {
			name, value, _ := strings.Cut(options, "=")
			address := testbackends.With(b.URL(t), name, value)
			c := open(t, address)
			inAnotherProcess(t, "write", address)
			if _, err := read(t.Context(), c); err != nil {
				t.Errorf("%s: what another process wrote: %v", options, err)
			}
			if err := c.Clear(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := write(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			inAnotherProcess(t, "read", address) // it fails if it does not find all
		}
	})
}

// A reader without compression, or with another, knows all those of package
// codec: the setting may change while entries live on.
func TestCompressedEntriesAreReadWhateverTheSetting(t *testing.T) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		address := b.URL(t)
		for _, writer := range []string{"none", "zstd", "s2"} {
			inAnotherProcess(t, "write", testbackends.With(address, "compression", writer))
			for _, reader := range []string{"none", "zstd", "s2"} {
				c := open(t, testbackends.With(address, "compression", reader))
				if _, err := read(t.Context(), c); err != nil {
					t.Errorf("%s reads %s: %v", reader, writer, err)
				}
			}
		}
	})
}

// Entries of another codec are misses that are reported.
func TestEntriesOfAnotherCodecAreReportedMisses(t *testing.T) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		for _, pair := range [][2]string{{"cbor", "json"}, {"json", "cbor"}, {"cbor", "raw"}, {"json", "raw"}} {
			writer, reader := pair[0], pair[1]
			t.Run(writer+" read by "+reader, func(t *testing.T) {
				address := b.URL(t)
				inAnotherProcess(t, "write", testbackends.With(address, "codec", writer))
				settings := settingsOf(t, testbackends.With(address, "codec", reader))
				wantReportedMiss(t, settings, orderKey)
				for key := range samples {
					if key != orderKey { // which by now has a value of the reader's
						if err := readOne(t.Context(), open(t, testbackends.With(address, "codec", reader)), key); err != nil {
							t.Errorf("what needs no codec: %v", err)
						}
					}
				}
			})
		}
	})
}

// Entries that would be decompressed to too much are misses that are reported.
func TestEntriesThatGrowTooLargeAreReportedMisses(t *testing.T) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		address := b.URL(t)
		inAnotherProcess(t, "write", testbackends.With(address, "compression", "zstd"))
		wantReportedMiss(t, settingsOf(t, testbackends.With(address, "max_decompressed", "100")), orderKey)
	})
}

// reversal is a compression that only some programs have.
type reversal struct{}

func (reversal) Name() string { return "reversal" }
func (reversal) ID() byte     { return 200 }

// Compress leaves out the last byte: what gains nothing is not compressed.
func (reversal) Compress(dst, src []byte) []byte {
	reversed := slices.Clone(src[:len(src)-1])
	slices.Reverse(reversed)
	return append(dst, reversed...)
}

func (reversal) Decompress([]byte, int) ([]byte, error) { return nil, codec.ErrMalformed }

// Entries of an unknown compression are misses that are reported.
func TestEntriesOfAnUnknownCompressionAreReportedMisses(t *testing.T) {
	onEachShared(t, func(t *testing.T, b testbackends.Backend) {
		address := b.URL(t)
		writer := settingsOf(t, address)
		config := writer[cache.DefaultAlias]
		config.Compression = reversal{}
		writer[cache.DefaultAlias] = config
		if _, err := write(t.Context(), openHandler(t, writer)[cache.DefaultAlias]); err != nil {
			t.Fatal(err)
		}
		wantReportedMiss(t, settingsOf(t, address), orderKey)
	})
}
