package signals_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/signals"
)

// Notify runs every receiver and logs those that fail.
func TestNotifyRunsEveryReceiverAndLogsThoseThatFail(t *testing.T) {
	var s signals.Signal[string]
	var log bytes.Buffer
	s.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
	var ran trace
	s.Connect(ran.receiver("a", errBoom), signals.UID("a"))
	s.Connect(func(context.Context, any, string) error { panic("bang") }, signals.UID("b"))
	s.Connect(ran.receiver("c", nil), signals.UID("c"))

	s.Notify(t.Context(), nil, "e")
	if diff := cmp.Diff([]string{"a", "c"}, ran.take()); diff != "" {
		t.Errorf("ran: %s", diff)
	}
	if got := strings.Count(log.String(), "signal receiver failed"); got != 2 {
		t.Errorf("%d failures logged; want those of a and b:\n%s", got, log.String())
	}
}

// Notify runs the other receivers when one ends the goroutine.
func TestNotifyRunsTheRestWhenAReceiverEndsTheGoroutine(t *testing.T) {
	var s signals.Signal[string]
	s.SetLogger(slog.New(slog.DiscardHandler))
	var ran trace
	s.Connect(func(context.Context, any, string) error { runtime.Goexit(); return nil })
	s.Connect(ran.receiver("after", nil))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Notify(t.Context(), nil, "e")
	}()
	<-done
	if diff := cmp.Diff([]string{"after"}, ran.take()); diff != "" {
		t.Errorf("ran: %s", diff)
	}
}
