package middleware

import (
	"net/http"
	"time"

	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// neverCached is what NeverCache says.
const neverCached = "max-age=0, no-cache, no-store, must-revalidate, private"

// NeverCache is middleware that forbids every cache to keep the responses of
// next, whatever their status: it adds to Cache-Control
//
//	max-age=0, no-cache, no-store, must-revalidate, private
//
// and sets Expires to now. What the handler says in Cache-Control besides is
// kept, except for public and a longer max-age. CDN-Cache-Control (RFC 9213) and
// Surrogate-Control are removed, since a cache that obeys them ignores Cache-Control.
//
// All requests bypass a [CachePage] inside it. For one response of a handler there is
// [AddNeverCacheHeaders].
func NeverCache(next http.Handler) http.Handler { return neverCache(next) }

var neverCache = respwriter.Patching(func(w *respwriter.Writer, status int) {
	header := w.Header()
	if lines := header["Cache-Control"]; len(lines) == 0 {
		w.Set("Cache-Control", neverCached)
	} else if len(lines) > 1 || lines[0] != neverCached {
		w.Set("Cache-Control", rfc9111.MergeDirectives(lines, []string{neverCached}))
	}
	if status == 0 {
		return
	}
	w.Set("Expires", rfc9111.FormatDate(time.Now()))
	removeOverruling(header)
})
