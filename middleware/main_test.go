package middleware_test

import (
	"io"
	"log"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/cache/codec"
)

func TestMain(m *testing.M) {
	// Panics and failing caches are what many tests are about.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetOutput(io.Discard)
	// They are made once for the process, and must not be a bubble's.
	compressed := codec.Zstd.Compress(nil, []byte("x"))
	if _, err := codec.Zstd.Decompress(compressed, 1); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
