package engine

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/pagecache/stream"
)

// recorder is the ResponseWriter of a handler that runs for all waiting requests. It holds
// the response back for as long as net/http would; then, if the response may be shared, it
// writes it to a stream with many readers, and if not, directly to the client that started
// the run.
//
// The handler may run in another goroutine than the client's, and what it has started
// may go on after it returned: everything but header is under mu, and client is nil
// once it must not be used. While the handler runs, the client is its goroutine's;
// see [outerHeader].
type recorder struct {
	run   *run
	limit int64

	header http.Header // the handler's, which begins as that of outer middleware

	mu       sync.Mutex
	client   http.ResponseWriter // nil in the background
	sent     http.Header         // header as it was when the status was written, with canonical names
	edits    respwriter.Edits    // what sent is to the outer header
	headSent bool                // the client has the status and the header
	bodiless bool                // and is to get nothing else
	status   int                 // 0 until it is written
	declared int64               // Content-Length, or -1
	written  int64
	mode     mode
	held     []byte         // of modeHeld
	stream   *stream.Stream // of modeStream
	closed   bool
}

// mode is where a response goes.
//
//	modeHeld ─┬ startStreaming ─► modeStream    it may be shared, and is flushed or over holdBack
//	          ├ direct, putBack ► modeDirect    it is for the client that started the run
//	          └ the handler returns             it is complete
//	any ────── Hijack, yield ──► modeHijacked
type mode uint8

const (
	modeHeld     mode = iota // nowhere yet
	modeStream               // to all who read
	modeDirect               // to the client that started the run
	modeHijacked             // the handler has taken that client's connection
)

// holdBack is how many bytes of a response are held back while the handler does not flush:
// as many as net/http buffers to find out the length.
const holdBack = 2048

// recordFor makes w, which is new, the recorder of a run.
func (w *recorder) recordFor(u *run, client http.ResponseWriter, limit int64) {
	w.run, w.client, w.limit, w.header, w.declared = u, client, limit, u.outer.forHandler(), -1
	u.recorder = w
}

var (
	// errClientGone is the error of writes to a client that has left.
	errClientGone = errors.New("larder: the client has left")

	// errClosed is the error of writes by a goroutine that outlives its handler.
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
	case w.closed:
	case status < 200 && status != http.StatusSwitchingProtocols:
		if w.status == 0 {
			w.informational(status)
		}
	case w.status != 0:
		w.failLate(status)
	default:
		w.begin(status)
	}
}

// failLate is called if the handler writes a second status, as it does after a template has
// failed half-way: net/http ignores it, but it shows that the response is not as intended.
// mu is held.
func (w *recorder) failLate(status int) {
	switch w.mode {
	case modeHeld:
		w.run.failLate(status)
	case modeStream:
		w.run.failLate(status)
		w.stream.Expel() // others have a part of it
	}
}

// begin writes the status; mu is held.
func (w *recorder) begin(status int) {
	w.status, w.run.status = status, status
	w.sent = respwriter.Canonical(w.header)
	w.edits = respwriter.EditsOf(w.run.outer.before, w.sent)
	w.declared = respwriter.DeclaredLength(w.sent)
	if why := unrecordable(w.sent, w.limit); why != reason.None && !w.isConfirmation() {
		w.direct(why)
		return
	}
	w.run.begun(status, &w.edits)
	if w.run.isLoop {
		w.putBack()
		return
	}
	if w.run.isClientGone() && w.run.isUnwanted() {
		w.run.cancel()
	}
}

// unrecordable says why a response with this header goes directly to the client
// that started the run, or reason.None.
func unrecordable(header http.Header, limit int64) reason.Reason {
	switch {
	case respwriter.DeclaredLength(header) > limit:
		return reason.TooLarge
	case header["Trailer"] != nil:
		return reason.Trailers
	case respwriter.IsEventStream(header):
		return reason.EventStream
	}
	return reason.None
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	p, s, tooLong, err := w.admit(p)
	if err != nil {
		return 0, err
	}
	n, err := len(p), error(nil)
	if s != nil {
		// Without the lock: it may wait for readers.
		n, err = s.Write(w.run.ctx, p)
		if err == nil && w.run.ctx.Err() != nil {
			err = errClientGone // all have left
		}
	}
	if err == nil {
		err = tooLong
	}
	return n, err
}

