package middleware

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// What larder answers itself: to a purge, or in place of a page to someone who
// wants it explained. It is text, or JSON for who prefers that, and never
// stored.

// reply answers with text, which ends with a newline, or with v as JSON.
func reply(w http.ResponseWriter, r *http.Request, status int, text string, v any) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", "text/plain; charset=utf-8")
	if prefersJSON(r.Header["Accept"]) {
		if data, err := json.Marshal(v); err == nil {
			header.Set("Content-Type", "application/json")
			text = string(data) + "\n"
		}
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, text) // the client has left: there is nobody to tell
}

// replyError answers with one line.
func replyError(w http.ResponseWriter, r *http.Request, status int, text string) {
	reply(w, r, status, text+"\n", map[string]string{"error": text})
}

// prefersJSON reports whether the lines of Accept name JSON, and plain text not
// before it.
func prefersJSON(accept []string) bool {
	for _, line := range accept {
		for element := range strings.SplitSeq(line, ",") {
			mediaType, _, _ := strings.Cut(element, ";")
			switch strings.ToLower(strings.TrimSpace(mediaType)) {
			case "application/json":
				return true
			case "text/plain", "text/*":
				return false
			}
		}
	}
	return false
}
