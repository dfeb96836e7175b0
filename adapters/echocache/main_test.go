package echocache_test

import (
	"io"
	"log"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	_ "github.com/larder-go/larder/backends/memstore"
)

func TestMain(m *testing.M) {
	// Panics are what many cases are about.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
}
