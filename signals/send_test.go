package signals_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/signals"
)

var errBoom = errors.New("boom")

// Send stops at the first error.
// Django, Signal.send
func TestSendStopsAtTheFirstError(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	s.Connect(ran.receiver("a", nil), signals.UID("a"))
	s.Connect(ran.receiver("b", errBoom), signals.UID("b"))
	s.Connect(ran.receiver("c", nil), signals.UID("c"))

	results, err := s.Send(t.Context(), nil, "e")
	if err != errBoom {
		t.Errorf("err = %v; want the receiver's own error", err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, ran.take()); diff != "" {
		t.Errorf("ran: %s", diff)
	}
	if len(results) != 2 || results[0].UID != "a" || results[0].Err != nil || results[1].UID != "b" || results[1].Err != errBoom {
		t.Errorf("results = %+v; want those of a and b", results)
	}
}

// Send lets a panic through.
// Django, Signal.send
func TestSendLetsAPanicThrough(t *testing.T) {
	var s signals.Signal[string]
	var ran trace
	s.Connect(func(context.Context, any, string) error { panic(errBoom) })
	s.Connect(ran.receiver("after", nil))
	if value := mustPanic(t, func() { _, _ = s.Send(t.Context(), nil, "e") }); value != errBoom {
		t.Errorf("panic value %v; want the receiver's", value)
	}
	if len(ran) != 0 {
		t.Errorf("ran %v after a panic", ran)
	}
}

// A result names the function of its receiver.
func TestResultNamesTheReceiversFunction(t *testing.T) {
	var s signals.Signal[string]
	s.Connect(namedReceiver)
	for _, r := range s.SendRobust(t.Context(), nil, "e") {
		if !strings.HasSuffix(r.Receiver, "signals_test.namedReceiver") || r.UID != "" {
			t.Errorf("result %+v; want the name of the function and no uid", r)
		}
	}
}

func namedReceiver(context.Context, any, string) error { return nil }

// SendRobust runs every receiver.
// Django, send_robust
func TestSendRobustRunsEveryReceiver(t *testing.T) {
	s := quiet[string]()
	var ran trace
	s.Connect(ran.receiver("a", errBoom), signals.UID("a"))
	s.Connect(func(context.Context, any, string) error { panic("ouch") }, signals.UID("b"))
	s.Connect(func(context.Context, any, string) error { panic(errBoom) }, signals.UID("c"))
	s.Connect(ran.receiver("d", nil), signals.UID("d"))

	results := s.SendRobust(t.Context(), nil, "e")
	if diff := cmp.Diff([]string{"a", "d"}, ran.take()); diff != "" {
		t.Errorf("ran: %s", diff)
	}
	checkRobustResults(t, results)
}

// checkRobustResults checks the results of receivers a to d, of which a fails,
// b panics with "ouch", c panics with errBoom and d succeeds.
func checkRobustResults(t *testing.T, results []signals.Result) {
	t.Helper()
	if len(results) != 4 {
		t.Fatalf("%d results; want 4", len(results))
	}
	for i, uid := range []string{"a", "b", "c", "d"} {
		if results[i].UID != uid {
			t.Errorf("result %d is of %q; want %q", i, results[i].UID, uid)
		}
	}
	if err := results[0].Err; err != errBoom {
		t.Errorf("a: %v; want the receiver's own error", err)
	}
	var panicked *signals.PanicError
	if !errors.As(results[1].Err, &panicked) {
		t.Fatalf("b: %v; want a PanicError", results[1].Err)
	}
	if panicked.Value != "ouch" || panicked.Error() != "panic: ouch" || panicked.Unwrap() != nil {
		t.Errorf("b: value %v, text %q, unwraps to %v", panicked.Value, panicked, panicked.Unwrap())
	}
	if !bytes.Contains(panicked.Stack, []byte("_test.go")) {
		t.Errorf("b: the stack does not show the receiver:\n%s", panicked.Stack)
	}
	if err := results[2].Err; !errors.Is(err, errBoom) {
		t.Errorf("c: %v; want it to match the error that was the panic value", err)
	}
	if err := results[3].Err; err != nil {
		t.Errorf("d: %v; want nil", err)
	}
}

// SendRobust runs the other receivers after a Goexit.
func TestSendRobustRunsTheRestAfterGoexit(t *testing.T) {
	var log bytes.Buffer
	var s signals.Signal[string]
	s.SetLogger(textLogger(&log))
	var ran trace
	exit := func(context.Context, any, string) error { runtime.Goexit(); return nil }
	s.Connect(exit, signals.UID("first"))
	s.Connect(ran.receiver("a", nil))
	s.Connect(exit, signals.UID("second"))
	s.Connect(ran.receiver("b", nil))

	returned := false
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.SendRobust(context.Background(), nil, "e")
		returned = true
	}()
	<-ended
	if returned {
		t.Error("SendRobust returned after a Goexit")
	}
	if diff := cmp.Diff([]string{"a", "b"}, ran.take()); diff != "" {
		t.Error(diff)
	}
	if got := strings.Count(log.String(), signals.ErrGoexit.Error()); got != 2 {
		t.Errorf("%d lines about Goexit; want 2:\n%s", got, &log)
	}
}

