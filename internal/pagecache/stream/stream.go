package stream

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

const (
	// streamWindow is how far a reader may lag behind the writer of a stream that is
	// over its limit, in bytes.
	streamWindow = 1 << 20

	// maxPart is how many bytes a reader gets at a time: a client that takes them makes
	// progress.
	maxPart = 64 << 10

	// stallLimit is for how long a client may take nothing while the writer waits for
	// it and other clients wait for the writer. A client for which nobody waits may take
	// as long as it wants.
	stallLimit = 2 * time.Second
)

var (
	// ErrAborted is what readers get when the response will not be completed.
	ErrAborted = errors.New("larder: the handler did not complete the response")

	// ErrLagging is what a reader gets who is further behind than the window, or who
	// stalls others.
	ErrLagging = errors.New("larder: the client reads too slowly")
)

// Stream is the body of a response on its way from one writer to many readers.
// Up to its limit, and while there is memory for it, it keeps everything, and the
// writer never waits. Above, nobody may begin to read any more; it keeps only what is in
// the window, and the writer waits for the client that started the run, or when that has
// left or stalls the others for the fastest of these: no reader holds up the rest.
type Stream struct {
	limit int64

	mu      sync.Mutex
	changed chan struct{} // closed at the next change, if somebody waits for it
	kept    []byte        // what follows dropped
	block   *block        // the memory of kept
	dropped int64
	flushed int64 // up to where the handler wants clients to have it; -1 is not even the header
	readers map[*Reader]struct{}
	offered bool // the writer waits for the reader that takes turns, see turns.go
	over    bool // more than limit was written, or there was no memory for it
	refused bool // there was no memory for it
	isEnded bool
	isDone  bool  // the run has no use for kept any more
	err     error // why, if the body is not whole
}

// New returns a stream that begins with what there is of the body, whose memory
// is counted already.
func New(begun []byte, limit int64, budget Budget) *Stream {
	return &Stream{limit: limit, kept: begun, block: newBlock(budget, cap(begun)), flushed: -1, readers: make(map[*Reader]struct{})}
}

// Reader is one client of a stream.
type Reader struct {
	stream  *Stream
	leads   bool // it has started the run
	at      int64
	flushed int64

	// Of one that takes turns with the writer.
	TakesTurns bool
	isBusy     bool          // it has taken something, and not come back
	waited     time.Duration // for it, while others read
	isLate     bool          // it is not waited for any more

	expelled bool // the response turned out not to be for this client
	drains   bool // its client has all that it gets: it is there so that the page is stored

	sends   *block    // of which it is sending a part, nil if it is not
	waits   bool      // for something to send, or for its turn
	since   time.Time // when it took the last part
	evicted bool
	abort   func() // breaks off what is being sent
}

// notify wakes everyone who waits for a change; mu is held.
func (s *Stream) notify() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// wait returns a channel for the next change; mu is held.
func (s *Stream) wait() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *Stream) end() int64 { return s.dropped + int64(len(s.kept)) }

// Write appends p. It returns early only if ctx ends, which is the run's.
func (s *Stream) Write(ctx context.Context, p []byte) (n int, err error) {
	for n < len(p) {
		part, changed := s.append(p[n:])
		n += part
		if part > 0 {
			continue
		}
		s.yieldTurn(ctx)
		if err := s.await(ctx, changed); err != nil {
			return n, err
		}
	}
	s.yieldTurn(ctx)
	return n, nil
}

// await waits until there may be room for more. Readers that stall others are evicted.
func (s *Stream) await(ctx context.Context, changed <-chan struct{}) error {
	stalled := time.NewTimer(stallLimit)
	defer stalled.Stop()
	for {
		select {
		case <-changed:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-stalled.C:
			s.evictStalled()
			stalled.Reset(stallLimit)
		}
	}
}

// append takes as much of p as there is room for. If that is nothing, changed is
// closed when there may be.
func (s *Stream) append(p []byte) (n int, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.block == nil {
		return len(p), nil // the run is over, and nobody reads
	}
	if !s.over && s.end()+int64(len(p)) > s.limit {
		s.over = true
		s.notify() // those who drain leave
	}
	if !s.over && !s.fits(len(p)) {
		s.over, s.refused = true, true
		s.notify()
	}
	if s.over {
		room := min(s.pace()+streamWindow-s.end(), int64(len(p)))
		if room > 0 {
			room = min(room, s.makeRoom(int(room)))
		}
		if room <= 0 {
			return 0, s.wait()
		}
		p = p[:room]
	}
	s.kept = append(s.kept, p...)
	s.notify()
	return len(p), nil
}

