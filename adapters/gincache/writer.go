package gincache

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
)

// writer is the gin.ResponseWriter of handlers whose response goes elsewhere than
// to the client. It does what gin's own does, but that the header is not sent
// before there is something else to send, or the handlers have returned.
type writer struct {
	http.ResponseWriter
	ctx    context.Context
	status int
	size   int
	sent   bool // to the ResponseWriter
	late   int  // a status that was set after that, or 0
}

var _ gin.ResponseWriter = (*writer)(nil)

// notWritten is the size of a response that has not begun.
const notWritten = -1

func newWriter(w http.ResponseWriter, r *http.Request, status int) *writer {
	return &writer{ResponseWriter: w, ctx: r.Context(), status: status, size: notWritten}
}

// Unwrap is for [http.ResponseController].
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Status implements [gin.ResponseWriter].
func (w *writer) Status() int { return w.status }

// Size implements [gin.ResponseWriter].
func (w *writer) Size() int { return w.size }

// Written implements [gin.ResponseWriter].
func (w *writer) Written() bool { return w.size != notWritten }

// WriteHeader implements [gin.ResponseWriter].
func (w *writer) WriteHeader(status int) {
	switch {
	case status <= 0:
	case !w.Written():
		w.status = status
	case status != w.status:
		w.late = status // the handler has failed half-way
	}
}

// end tells the cache, if the response is for one, that the handler has failed half-way.
// Middleware of net/http may be in between.
func (w *writer) end() {
	for next := w.ResponseWriter; w.late != 0; {
		if cache, ok := next.(interface{ Ended(status int) }); ok {
			cache.Ended(w.late)
			return
		}
		wrapper, ok := next.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		next = wrapper.Unwrap()
	}
}

// Ended is called by the writer of handlers that are wrapped again.
func (w *writer) Ended(status int) { w.WriteHeader(status) }

// WriteHeaderNow implements [gin.ResponseWriter].
func (w *writer) WriteHeaderNow() { w.size = max(w.size, 0) }

// send sends the header.
func (w *writer) send() {
	w.WriteHeaderNow()
	if !w.sent {
		w.sent = true
		w.ResponseWriter.WriteHeader(w.status)
	}
}

// Write implements [http.ResponseWriter].
func (w *writer) Write(p []byte) (n int, err error) {
	w.send()
	n, err = w.ResponseWriter.Write(p)
	w.size += n
	return n, err
}

// WriteString implements [gin.ResponseWriter].
func (w *writer) WriteString(s string) (n int, err error) {
	w.send()
	n, err = io.WriteString(w.ResponseWriter, s)
	w.size += n
	return n, err
}

// Flush implements [http.Flusher].
func (w *writer) Flush() {
	w.send()
	_ = http.NewResponseController(w.ResponseWriter).Flush() // a writer that cannot has nothing to flush
}

// Hijack implements [http.Hijacker]. A header that the handler has written before
// is sent: coder/websocket writes 101 and WriteHeaderNow, and then takes the
// connection over.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.Written() {
		w.Flush()
	}
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.WriteHeaderNow()
		w.sent = true // nobody writes a header any more
	}
	return conn, rw, err
}

// CloseNotify implements [http.CloseNotifier]: it tells when nobody wants the
// response any more.
func (w *writer) CloseNotify() <-chan bool {
	gone := make(chan bool, 1)
	context.AfterFunc(w.ctx, func() { gone <- true })
	return gone
}

// Pusher implements [gin.ResponseWriter]: what is pushed could not be stored.
func (w *writer) Pusher() http.Pusher { return nil }

// explain writes what gin answers by itself if no route was found, and nobody has
// answered.
func (w *writer) explain() {
	text := ""
	switch w.status {
	case http.StatusNotFound:
		text = "404 page not found"
	case http.StatusMethodNotAllowed:
		text = "405 method not allowed"
	default:
		return
	}
	w.Header()["Content-Type"] = []string{"text/plain"}
	_, _ = w.WriteString(text) // the client has left: nothing can be reported to it
}

// handOver gives a response that was not sent to whoever answers in its place.
func (w *writer) handOver(outer gin.ResponseWriter) {
	outer.WriteHeader(w.status)
	if w.Written() {
		outer.WriteHeaderNow()
	}
}
