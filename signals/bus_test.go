package signals_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/signals"
)

// Buses are separate.
func TestBusesAreSeparate(t *testing.T) {
	var mine, other signals.Bus
	var ran trace
	mine.RequestFinished.Connect(func(context.Context, any, signals.FinishedEvent) error {
		ran = append(ran, "mine")
		return nil
	})
	r := httptest.NewRequest("GET", "/", nil)
	other.RequestFinished.SendRobust(t.Context(), nil, signals.FinishedEvent{Request: r})
	signals.Default.RequestFinished.SendRobust(t.Context(), nil, signals.FinishedEvent{Request: r})
	if got := ran.take(); got != nil {
		t.Errorf("a receiver of one bus was told of events of another: %v", got)
	}
	mine.RequestFinished.SendRobust(t.Context(), nil, signals.FinishedEvent{Request: r})
	if diff := cmp.Diff([]string{"mine"}, ran.take()); diff != "" {
		t.Error(diff)
	}
}

// The logger of a bus is that of each of its signals.
func TestLoggerOfABusIsThatOfEachSignal(t *testing.T) {
	var log bytes.Buffer
	var bus signals.Bus
	bus.SetLogger(textLogger(&log))
	bus.RequestStarted.Connect(func(context.Context, any, signals.StartedEvent) error { return errBoom })
	bus.RequestFinished.Connect(func(context.Context, any, signals.FinishedEvent) error { return errBoom })
	bus.GotRequestException.Connect(func(context.Context, any, signals.ExceptionEvent) error { return errBoom })

	bus.RequestStarted.SendRobust(t.Context(), nil, signals.StartedEvent{})
	bus.RequestFinished.SendRobust(t.Context(), nil, signals.FinishedEvent{})
	bus.GotRequestException.SendRobust(t.Context(), nil, signals.ExceptionEvent{Err: errors.New("failed")})
	for _, event := range []string{"signals.StartedEvent", "signals.FinishedEvent", "signals.ExceptionEvent"} {
		if got := strings.Count(log.String(), "event="+event+" "); got != 1 {
			t.Errorf("%d lines for %s; want 1:\n%s", got, event, &log)
		}
	}
}
