package middleware

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"sync"
)

// recorder is the ResponseWriter of a handler that runs for all who wait. It
// keeps the response until the handler returns. If the response turns out not
// to be for all and not to be kept, because it is long, streamed or takes the
// connection, it spills: from then on it goes straight to the client who
// started the run, and the others are let go.
//
// The handler runs in another goroutine than the client's, the client may leave
// at any time, and what the handler has started may go on after it returned:
// everything but header is under mu, and client is nil once it must not be
// used.
type recorder struct {
	limit   int64
	why     forward             // of the run, for Cache-Status
	onSpill func(toClient bool) // called once, at the moment of spilling

	header http.Header // the handler's

	mu       sync.Mutex
	client   http.ResponseWriter
	sent     http.Header // header as it was when the status was written, with canonical names
	status   int         // 0 until it is written
	declared int64       // Content-Length, or -1
	written  int64
	body     []byte
	spilled  reason
	closed   bool
}

func newRecorder(client http.ResponseWriter, limit int64, why forward, onSpill func(toClient bool)) *recorder {
	return &recorder{client: client, limit: limit, why: why, onSpill: onSpill, header: make(http.Header), declared: -1}
}

var (
	// errClientGone is what a handler gets that streams to a client who has
	// left.
	errClientGone = errors.New("larder: the client has left")

	// errClosed is what a goroutine gets that a handler has left behind.
	errClosed = errors.New("larder: the handler has returned")
)

// Header implements [http.ResponseWriter].
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *recorder) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status)) // as net/http does
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed || w.status != 0:
		return
	case status < 200 && status != http.StatusSwitchingProtocols:
		w.informational(status)
		return
	}
	w.begin(status)
}

// begin writes the status; mu is held.
func (w *recorder) begin(status int) {
	w.status = status
	w.sent = canonical(w.header)
	if lines := w.sent["Content-Length"]; len(lines) == 1 {
		if n, err := strconv.ParseInt(lines[0], 10, 64); err == nil && n >= 0 {
			w.declared = n
		}
	}
	switch {
	case w.declared > w.limit:
		w.spill(reasonTooLarge)
	case w.sent["Trailer"] != nil, isEventStream(w.sent):
		w.spill(reasonStreamed)
	}
}

// canonical returns a copy of a header that has canonical names only: what is
// sent is the same, and no rule misses "set-cookie".
func canonical(header http.Header) http.Header {
	c := make(http.Header, len(header))
	for name, lines := range header {
		name = textproto.CanonicalMIMEHeaderKey(name)
		c[name] = append(c[name], lines...)
	}
	return c
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, errClosed
	}
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	var tooLong error
	if rest := w.declared - w.written; w.declared >= 0 && int64(len(p)) > rest {
		p, tooLong = p[:rest], http.ErrContentLength
	}
	if w.written+int64(len(p)) > w.limit {
		w.spill(reasonTooLarge)
	}
	n, err := w.pass(p)
	w.written += int64(n)
	if err == nil {
		err = tooLong
	}
	return n, err
}

func (w *recorder) pass(p []byte) (int, error) {
	switch {
	case w.spilled == reasonNone:
		w.body = append(w.body, p...)
		return len(p), nil
	case w.spilled == reasonHijacked:
		return 0, http.ErrHijacked
	case w.client == nil:
		return 0, errClientGone
	}
	return w.client.Write(p)
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// finish is called when the handler has returned.
func (w *recorder) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 && w.spilled == reasonNone {
		w.begin(http.StatusOK)
	}
	if hasLateTrailers(w.header) {
		w.spill(reasonStreamed)
	}
	if w.spilled != reasonNone && w.client != nil {
		w.copyTrailers()
	}
}

// detach takes away the client whose request is over, and reports whether it
// did: not if the response has spilled and is for that client only.
func (w *recorder) detach() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spilled != reasonNone {
		return false
	}
	w.client = nil
	return true
}

// close ends the use of the recorder by whatever the handler has left running.
func (w *recorder) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.client = nil
}

// recorded is a response that did not spill.
type recorded struct {
	status    int
	header    http.Header
	body      []byte
	truncated bool // it has fewer bytes than it says
}

// response returns the recorded response, or false if it spilled.
func (w *recorder) response() (recorded, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spilled != reasonNone {
		return recorded{}, false
	}
	if w.sent["Content-Length"] == nil && bodyAllowed(w.status) {
		w.sent.Set("Content-Length", strconv.Itoa(len(w.body))) // which HEAD is told, too
	}
	return recorded{
		status:    w.status,
		header:    w.sent,
		body:      bytes.Clone(w.body), // without what append has set aside
		truncated: w.declared > w.written && bodyAllowed(w.status),
	}, true
}
