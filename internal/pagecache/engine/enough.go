package engine

import (
	"errors"
	"net/http"
)

// A response that is for its client alone ends where that client has all of it that it
// gets: of a HEAD, a 304 and a 412 the header. What the handler would still write is for
// nobody, and may be long, so the run is stopped.

// discardLimit is how many bytes that are for nobody a handler may write before its run is
// stopped. One that has nearly written its page comes to its end, and reports no error.
const discardLimit = 64 << 10

// errEnough is what a handler gets whose client has all of the response that it gets.
var errEnough = errors.New("larder: the client has all of the response")

// wantsNoBody reports whether the client who started the run gets nothing more than the
// header of a response that goes directly to it; mu is held.
func (w *recorder) wantsNoBody() bool { return w.bodiless || w.run.x.r.Method == http.MethodHead }

// writeDirect writes to the client who started the run; mu is held.
func (w *recorder) writeDirect(p []byte) error {
	if w.client == nil {
		return w.goneError()
	}
	switch {
	case w.bodiless:
	case w.wantsNoBody() && w.written-int64(len(p)) > holdBack:
		// What comes before, and the write that goes beyond it, tell the server whether it
		// knows the length.
	default:
		_, err := w.client.Write(p)
		return err
	}
	if w.written > discardLimit {
		w.stop()
		return errEnough
	}
	return nil
}

// flushDirect flushes what goes to the client who started the run; mu is held. A handler
// that flushes has more to write, and perhaps for ever.
func (w *recorder) flushDirect() error {
	err := w.control((*http.ResponseController).Flush)
	if w.mode == modeDirect && w.client != nil && w.wantsNoBody() {
		w.stop()
	}
	return err
}

// stop ends the run, since nobody has a use for what is still to be written; mu is held.
func (w *recorder) stop() {
	w.client = nil
	w.run.isStopped.Store(true)
	w.run.cancel()
}

// goneError is the error of a handler whose client must not be used any more.
func (w *recorder) goneError() error {
	if w.run.isStopped.Load() {
		return errEnough
	}
	return errClientGone
}
