package lifecycle

import (
	"fmt"
	"net/http"

	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/listeners"
	"github.com/larder-go/larder/internal/pagecache/engine"
	"github.com/larder-go/larder/signals"
)

// Wrap returns next with the life of its requests marked. It panics if next caches pages
// that cannot be stored in the caches, as far as these are known.
func (l *Lifecycle) Wrap(next http.Handler) http.Handler {
	h := &handler{Lifecycle: *l, next: next}
	h.pages, _ = next.(*engine.Handler)
	h.checkPages()
	return h
}

// handler is the sender of the signals of its requests.
type handler struct {
	Lifecycle
	next  http.Handler
	pages *engine.Handler // next, if it is one
}

// checkPages panics if the pages directly inside cannot be stored in the caches. The
// implied default may still be replaced by one that has their alias.
func (h *handler) checkPages() {
	caches := h.requestCaches()
	if h.pages == nil || caches == nil || hooks.Cache.IsImplied(caches) {
		return
	}
	if _, err := caches.Cache(h.pages.Alias); err != nil {
		panic(fmt.Sprintf("middleware: Alias: %v", err))
	}
	if !h.pages.Fits(caches) {
		panic("middleware: " + h.pages.Misfit(caches))
	}
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.pages != nil && !h.isObserved() && h.pages.ServeUnscoped(w, r, h.requestCaches()) {
		return
	}
	r = h.scoped(r)
	defer h.finish(h, r) // even if a receiver ends the goroutine
	h.start(h, r)
	h.next.ServeHTTP(w, r)
	if engine.AnyUnanswered.Load() {
		engine.AnswerTimeout(w, r)
	}
}

// isObserved reports whether a receiver would miss the signals of a request that uses no
// caches.
func (h *handler) isObserved() bool {
	return h.bus.RequestStarted.HasListeners(h) || h.bus.GotRequestException.HasListeners(h) ||
		hasOtherListeners(&h.bus.RequestFinished, CloseCachesUID, h)
}

var hasOtherListeners = listeners.Registered[*signals.Signal[signals.FinishedEvent]]()