// pace is how far the reader is that the writer waits for. Without readers it
// waits for nobody: the run's context is about to end. It waits for those who drain to
// leave, so that it does not go on for nobody.
func (s *Stream) pace() int64 {
	if len(s.readers) == 0 {
		return s.end()
	}
	fastest, isRead := s.dropped, false
	for r := range s.readers {
		switch {
		case r.drains:
			continue
		case r.leads:
			return r.at
		}
		fastest, isRead = max(fastest, r.at), true
	}
	if !isRead {
		return s.end() - streamWindow
	}
	return fastest
}

// Flush notes that clients are to have all that there is.
func (s *Stream) Flush(ctx context.Context) {
	s.mu.Lock()
	s.flushed = s.end()
	s.notify()
	s.mu.Unlock()
	s.yieldTurn(ctx)
}

// Finish ends the stream: whole if err is nil. Only the first call counts.
func (s *Stream) Finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isEnded {
		return
	}
	s.isEnded, s.err = true, err
	s.notify()
}

// HasEnded reports whether nothing comes any more, and whether the body is
// broken off there.
func (s *Stream) HasEnded() (ended, broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isEnded, s.err != nil
}

// WasRefused reports whether there was no memory to keep the body.
func (s *Stream) WasRefused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Done is called when the run, and the store, have no use for the body any more.
func (s *Stream) Done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isDone = true
	s.releaseIfUnused()
}

// releaseIfUnused releases the memory when nobody is going to read it; mu is held.
func (s *Stream) releaseIfUnused() {
	if s.isDone && len(s.readers) == 0 && s.block != nil {
		s.block.release()
		s.block = nil
	}
}

// IsOver reports whether the body is not kept any more.
func (s *Stream) IsOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// Ended returns the body if it has been written to its end and was kept.
func (s *Stream) Ended() (body []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept, s.isEnded && s.err == nil && !s.over
}

// Reached is how much of the body has been written.
func (s *Stream) Reached() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end()
}

// Join begins to read. It is false when too much has been written for that.
func (s *Stream) Join(leads bool) (*Reader, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil, false
	}
	r := &Reader{stream: s, leads: leads, flushed: -1, since: time.Now()}
	s.readers[r] = struct{}{}
	s.notify() // who takes turns is waited for with a limit from now on
	return r, true
}

// OnEvict has abort called when the reader is evicted, which may be sending then. It
// must not block.
func (r *Reader) OnEvict(abort func()) {
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	r.abort = abort
}

// Leave ends the reading.
func (r *Reader) Leave() {
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	r.sent()
	delete(r.stream.readers, r)
	r.stream.releaseIfUnused()
	r.stream.notify()
}

// Drain says that the client has all that it gets. The reader goes on to the end of what
// is going to be stored, and fails with ErrLagging if that is not.
func (r *Reader) Drain() {
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	r.drains = true
	r.stream.notify()
}

// sent is called when the reader has sent the part that it got last; mu is held.
func (r *Reader) sent() {
	if r.sends != nil {
		r.sends.release()
		r.sends = nil
		if r.stream.over {
			r.stream.notify() // the writer may go on
		}
	}
}

// Next waits for what the reader has not seen, which is shared and does not change until
// the next call. flush says that the client is to have it at once; there may be
// only that. The end of a whole body is [io.EOF].
func (r *Reader) Next(ctx context.Context) (part []byte, flush bool, err error) {
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
func (r *Reader) poll() (part []byte, flush bool, changed <-chan struct{}, err error) {
	s := r.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	r.sent()
	switch {
	case r.expelled:
		return nil, false, nil, ErrAborted
	case r.drains && s.over:
		return nil, false, nil, ErrLagging
	case r.evicted || r.at < s.dropped:
		return nil, false, nil, ErrLagging
	case !r.mayRead():
		r.waits = true
		return nil, false, s.wait(), nil
	}
	part = s.kept[r.at-s.dropped:]
	part = part[:min(len(part), maxPart)]
	flush = r.flushed < s.flushed && r.at+int64(len(part)) >= s.flushed
	r.waits = len(part) == 0 && !flush
	switch {
	case !r.waits:
		r.take(part, flush)
		return part[:len(part):len(part)], flush, nil, nil
	case s.err != nil:
		return nil, false, nil, s.err
	case s.isEnded:
		return nil, false, nil, io.EOF
	}
	return nil, false, s.wait(), nil
}

// take notes that the reader is going to send part; mu is held.
func (r *Reader) take(part []byte, flush bool) {
	r.at, r.since, r.isBusy = r.at+int64(len(part)), time.Now(), r.TakesTurns
	if flush {
		r.flushed = r.stream.flushed
	}
	if r.stream.over {
		r.stream.notify() // the writer may go on
	}
	if r.sends = r.stream.block; r.sends != nil && len(part) > 0 {
		r.sends.retain()
	} else {
		r.sends = nil
	}
}
