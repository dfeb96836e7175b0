package flight

import "time"

// queue are the callers that wait for a flight that another caller has started,
// and may be handed over to another flight. The lock of the shard guards it.
//
// While nothing is published, they take turns in starting a flight beside it,
// as nginx does with proxy_cache_lock_age. The first of these flights to publish or
// finish takes them over.
type queue[V any] struct {
	waiting int // of the flight's callers
	others  int // flights beside it that have not ended

	turns chan struct{} // a value is the turn of one of them
	next  time.Time     // when there is a turn again
	timer *time.Timer   // until then; nil while no caller waits for a turn

	handedOver chan struct{} // closed when successor is set
	successor  *Flight[V]
}

// enqueue adds a waiting caller, and starts the timer of the turns if interval is above
// zero; the lock of the shard is held.
func (f *Flight[V]) enqueue(interval time.Duration) {
	q := f.queueOf()
	q.waiting++
	if interval <= 0 || q.timer != nil {
		return
	}
	if q.next.IsZero() {
		q.next = f.started.Add(interval)
	}
	wait := time.Until(q.next)
	if wait <= 0 {
		q.giveTurn(interval)
		wait = interval
	}
	q.timer = time.AfterFunc(wait, func() { f.tick(interval) })
}

func (f *Flight[V]) queueOf() *queue[V] {
	if f.queue == nil {
		f.queue = &queue[V]{turns: make(chan struct{}, 1), handedOver: make(chan struct{})}
	}
	return f.queue
}

// giveTurn lets one waiting caller start another flight. A turn that no caller has taken
// is not given twice.
func (q *queue[V]) giveTurn(interval time.Duration) {
	select {
	case q.turns <- struct{}{}:
	default:
	}
	q.next = time.Now().Add(interval)
}

// tick gives a turn after each interval while callers wait.
func (f *Flight[V]) tick(interval time.Duration) {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	q := f.queue
	q.timer = nil
	if q.waiting == 0 || !f.isPending() {
		return // the next caller's enqueue starts the timer again
	}
	q.giveTurn(interval)
	q.timer = time.AfterFunc(interval, func() { f.tick(interval) })
}

// endTurns is called when the waiting callers have received something; the lock of the
// shard is held.
func (f *Flight[V]) endTurns() {
	if f.queue != nil && f.queue.timer != nil {
		f.queue.timer.Stop()
		f.queue.timer = nil
	}
}

// isPending reports whether the callers of the flight have received nothing yet.
func (f *Flight[V]) isPending() bool {
	return !f.isPublished.Load() && !f.hasFinished() && (f.queue == nil || f.queue.successor == nil)
}

// takeTurn makes a caller that waits for f the starter of other, beside it. It does nothing
// and reports false if limit flights are running, if no other caller waits for f, which
// would end then, or while a stale flight of the key is still storing.
func (f *Flight[V]) takeTurn(other *Flight[V], limit int) bool {
	f.noteStarter()
	s := f.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	fs, q := s.keys[f.key], f.queue
	if !f.isPending() || 1+q.others >= limit || f.callers == 1 || fs != nil && fs.undoing > 0 {
		return false
	}
	q.others++
	q.waiting--
	f.callers--
	other.beside = f
	s.add(other, true)
	return true
}

// takeOver moves the callers of the flight that f was started beside to f, which has a
// result for them; the lock of the shard is held.
func (f *Flight[V]) takeOver() {
	was := f.beside
	if was == nil || f.stale || !was.isPending() {
		return
	}
	was.endTurns()
	q := was.queue
	moved := q.waiting
	f.callers += moved
	f.awaited()
	f.queueOf().waiting += moved
	if was.listed && was.siblings.isJoinable(was) {
		was.siblings.setJoinable(was.partition, f)
	}
	q.waiting, q.successor = 0, f
	close(q.handedOver) // its waiters read successor without the lock
	was.lose(moved)
}

// endBeside notes that the flight has ended; the lock of the shard is held.
func (f *Flight[V]) endBeside() {
	if f.beside != nil {
		f.beside.queue.others--
	}
}

// leaveQueue removes a waiting caller from the flight, or from the one that has taken the
// caller over.
func (f *Flight[V]) leaveQueue() {
	f.noteStarter()
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	for f.queue.successor != nil {
		f = f.queue.successor
	}
	f.queue.waiting--
	f.lose(1)
}
