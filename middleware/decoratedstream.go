package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// What a decoratedWriter passes on besides the response itself. Deadlines and
// full duplex are found through Unwrap.

var (
	_ http.Flusher    = (*decoratedWriter)(nil)
	_ http.Hijacker   = (*decoratedWriter)(nil)
	_ io.ReaderFrom   = (*decoratedWriter)(nil)
	_ io.StringWriter = (*decoratedWriter)(nil)
)

// Unwrap is for [http.ResponseController].
func (w *decoratedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush implements [http.Flusher].
func (w *decoratedWriter) Flush() { _ = w.FlushError() }

// FlushError is what [http.ResponseController] calls. A handler that flushes
// wants its client to have what there is, so nothing is held any longer.
func (w *decoratedWriter) FlushError() error {
	if w.fate == fateOpen {
		w.begin(http.StatusOK)
	}
	if w.fate == fateHeld {
		if err := w.release(false); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements [http.Hijacker].
func (w *decoratedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.fate, w.body = fateSent, nil // nobody writes a header any more
	}
	return conn, rw, err
}

// ReadFrom implements [io.ReaderFrom]. What is not held goes to the writer
// further out, which sends a file without copying it if it can.
func (w *decoratedWriter) ReadFrom(src io.Reader) (int64, error) {
	if w.fate == fateOpen {
		w.begin(http.StatusOK)
	}
	if to, ok := w.ResponseWriter.(io.ReaderFrom); ok && w.fate == fateSent {
		return to.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// WriteString implements [io.StringWriter]. It saves a copy.
func (w *decoratedWriter) WriteString(s string) (int, error) {
	if w.fate == fateOpen {
		w.begin(http.StatusOK)
	}
	if w.fate == fateSent {
		return io.WriteString(w.ResponseWriter, s)
	}
	return w.Write([]byte(s))
}
