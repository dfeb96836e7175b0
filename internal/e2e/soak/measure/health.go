package measure

import (
	"sync"
	"time"
)

// Health says when a backend was well. The zero value is well. It is safe for
// concurrent use.
type Health struct {
	mu       sync.Mutex
	broken   bool
	healed   time.Time // when it was last broken
	troubled time.Time // when an operation on it last failed
}

// Break says that from now on the backend may fail.
func (h *Health) Break() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = true
}

// Heal says that the backend has recovered.
func (h *Health) Heal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken, h.healed = false, time.Now()
}

// Trouble says that an operation on the backend has just failed.
func (h *Health) Trouble() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.troubled = time.Now()
}

// Calm reports whether the backend was not broken at any time since began.
func (h *Health) Calm(began time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.broken && h.healed.Before(began)
}

// Sound reports whether the backend was calm since began and nothing failed on
// it either, so that whatever depends on it must have been done.
func (h *Health) Sound(began time.Time) bool {
	calm := h.Calm(began)
	h.mu.Lock()
	defer h.mu.Unlock()
	return calm && h.troubled.Before(began)
}
