package engine

import (
	"errors"
	"net/http"
)

// The run of a response for one client is stopped once that client has all of the response
// that it can get: for HEAD, 304 and 412 the header. The rest of the body would be discarded,
// and may be long.

// discardLimit is how many bytes of a discarded body a handler may write before its run is
// stopped. A handler that has nearly finished can end without an error.
const discardLimit = 64 << 10

// errEnough is the error of writes of a handler whose client has all of the response.
var errEnough = errors.New("larder: the client has all of the response")

// wantsNoBody reports whether the client that started the run gets nothing more than the
// header of a response that goes directly to it; mu is held.
func (w *recorder) wantsNoBody() bool { return w.bodiless || w.run.x.r.Method == http.MethodHead }

// writeDirect writes to the client that started the run; mu is held.
func (w *recorder) writeDirect(p []byte) error {
	if w.client == nil {
		return w.goneError()
	}
	switch {
	case w.bodiless:
	case w.wantsNoBody() && w.written-int64(len(p)) > holdBack:
		// The server needs the bytes before, and the write that exceeds holdBack, to
		// decide whether it knows the length.
	default:
		_, err := w.client.Write(p)
		return err
	}
	if w.written > discardLimit {
		w.stop(stoppedEnough)
		return errEnough
	}
	return nil
}

// flushDirect flushes what goes to the client that started the run; mu is held. A handler
// that flushes has more to write, and perhaps for ever.
func (w *recorder) flushDirect() error {
	err := w.control((*http.ResponseController).Flush)
	if w.mode == modeDirect && w.client != nil && w.wantsNoBody() {
		w.stop(stoppedEnough)
	}
	return err
}

// stop ends the run, since the rest of the body would be discarded; mu is held.
func (w *recorder) stop(why stopReason) {
	w.client = nil
	w.run.stopped.Store(why)
	w.run.cancel()
}

// goneError is the error of a handler whose client must not be used any more.
func (w *recorder) goneError() error {
	if w.run.stopped.Load() != notStopped {
		return errEnough
	}
	return errClientGone
}
