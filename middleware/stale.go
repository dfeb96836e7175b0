package middleware

import (
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// softWindow is for how long at least a page that was purged softly may be
// served while it is made anew.
const softWindow = time.Minute

// softened returns the freshness of a page that was declared stale when it had
// that age.
func softened(f rfc9111.Freshness, age time.Duration) rfc9111.Freshness {
	if age >= f.Lifetime {
		return f
	}
	f.Lifetime = age
	if !f.HasStaleWhileRevalidate {
		f.StaleWhileRevalidate = max(f.StaleWhileRevalidate, softWindow)
		// Whoever purges softly allows what s-maxage does not.
		f.HasStaleWhileRevalidate = true
	}
	return f
}
