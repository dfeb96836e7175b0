package cache

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

// The implied default is the handler of a program that imports the memory backend and
// has not called SetDefault: one cache in memory, as Django's default is.
const (
	impliedBackend  = "memory"
	impliedMaxBytes = "64MiB"
)

func impliedSettings() Settings {
	return Settings{DefaultAlias: {Backend: impliedBackend, Options: map[string]any{"max_bytes": impliedMaxBytes}}}
}

var errNoDefault = fmt.Errorf("%w: there is no scope in the context and no default handler: "+
	"import _ %q for a default cache in memory, or call cache.SetDefault, or give middleware.Lifecycle the caches by WithCaches",
	ErrInvalidBackend, packageOf(impliedBackend))

// implyDefault returns the default handler, and makes the implied one the default while
// none is set. That opens nothing and starts nothing.
func implyDefault() (*Handler, error) {
	for {
		if h := defaultHandler.Load(); h != nil {
			return h, nil
		}
		if _, ok := driver.DefaultRegistry.Lookup(impliedBackend); !ok {
			return nil, errNoDefault
		}
		h, err := NewHandler(impliedSettings(), WithLogger(slog.New(currentLog{})))
		if err != nil {
			return nil, fmt.Errorf("the implied default cache: %w", err)
		}
		h.implied = new(implied)
		defaultHandler.CompareAndSwap(nil, h) // of concurrent callers all get the first one
	}
}

// currentLog writes to what is the default log of the program at that moment: the implied
// handler may be there before the program has chosen one.
type currentLog struct{}

// Enabled implements [slog.Handler].
func (currentLog) Enabled(ctx context.Context, level slog.Level) bool {
	return slog.Default().Handler().Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (currentLog) Handle(ctx context.Context, r slog.Record) error {
	return slog.Default().Handler().Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (currentLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return slog.Default().Handler().WithAttrs(attrs)
}

// WithGroup implements [slog.Handler].
func (currentLog) WithGroup(name string) slog.Handler {
	return slog.Default().Handler().WithGroup(name)
}

// implied is the state of a default handler that no program has set. It is safe for
// concurrent use.
type implied struct {
	firstUse atomic.Pointer[string] // nil before
}

// note remembers the caller as the first use, if it is.
func (i *implied) note() {
	if i.firstUse.Load() == nil {
		use := callerOutside()
		i.firstUse.CompareAndSwap(nil, &use)
	}
}

// warnReplaced says in the log of next that the implied default, which has been used,
// is not the default any more.
func (i *implied) warnReplaced(next *Handler) {
	if use := i.firstUse.Load(); use != nil {
		next.logger.Warn("larder: SetDefault replaces the implied default cache in memory, and its entries are lost: call SetDefault before the first use",
			"first_use", *use)
	}
}

// callerOutside names the function, with file and line, that has called the toolkit: the
// innermost one that is neither the toolkit's nor net/http's. For a page that is asked
// for by net/http alone it is the outermost one of the toolkit.
func callerOutside() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	outermost := "unknown"
	for {
		frame, more := frames.Next()
		place := fmt.Sprintf("%s (%s:%d)", frame.Function, frame.File, frame.Line)
		switch {
		case isToolkit(frame.Function):
			outermost = place
		case strings.HasPrefix(frame.Function, "net/http."), strings.HasPrefix(frame.Function, "runtime."), frame.Function == "":
		default:
			return place
		}
		if !more {
			return outermost
		}
	}
}

// isToolkit reports whether a function is one of the toolkit's own. Its tests, examples
// and commands are not.
func isToolkit(function string) bool {
	path, ok := strings.CutPrefix(function, modulePath)
	if !ok {
		return false
	}
	for _, own := range []string{"cache.", "fragment.", "middleware.", "signals.", "adapters/", "internal/"} {
		if strings.HasPrefix(path, own) {
			return true
		}
	}
	return false
}
