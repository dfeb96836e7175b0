package respwriter

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// What a [Writer] passes on besides the response itself. Deadlines and
// full duplex are found through Unwrap.

var (
	_ http.Flusher    = (*Writer)(nil)
	_ http.Hijacker   = (*Writer)(nil)
	_ io.ReaderFrom   = (*Writer)(nil)
	_ io.StringWriter = (*Writer)(nil)
)

// Unwrap is for [http.ResponseController].
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush implements [http.Flusher].
func (w *Writer) Flush() { _ = w.FlushError() }

// FlushError is what [http.ResponseController] calls. A handler that flushes
// wants its client to have what there is, so nothing is held any longer.
func (w *Writer) FlushError() error {
	if w.Fate == FateOpen {
		w.Begin(http.StatusOK)
	}
	if w.Fate == FateHeld {
		if err := w.release(false); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements [http.Hijacker].
func (w *Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.Fate, w.Body = FateSent, nil // nobody writes a header any more
	}
	return conn, rw, err
}

// ReadFrom implements [io.ReaderFrom]. What is not held goes to the
// outer writer, which sends a file without copying it if it can.
func (w *Writer) ReadFrom(src io.Reader) (int64, error) {
	if w.Fate == FateOpen {
		w.Begin(http.StatusOK)
	}
	if to, ok := w.ResponseWriter.(io.ReaderFrom); ok && w.Fate == FateSent {
		return to.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// WriteString implements [io.StringWriter]. It saves a copy.
func (w *Writer) WriteString(s string) (int, error) {
	if w.Fate == FateOpen {
		w.Begin(http.StatusOK)
	}
	if w.Fate == FateSent {
		return io.WriteString(w.ResponseWriter, s)
	}
	return w.Write([]byte(s))
}
