package engine

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/pagecache/stream"
	"github.com/larder-go/larder/internal/rfc9111"
)

// The methods of a recorder that reach the client that started the run.

var (
	_ http.Flusher  = (*recorder)(nil)
	_ http.Hijacker = (*recorder)(nil)
	_ io.ReaderFrom = (*recorder)(nil)
)

// direct sends the response so far, and all that follows, only to the client that started the
// run; mu is held and the status written.
func (w *recorder) direct(why reason.Reason) {
	w.mode = modeDirect
	w.run.goDirect(why)
	if w.client == nil {
		w.sendHeld()
		return
	}
	if !w.headSent && w.run.putsBack() {
		w.putBack()
		return
	}
	if !w.headSent {
		header := w.client.Header()
		setStatus(header, w.edits.Own["Cache-Status"], forwarded{why: w.run.x.forward(), status: w.status, detail: w.run.reason})
		w.edits.ApplyTo(header)
		sniff(header, w.held)
		// The run was made without the conditions of this client.
		validators := rfc9111.ValidatorsOf(header, time.Now())
		validators.Date = time.Time{} // it stands in for Last-Modified of what is stored only
		if w.bodiless = w.run.x.answersCondition(validators, w.status); !w.bodiless {
			w.client.WriteHeader(w.status)
		}
	}
	if len(w.held) > 0 && !w.bodiless {
		_, _ = w.client.Write(w.held) // an error comes back at the next write
	}
	w.sendHeld()
	if w.wantsNoBody() && w.declared > discardLimit {
		w.stop(stoppedEnough)
	}
}

// informational passes a 1xx response on to the client that is there; it is
// never stored.
func (w *recorder) informational(status int) {
	if w.client == nil {
		return
	}
	header := w.client.Header()
	before := header.Clone()
	e := respwriter.EditsOf(w.run.outer.before, respwriter.Canonical(w.header))
	e.ApplyTo(header)
	w.client.WriteHeader(status)
	clear(header)
	maps.Copy(header, before)
}

// Flush implements [http.Flusher]. A handler that flushes wants its client to
// have what there is.
func (w *recorder) Flush() { _ = w.FlushError() }

// FlushError is what [http.ResponseController] calls.
func (w *recorder) FlushError() error {
	s, err := w.flush()
	if s != nil {
		s.Flush(w.run.ctx) // without the lock: it may wait for a reader
	}
	return err
}

// flush flushes the response, unless it is a stream, which it returns.
func (w *recorder) flush() (s *stream.Stream, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, errClosed
	}
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	if w.mode == modeHeld && !w.awaitsEnd() {
		w.startStreaming(len(w.held))
	}
	switch w.mode {
	case modeStream:
		w.run.loading.Stream()
		return w.stream, nil
	case modeHeld:
		return nil, nil
	}
	return nil, w.flushDirect()
}

// Hijack implements [http.Hijacker].
func (w *recorder) Hijack() (conn net.Conn, rw *bufio.ReadWriter, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err = w.control(func(c *http.ResponseController) error {
		conn, rw, err = c.Hijack()
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if w.mode == modeHeld {
		w.run.goDirect(reason.Hijacked)
	}
	w.mode = modeHijacked
	w.client = nil // it must not be used any more
	return conn, rw, nil
}

// SetReadDeadline is for [http.ResponseController]: it sets the deadline of the
// client that started the run.
func (w *recorder) SetReadDeadline(deadline time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.control(func(c *http.ResponseController) error { return c.SetReadDeadline(deadline) })
}

// SetWriteDeadline is SetReadDeadline for writing.
func (w *recorder) SetWriteDeadline(deadline time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.control(func(c *http.ResponseController) error { return c.SetWriteDeadline(deadline) })
}

// control calls f for the client's connection; mu is held.
func (w *recorder) control(f func(*http.ResponseController) error) error {
	if w.client == nil || w.run.isClientGone() {
		return w.goneError()
	}
	return f(http.NewResponseController(w.client))
}
