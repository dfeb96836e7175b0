package lifecycle

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/signals"
)

// An error that the framework's handler returns is sent as got_request_exception.
func TestServeSendsTheErrorThatNextReturns(t *testing.T) {
	bus := new(signals.Bus)
	var sent []error
	bus.GotRequestException.Connect(func(_ context.Context, _ any, e signals.ExceptionEvent) error {
		sent = append(sent, e.Err)
		return nil
	})
	l := New(withBus(bus), withCaches(inMemory(t)))
	fault := errors.New("a fault")
	for _, err := range []error{nil, fault} {
		l.Serve(httptest.NewRequest("GET", "/", nil), func(r *http.Request) error {
			if err := cache.From(r.Context(), "default").Set(r.Context(), "key", "value"); err != nil {
				t.Errorf("the request's cache: %v", err)
			}
			return err
		})
	}
	if !slices.Equal(sent, []error{fault}) {
		t.Errorf("the errors that were sent are %v, want that of the second request", sent)
	}
}

// A panic is sent as got_request_exception, the request is finished, and the panic goes on.
func TestServeSendsAPanicAndPassesItOn(t *testing.T) {
	bus := new(signals.Bus)
	var sent []error
	bus.GotRequestException.Connect(func(_ context.Context, _ any, e signals.ExceptionEvent) error {
		sent = append(sent, e.Err)
		return nil
	})
	finished := 0
	bus.RequestFinished.Connect(func(context.Context, any, signals.FinishedEvent) error { finished++; return nil })
	defer func() {
		if v := recover(); v != "a panic" || len(sent) != 1 || finished != 1 {
			t.Errorf("the panic is %v, with exceptions %v, and finished %d times", v, sent, finished)
		}
	}()
	New(withBus(bus), withCaches(inMemory(t))).Serve(httptest.NewRequest("GET", "/", nil), func(*http.Request) error { panic("a panic") })
}

func withBus(bus *signals.Bus) func(*Options) {
	return func(o *Options) { o.Buses = append(o.Buses, bus) }
}

func withCaches(caches *cache.Handler) func(*Options) {
	return func(o *Options) { o.Caches = append(o.Caches, caches) }
}

// inMemory returns caches in memory.
func inMemory(t *testing.T) *cache.Handler {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caches.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return caches
}
