package respwriter

import "net/http"

// Flush sends what was written to w, if there is a way to. echo's Response claims that
// it can flush, and panics if the ResponseWriter within it cannot, as that of
// http.TimeoutHandler: so the innermost one is asked first.
func Flush(w http.ResponseWriter) {
	if canFlush(w) {
		_ = http.NewResponseController(w).Flush() // the client has left: nothing can be reported to it
	}
}

// canFlush reports whether the innermost ResponseWriter can flush.
func canFlush(w http.ResponseWriter) bool {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = outer.Unwrap()
	}
	switch w.(type) {
	case http.Flusher, interface{ FlushError() error }:
		return true
	}
	return false
}
