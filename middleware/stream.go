package middleware

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// streamWindow is how far a reader may lag behind the writer of a stream that is
// over its limit, in bytes.
const streamWindow = 1 << 20

var (
	// errAborted is what readers get when the response will not be completed.
	errAborted = errors.New("larder: the handler did not complete the response")

	// errLagging is what a reader gets who is further behind than the window.
	errLagging = errors.New("larder: the client reads too slowly")
)

// stream is the body of a response on its way from one writer to many readers.
// Up to its limit it keeps everything, and the writer never waits. Above, nobody
// may begin to read any more; it keeps only what is in the window, and the
// writer waits for the client who started the run, or when that has left for the
// fastest of the others: no follower holds up the rest.
type stream struct {
	limit int64

	mu      sync.Mutex
	changed chan struct{} // closed at the next change, if somebody waits for it
	kept    []byte        // what follows dropped
	dropped int64
	flushed int64 // up to where the handler wants clients to have it; -1 is not even the header
	readers map[*reader]struct{}
	offered bool // the writer waits for the reader that takes turns, see turns.go
	over    bool // more than limit was written
	isEnded bool
	err     error // why, if the body is not whole
}

func newStream(begun []byte, limit int64) *stream {
	return &stream{limit: limit, kept: begun, flushed: -1, readers: make(map[*reader]struct{})}
}

// reader is one client of a stream.
type reader struct {
	stream  *stream
	leads   bool // it has started the run
	at      int64
	flushed int64

	// Of one that takes turns with the writer.
	takesTurns bool
	isBusy     bool          // it has taken something, and not come back
	waited     time.Duration // for it, while others read
	isLate     bool          // it is not waited for any more

	expelled bool // the response turned out not to be for this client
}

// notify wakes everyone who waits for a change; mu is held.
func (s *stream) notify() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// wait returns a channel for the next change; mu is held.
func (s *stream) wait() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *stream) end() int64 { return s.dropped + int64(len(s.kept)) }

// write appends p. It returns early only if ctx ends, which is the run's.
func (s *stream) write(ctx context.Context, p []byte) (n int, err error) {
	for n < len(p) {
		part, changed := s.append(p[n:])
		n += part
		if part > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return n, context.Cause(ctx)
		}
	}
	s.yieldTurn(ctx)
	return n, nil
}

// append takes as much of p as there is room for. If that is nothing, changed is
// closed when there may be.
func (s *stream) append(p []byte) (n int, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = s.over || s.end()+int64(len(p)) > s.limit
	if s.over {
		room := s.pace() + streamWindow - s.end()
		if room <= 0 {
			return 0, s.wait()
		}
		p = p[:min(int64(len(p)), room)]
	}
	s.kept = append(s.kept, p...)
	if s.over {
		s.drop()
	}
	s.notify()
	return len(p), nil
}

// pace is how far the reader is that the writer waits for. Without readers it
// waits for nobody: the run's context is about to end.
func (s *stream) pace() int64 {
	if len(s.readers) == 0 {
		return s.end()
	}
	fastest := s.dropped
	for r := range s.readers {
		if r.leads {
			return r.at
		}
		fastest = max(fastest, r.at)
	}
	return fastest
}

// drop lets go of what is behind the window. Readers may still have parts of the
// old memory, so the rest is copied, now and then.
func (s *stream) drop() {
	if surplus := int64(len(s.kept)) - streamWindow; surplus >= streamWindow {
		s.kept = append(make([]byte, 0, 2*streamWindow), s.kept[surplus:]...)
		s.dropped += surplus
	}
}

// flush notes that clients are to have all that there is.
func (s *stream) flush(ctx context.Context) {
	s.mu.Lock()
	s.flushed = s.end()
	s.notify()
	s.mu.Unlock()
	s.yieldTurn(ctx)
}

// finish ends the stream: whole if err is nil. Only the first call counts.
func (s *stream) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isEnded {
		return
	}
	s.isEnded, s.err = true, err
	s.notify()
}

// hasEnded reports whether nothing comes any more, and whether the body is
// broken off there.
func (s *stream) hasEnded() (ended, broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isEnded, s.err != nil
}

// ended returns the body if it has been written to its end and was kept.
func (s *stream) ended() (body []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept, s.isEnded && s.err == nil && !s.over
}

// reached is how much of the body has been written.
func (s *stream) reached() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end()
}

// join begins to read. It is false when too much has been written for that.
func (s *stream) join(leads bool) (*reader, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil, false
	}
	r := &reader{stream: s, leads: leads, flushed: -1}
	s.readers[r] = struct{}{}
	s.notify() // who takes turns is waited for with a limit from now on
	return r, true
}

// leave ends the reading.
func (r *reader) leave() {
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	delete(r.stream.readers, r)
	r.stream.notify()
}

// next waits for what the reader has not seen, which is shared and never
// changes. flush says that the client is to have it at once; there may be
// nothing but that. The end of a whole body is [io.EOF].
func (r *reader) next(ctx context.Context) (part []byte, flush bool, err error) {
	for {
		part, flush, changed, err := r.poll()
		if changed == nil {
			return part, flush, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}

// poll is next without waiting: changed is not nil if there is nothing yet.
func (r *reader) poll() (part []byte, flush bool, changed <-chan struct{}, err error) {
	s := r.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.expelled:
		return nil, false, nil, errAborted
	case !r.mayRead():
		return nil, false, s.wait(), nil
	case r.at < s.dropped:
		return nil, false, nil, errLagging
	}
	part = s.kept[r.at-s.dropped:]
	flush = s.flushed > r.flushed
	switch {
	case len(part) > 0 || flush:
		r.at, r.flushed, r.isBusy = s.end(), s.flushed, r.takesTurns
		if s.over {
			s.notify() // the writer may go on
		}
		return part[:len(part):len(part)], flush, nil, nil
	case s.err != nil:
		return nil, false, nil, s.err
	case s.isEnded:
		return nil, false, nil, io.EOF
	}
	return nil, false, s.wait(), nil
}
