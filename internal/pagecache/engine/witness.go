package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"

	"github.com/larder-go/larder/internal/explain"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
)

// witness is the ResponseWriter of a handler that runs for an audit: a probe that keeps
// the body, and for an inner page lets the response go on to the outer one.
type witness struct {
	probe
	client http.ResponseWriter // of an inner page; nil otherwise
	before http.Header         // the outer header as the handler found it, with canonical names

	body     bytes.Buffer // its first bytes
	sum      hash.Hash    // of all of it
	panicked any
	failed   bool // the handler has reported that its response is incomplete
}

func newWitness(client http.ResponseWriter, passesOn bool) *witness {
	w := &witness{before: respwriter.Canonical(client.Header()), sum: sha256.New()}
	w.header = w.before.Clone()
	if passesOn {
		w.client, w.header = client, client.Header()
	}
	return w
}

// run runs the handler.
func (w *witness) run(next http.Handler, r *http.Request) {
	defer func() {
		if w.panicked = recover(); w.panicked != nil {
			logPanic(r.Context(), w.panicked)
			w.probe.WriteHeader(http.StatusInternalServerError)
		}
	}()
	next.ServeHTTP(w, r)
	if w.status == 0 {
		w.probe.WriteHeader(http.StatusOK) // an outer page may have more to say
	}
}

// end is called with the error that the handler of a framework has returned.
func (w *witness) end(err error) {
	var failure *Failure
	if w.failed = w.failed || err != nil; errors.As(err, &failure) && w.status == 0 {
		w.probe.WriteHeader(failure.Status)
	}
}

// unstorable says why the response would not be stored, or reason.None.
func (w *witness) unstorable(u *run) reason.Reason {
	if w.panicked != nil || w.failed {
		return reason.HandlerError
	}
	return w.probe.unstorable(u)
}

// response is what the handler has answered. header is its own part of the header.
func (w *witness) response(header http.Header) explain.Response {
	return explain.Response{
		Status:   w.status,
		Header:   header,
		Body:     w.body.Bytes(),
		Length:   w.written,
		Sum:      hex.EncodeToString(w.sum.Sum(nil)),
		Panicked: w.panicked != nil,
	}
}

// WriteHeader implements [http.ResponseWriter].
func (w *witness) WriteHeader(status int) {
	w.failed = w.failed || w.status != 0 && status >= http.StatusOK // a second status says so
	w.probe.WriteHeader(status)
	if w.client != nil {
		w.client.WriteHeader(status)
	}
}

// Ended is that of a recorder, for adapters.
func (w *witness) Ended(status int) {
	w.failed = w.failed || w.status != 0 && w.status != status
}

// Write implements [http.ResponseWriter].
func (w *witness) Write(b []byte) (int, error) {
	n, err := w.probe.Write(b)
	if err != nil {
		return n, err
	}
	_, _ = w.sum.Write(b) // a hash takes all
	if room := explain.MaxBody - w.body.Len(); room > 0 {
		w.body.Write(b[:min(len(b), room)])
	}
	if w.client != nil {
		return w.client.Write(b)
	}
	return n, nil
}
