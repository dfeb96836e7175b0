package middleware

import (
	"net/http"
	"slices"
	"strconv"
)

// decoratedWriter is the ResponseWriter of a handler whose response a decorator
// changes: just before the header goes out, and only once, the decorator is
// asked what becomes of the response. Nothing is done to the response after
// that, and nothing is buffered unless the decorator says so.
//
// Like any ResponseWriter it is for one goroutine at a time.
type decoratedWriter struct {
	http.ResponseWriter

	// decide is given the final status code. If it says that the response is
	// held, it is asked once more when the body is whole, or is not to be held
	// any longer.
	decide func(w *decoratedWriter, status int) fate
	fate   fate

	// Of a response that is held. Its status code is 200.
	body  []byte
	limit int64 // of len(body)
	whole bool

	// lines is memory for what is set in the header: the lines are the
	// response's own, since whoever is further out may change them in place.
	lines [3]string
	used  int
}

// fate is what becomes of a response.
type fate uint8

const (
	fateOpen    fate = iota // the handler has not written its header yet
	fateSent                // it goes to the client as it is written
	fateHeld                // its body is kept
	fateDropped             // the client has another answer
)

// serve runs the handler with as, which is w or what w is embedded in. If the
// handler panics before its header is written, the decorator is asked as for
// status 500, which is what the client will get, if it gets anything.
func (w *decoratedWriter) serve(as http.ResponseWriter, next http.Handler, r *http.Request) {
	returned := false
	defer func() { w.finish(returned) }()
	next.ServeHTTP(as, r)
	returned = true
}

func (w *decoratedWriter) finish(returned bool) {
	switch {
	case w.fate == fateOpen && !returned:
		w.begin(http.StatusInternalServerError)
	case w.fate == fateOpen:
		w.begin(http.StatusOK)
	}
	if w.fate == fateHeld && returned {
		_ = w.release(true) // the client has left: there is nobody to tell
	}
}

func (w *decoratedWriter) begin(status int) { w.fate = w.decide(w, status) }

// WriteHeader implements [http.ResponseWriter].
func (w *decoratedWriter) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		if w.fate != fateDropped {
			w.ResponseWriter.WriteHeader(status)
		}
		return
	}
	if w.fate == fateOpen {
		w.begin(status)
	}
	if w.fate == fateSent {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements [http.ResponseWriter].
func (w *decoratedWriter) Write(p []byte) (int, error) {
	if w.fate == fateOpen {
		w.begin(http.StatusOK)
	}
	if w.fate == fateHeld {
		if int64(len(w.body)+len(p)) <= w.limit {
			w.body = append(w.body, p...)
			return len(p), nil
		}
		if err := w.release(false); err != nil {
			return 0, err
		}
	}
	if w.fate == fateDropped {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// release ends the holding of a response.
func (w *decoratedWriter) release(whole bool) error {
	body := w.body
	w.whole = whole
	w.begin(http.StatusOK)
	w.body = nil
	if w.fate == fateDropped || len(body) == 0 {
		return nil
	}
	_, err := w.ResponseWriter.Write(body)
	return err
}

// isComplete reports whether all of the response is there: the handler has
// returned and has written as much as it said.
func (w *decoratedWriter) isComplete() bool {
	lines := w.Header()["Content-Length"]
	return w.whole && (len(lines) == 0 || len(lines) == 1 && lines[0] == strconv.Itoa(len(w.body)))
}

// set sets a field to one line.
func (w *decoratedWriter) set(name, line string) {
	if w.used == len(w.lines) {
		w.Header()[name] = []string{line}
		return
	}
	w.lines[w.used] = line
	w.used++
	w.Header()[name] = slices.Clip(w.lines[w.used-1 : w.used])
}

// replace answers the client in place of the handler.
func (w *decoratedWriter) replace(status int) fate {
	w.ResponseWriter.WriteHeader(status)
	return fateDropped
}

// patching returns middleware that changes the header of each response. patch
// is called twice: with status 0 before the handler runs, so that a handler
// which looks at its header, as a CachePage does, knows what is coming; and with
// the final status just before the header goes out, when the handler may have
// replaced what was there.
func patching(patch func(w *decoratedWriter, status int)) func(http.Handler) http.Handler {
	decide := func(w *decoratedWriter, status int) fate {
		patch(w, status)
		return fateSent
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			d := &decoratedWriter{ResponseWriter: w, decide: decide}
			patch(d, 0)
			d.serve(d, next, r)
		})
	}
}
