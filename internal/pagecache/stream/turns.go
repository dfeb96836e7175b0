package stream

import (
	"context"
	"time"
)

// A ResponseWriter of middleware may look at its header whenever it is written to, and
// the handler may hold the same header. So the client that started the run takes turns
// with the handler: its goroutine uses the ResponseWriter only while the handler's
// waits here, or has returned.

// turnLimit is how long all the writes of a client that takes turns may hold up a
// response that others are reading. Then the rest is sent to it when the handler has
// returned.
const turnLimit = 5 * time.Second

// mayRead reports whether a reader may use its client now; mu is held.
func (r *Reader) mayRead() bool {
	if !r.TakesTurns {
		return true
	}
	if r.isBusy {
		r.isBusy = false
		r.stream.notify() // the writer may go on
	}
	return r.stream.isEnded || r.stream.offered && !r.isLate
}

// takesTurns returns the reader that takes turns with the writer, or nil; mu is held.
func (s *Stream) takesTurns() *Reader {
	for r := range s.readers {
		if r.TakesTurns && !r.isLate {
			return r
		}
	}
	return nil
}

// yieldTurn waits until the reader that takes turns has sent all that there is.
func (s *Stream) yieldTurn(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.takesTurns()
	if r == nil {
		return
	}
	s.offered = true
	s.notify()
	for s.isBehind(r) && (r.isBusy || ctx.Err() == nil) {
		s.awaitTurn(ctx, r)
	}
	s.offered = false
}

// awaitTurn waits for a change, and for as long as r may hold others up; mu is held,
// and let go meanwhile.
func (s *Stream) awaitTurn(ctx context.Context, r *Reader) {
	changed, ended := s.wait(), ctx.Done()
	if ctx.Err() != nil {
		ended = nil // the client is in the middle of something
	}
	var late <-chan time.Time
	others := len(s.readers) > 1
	if others {
		timer := time.NewTimer(turnLimit - r.waited)
		defer timer.Stop()
		late = timer.C
	}
	s.mu.Unlock()
	began := time.Now()
	select {
	case <-changed:
	case <-late:
	case <-ended:
	}
	s.mu.Lock()
	if others {
		r.waited += time.Since(began)
		r.isLate = r.waited >= turnLimit
	}
}

// Expel ends what the readers other than the client that started the run have begun to
// read, which was not for them.
func (s *Stream) Expel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.readers {
		r.expelled = !r.leads
	}
	s.over = true // nobody joins
	s.notify()
}

// isBehind reports whether a reader has still to send something; mu is held.
func (s *Stream) isBehind(r *Reader) bool {
	_, reads := s.readers[r]
	return reads && !r.isLate && (r.isBusy || r.at < s.end() || r.flushed < s.flushed)
}