// admit takes p, unless it is for a stream, which it returns. Bytes beyond the declared
// length are cut off.
func (w *recorder) admit(p []byte) (admitted []byte, s *stream.Stream, tooLong, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return nil, nil, nil, errClosed
	case w.mode == modeHijacked:
		return nil, nil, nil, http.ErrHijacked
	}
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	if !respwriter.BodyAllowed(w.status) {
		return nil, nil, nil, http.ErrBodyNotAllowed
	}
	if rest := w.declared - w.written; w.declared >= 0 && int64(len(p)) > rest {
		p, tooLong = p[:rest], http.ErrContentLength
	}
	switch total := len(w.held) + len(p); {
	case w.mode != modeHeld:
	case int64(total) > w.limit:
		w.direct(reason.TooLarge)
	case total > holdBack && !w.awaitsEnd():
		w.startStreaming(total)
	case !w.hold(total):
		w.direct(reason.InFlight)
	}
	w.written += int64(len(p))
	if w.written == w.declared {
		w.run.loading.Keep() // before its client has all of the response, and may leave
	}
	switch w.mode {
	case modeHeld:
		w.held = append(w.held, p...)
	case modeStream:
		return p, w.stream, tooLong, nil
	case modeDirect:
		err = w.writeDirect(p)
	}
	return p, nil, tooLong, err
}

// isConfirmation reports whether the response only says that the page being validated still
// holds. It is sent to no client.
func (w *recorder) isConfirmation() bool { return w.run.isConfirmation(w.status) }

// awaitsEnd reports whether the end of the response decides what becomes of it.
func (w *recorder) awaitsEnd() bool { return w.isConfirmation() || w.run.mayFallBack() }

// startStreaming stops holding back the response, which is about to have total bytes; mu is
// held. If there is no memory for it, it goes to its client alone.
func (w *recorder) startStreaming(total int) {
	switch {
	case w.run.page == nil:
		w.direct(w.run.reason)
	case !w.hold(max(total, int(w.declared), stream.MinBlock)):
		w.direct(reason.InFlight)
	default:
		w.stream = w.run.stream(w, w.held)
		if w.stream == nil {
			w.direct(w.run.reason)
			return
		}
		w.mode, w.held = modeStream, nil
	}
}

// ReadFrom implements [io.ReaderFrom]: a file that goes directly to the client
// is sent by the operating system.
func (w *recorder) ReadFrom(src io.Reader) (int64, error) {
	if client := w.directClient(); client != nil {
		return io.Copy(client, src)
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// directClient returns the client if all of the body may go directly there. Then the
// request that started the run waits for its end.
func (w *recorder) directClient() http.ResponseWriter {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.mode == modeHijacked {
		return nil
	}
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	if !respwriter.BodyAllowed(w.status) {
		return nil
	}
	if w.mode == modeHeld && w.run.reason != reason.None {
		w.direct(w.run.reason) // no other client gets it
	}
	if w.mode != modeDirect || w.wantsNoBody() {
		return nil // discarded bytes are counted
	}
	return w.client
}

// finish is called when the handler has returned.
func (w *recorder) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 && w.mode == modeHeld {
		if w.run.ctx.Err() != nil {
			return // it has stopped, and answers nothing
		}
		if w.client != nil && respwriter.HasBegun(w.client) {
			w.yield(reason.NoResponse) // the response was written to another ResponseWriter
			return
		}
		w.begin(http.StatusOK)
	}
	if !respwriter.HasLateTrailers(w.header) && w.sent["Trailer"] == nil || w.isConfirmation() {
		return
	}
	if w.mode == modeHeld {
		w.direct(reason.Trailers)
	}
	if w.mode == modeStream {
		w.run.live.trailers = w.header.Clone()
	}
	if w.mode == modeDirect && w.client != nil {
		respwriter.AddTrailers(w.client.Header(), w.sent, w.header)
	}
}

// close ends the use of the recorder by goroutines that outlive the handler.
func (w *recorder) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.client = true, nil
}

// isDirect reports whether the response goes, or has gone, directly to the
// client.
func (w *recorder) isDirect() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mode == modeDirect || w.mode == modeHijacked
}

// recorded is a response that the cache has recorded.
type recorded struct {
	status    int
	edits     respwriter.Edits
	body      []byte // unless it was streamed
	truncated bool   // it has fewer bytes than it says
}

// response returns the response, or false if it went directly to the client.
func (w *recorder) response() (recorded, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mode == modeDirect || w.mode == modeHijacked {
		return recorded{}, false
	}
	return recorded{
		status:    w.status,
		edits:     w.edits,
		body:      w.held,
		truncated: w.declared > w.written && respwriter.BodyAllowed(w.status),
	}, true
}
