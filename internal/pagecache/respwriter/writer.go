package respwriter

import (
	"net/http"
	"slices"
	"strconv"
)

// Writer is the ResponseWriter of a handler whose response a decorator
// changes: just before the header goes out, and only once, the decorator is
// asked what becomes of the response. Nothing is done to the response after
// that, and nothing is buffered unless the decorator says so.
//
// Like any ResponseWriter it is for one goroutine at a time.
type Writer struct {
	http.ResponseWriter

	// Decide is given the final status code. If it says that the response is
	// held, it is asked again when the body is whole, or is not to be held
	// any longer.
	Decide func(w *Writer, status int) Fate
	Fate   Fate

	// Of a response that is held. Its status code is 200.
	Body  []byte
	Limit int64 // of len(body)
	whole bool

	// lines is memory for what is set in the header: the lines are the
	// response's own, since outer middleware may change them in place.
	lines [3]string
	used  int
}

// Fate is what becomes of a response.
type Fate uint8

const (
	FateOpen    Fate = iota // the handler has not written its header yet
	FateSent                // it goes to the client as it is written
	FateHeld                // its body is kept
	fateDropped             // the client has another answer
)

// Serve runs the handler with as, which is w or what w is embedded in. If the
// handler panics before its header is written, the decorator is asked as for
// status 500, which is what the client will get, if it gets anything.
func (w *Writer) Serve(as http.ResponseWriter, next http.Handler, r *http.Request) {
	returned := false
	defer func() { w.finish(returned) }()
	next.ServeHTTP(as, r)
	returned = true
}

func (w *Writer) finish(returned bool) {
	switch {
	case w.Fate == FateOpen && !returned:
		w.Begin(http.StatusInternalServerError)
	case w.Fate == FateOpen:
		w.Begin(http.StatusOK)
	}
	if w.Fate == FateHeld && returned {
		_ = w.release(true) // the client has left: nothing can be reported to it
	}
}

func (w *Writer) Begin(status int) { w.Fate = w.Decide(w, status) }

// WriteHeader implements [http.ResponseWriter].
func (w *Writer) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		if w.Fate != fateDropped {
			w.ResponseWriter.WriteHeader(status)
		}
		return
	}
	if w.Fate == FateOpen {
		w.Begin(status)
	}
	if w.Fate == FateSent {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements [http.ResponseWriter].
func (w *Writer) Write(p []byte) (int, error) {
	if w.Fate == FateOpen {
		w.Begin(http.StatusOK)
	}
	if w.Fate == FateHeld {
		if int64(len(w.Body)+len(p)) <= w.Limit {
			w.Body = append(w.Body, p...)
			return len(p), nil
		}
		if err := w.release(false); err != nil {
			return 0, err
		}
	}
	if w.Fate == fateDropped {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// release ends the holding of a response.
func (w *Writer) release(whole bool) error {
	body := w.Body
	w.whole = whole
	w.Begin(http.StatusOK)
	w.Body = nil
	if w.Fate == fateDropped || len(body) == 0 {
		return nil
	}
	_, err := w.ResponseWriter.Write(body)
	return err
}

// IsComplete reports whether all of the response is there: the handler has
// returned and has written as much as it said.
func (w *Writer) IsComplete() bool {
	lines := w.Header()["Content-Length"]
	return w.whole && (len(lines) == 0 || len(lines) == 1 && lines[0] == strconv.Itoa(len(w.Body)))
}

// Set sets a field to one line.
func (w *Writer) Set(name, line string) {
	if w.used == len(w.lines) {
		w.Header()[name] = []string{line}
		return
	}
	w.lines[w.used] = line
	w.used++
	w.Header()[name] = slices.Clip(w.lines[w.used-1 : w.used])
}

// Replace answers the client instead of the handler.
func (w *Writer) Replace(status int) Fate {
	w.ResponseWriter.WriteHeader(status)
	return fateDropped
}

// Patching returns middleware that changes the header of each response. patch
// is called twice: with status 0 before the handler runs, so that a handler
// which looks at its header, as a CachePage does, knows what is coming; and with
// the final status just before the header goes out, when the handler may have
// replaced what was there.
func Patching(patch func(w *Writer, status int)) func(http.Handler) http.Handler {
	decide := func(w *Writer, status int) Fate {
		patch(w, status)
		return FateSent
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			d := &Writer{ResponseWriter: w, Decide: decide}
			patch(d, 0)
			d.Serve(d, next, r)
		})
	}
}
