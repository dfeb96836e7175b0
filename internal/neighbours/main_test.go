package neighbours

import (
	"io"
	"log"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	_ "github.com/larder-go/larder/backends/memstore"
)

// discardLogger is for what frameworks say of the panics that situations provoke.
var discardLogger = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) {
	slog.SetDefault(discardLogger)
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
}
