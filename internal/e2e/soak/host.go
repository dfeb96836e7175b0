package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/larder-go/larder/internal/e2e/load"
)

// host is what the parts of a soak have instead of a test. It collects what fails,
// and what there is to clean up.
type host struct {
	ctx context.Context

	mu       sync.Mutex
	problems []string
	cleanups []func()
}

var _ load.TB = (*host)(nil)

func (*host) Helper()                    {}
func (*host) Name() string               { return "soak" }
func (h *host) Context() context.Context { return h.ctx }
func (*host) Log(...any)                 {} // the report tells it

// Cleanup has f be called at the end, before those that were given earlier.
func (h *host) Cleanup(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cleanups = append(h.cleanups, f)
}

// Error notes that the soak has failed, which goes on.
func (h *host) Error(args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, fmt.Sprint(args...))
}

// Errorf is Error with a format.
func (h *host) Errorf(format string, args ...any) { h.Error(fmt.Sprintf(format, args...)) }

// Fatal notes that the soak has failed and ends the goroutine.
func (h *host) Fatal(args ...any) {
	h.Error(args...)
	runtime.Goexit()
}

// do runs f, which may call Fatal, and returns when it has ended.
func (h *host) do(f func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	<-ended
}

// cleanUp does everything that was given to Cleanup.
func (h *host) cleanUp() {
	for {
		h.mu.Lock()
		last := len(h.cleanups) - 1
		if last < 0 {
			h.mu.Unlock()
			return
		}
		f := h.cleanups[last]
		h.cleanups = h.cleanups[:last]
		h.mu.Unlock()
		h.do(f)
	}
}

// failed returns what has failed so far.
func (h *host) failed() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.problems)
}
