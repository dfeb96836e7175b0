package signals_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/signals"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet returns a signal that logs nothing.
func quiet[E any]() *signals.Signal[E] {
	s := new(signals.Signal[E])
	s.SetLogger(slog.New(slog.DiscardHandler))
	return s
}

// trace collects the names of receivers in the order in which they ran.
type trace []string

// receiver returns a receiver that adds name to the trace and returns err.
func (tr *trace) receiver(name string, err error) signals.Receiver[string] {
	return func(context.Context, any, string) error {
		*tr = append(*tr, name)
		return err
	}
}

// take returns what was collected and empties the trace.
func (tr *trace) take() []string {
	names := *tr
	*tr = nil
	return names
}

// textLogger returns a logger that writes lines without the time.
func textLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func mustPanic(t *testing.T, f func()) (value any) {
	t.Helper()
	defer func() {
		if value = recover(); value == nil {
			t.Error("did not panic")
		}
	}()
	f()
	return nil
}