// SendRobust runs the other receivers when the logger panics.
func TestSendRobustRunsTheRestWhenTheLogPanics(t *testing.T) {
	var s signals.Signal[string]
	s.SetLogger(slog.New(panickingHandler{slog.DiscardHandler}))
	var ran trace
	s.Connect(ran.receiver("a", errBoom))
	s.Connect(ran.receiver("b", nil))
	if value := mustPanic(t, func() { s.SendRobust(t.Context(), nil, "e") }); value != "log is full" {
		t.Errorf("panic value %v; want the handler's", value)
	}
	if diff := cmp.Diff([]string{"a", "b"}, ran.take()); diff != "" {
		t.Error(diff)
	}
}

type panickingHandler struct{ slog.Handler }

func (panickingHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (panickingHandler) Handle(context.Context, slog.Record) error { panic("log is full") }

// Failures of receivers are logged.
// Django, send_robust
func TestFailuresAreLogged(t *testing.T) {
	var log bytes.Buffer
	var s signals.Signal[string]
	s.SetLogger(textLogger(&log))
	s.Connect(namedReceiver)
	s.Connect(func(context.Context, any, string) error { return errBoom }, signals.UID("failing"))
	s.Connect(func(context.Context, any, string) error { panic("ouch") })
	s.SendRobust(t.Context(), nil, "e")

	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines; want one for each failure:\n%s", len(lines), &log)
	}
	for i, want := range [][]string{
		{"level=ERROR", "event=string", "error=boom", "uid=failing", "receiver=", "TestFailuresAreLogged"},
		{"level=ERROR", "event=string", `error="panic: ouch"`, "stack=", "send_test.go"},
	} {
		for _, part := range want {
			if !strings.Contains(lines[i], part) {
				t.Errorf("line %d lacks %s:\n%s", i, part, lines[i])
			}
		}
	}
}

// Without a logger, the default logger of that moment is used.
func TestWithoutLoggerTheDefaultAtTheTimeIsUsed(t *testing.T) {
	s := new(signals.Signal[string])
	s.Connect(func(context.Context, any, string) error { return errBoom })
	s.SetLogger(slog.New(slog.DiscardHandler))
	s.SetLogger(nil)

	var log bytes.Buffer
	old := slog.Default()
	defer slog.SetDefault(old)
	slog.SetDefault(textLogger(&log))
	s.SendRobust(t.Context(), nil, "e")
	if !strings.Contains(log.String(), "boom") {
		t.Errorf("the default logger got %q", &log)
	}
}

// Receivers run when the context has ended.
func TestReceiversRunWhenTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var s signals.Signal[string]
	var ran trace
	s.Connect(ran.receiver("r", nil))
	_, _ = s.Send(ctx, nil, "e")
	s.SendRobust(ctx, nil, "e")
	if _, err := s.SendAsync(ctx, nil, "e").Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if got := ran.take(); len(got) != 3 {
		t.Errorf("ran %v; want three times", got)
	}
}
