package stream

import "time"

// The memory of a stream. What follows is called with its lock held, except for
// evictStalled.

// MinBlock is how much memory a stream that outgrows what it began with takes at least.
const MinBlock = 8 << 10

// fits reports whether there is memory for n bytes more, and gets it.
func (s *Stream) fits(n int) bool {
	need := len(s.kept) + n
	if need <= cap(s.kept) {
		return true
	}
	return s.move(max(need, min(2*cap(s.kept), need+streamWindow, int(s.limit)), MinBlock)) || s.move(need)
}

// move takes what is kept to a block of another size. It is false if there is no
// memory for that.
func (s *Stream) move(size int) bool {
	old := s.block
	if old == nil {
		return false // the run is over
	}
	if !old.isShared() {
		// The old block is garbage at once.
		if !old.budget.Reserve(int64(size) - old.size) {
			return false
		}
		old.size = int64(size)
	} else {
		if !old.budget.Reserve(int64(size)) {
			return false
		}
		old.release()
		s.block = newBlock(old.budget, size)
	}
	s.kept = append(make([]byte, 0, size), s.kept...)
	return true
}

// makeRoom returns how many of n bytes there is room for in a stream that is over its
// limit: it drops what is behind the window, and if there is no more memory, uses
// again what there is.
func (s *Stream) makeRoom(n int) int64 {
	if surplus := int64(len(s.kept)) - streamWindow; surplus >= streamWindow {
		s.drop(surplus, 2*streamWindow)
	}
	if cap(s.kept)-len(s.kept) < n && !s.fits(n) {
		s.drop(s.pace()-s.dropped, cap(s.kept))
	}
	return int64(cap(s.kept) - len(s.kept))
}

// drop drops the first n bytes, and what is left has a block of that size: a new one
// where readers still have parts of the old, if there is memory for it. Readers that
// have not had these bytes are evicted.
func (s *Stream) drop(n int64, size int) {
	if n == 0 {
		return
	}
	kept := s.kept
	s.kept = kept[n:]
	switch {
	case size != cap(kept) && s.move(size):
	case !s.block.isShared():
		s.kept = append(kept[:0], kept[n:]...)
	default:
		s.kept = kept
		return
	}
	s.dropped += n
	for r := range s.readers {
		if r.at < s.dropped {
			s.evict(r)
		}
	}
}

// evict ends a reader with ErrLagging and breaks off what it is sending, so that it gives
// its memory back.
func (s *Stream) evict(r *Reader) {
	r.evicted = true
	delete(s.readers, r)
	if r.abort != nil {
		r.abort()
	}
}

// evictStalled evicts the readers that have taken nothing for the time of stallLimit, if
// others wait for the writer. It is called without the lock.
func (s *Stream) evictStalled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	othersWait := false
	for r := range s.readers {
		othersWait = othersWait || r.waits
	}
	if !othersWait {
		return
	}
	for r := range s.readers {
		if !r.waits && time.Since(r.since) >= stallLimit {
			s.evict(r)
		}
	}
	if s.block.isShared() {
		// They may not give it back, and the others need not wait for that.
		s.block.budget.Hold(int64(cap(s.kept)))
		s.block.release()
		s.block = newBlock(s.block.budget, cap(s.kept))
		s.kept = append(make([]byte, 0, cap(s.kept)), s.kept...)
	}
	s.notify()
}
