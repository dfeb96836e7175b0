package flight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrWaitTimeout is the error of a caller that has waited for another's run for as
// long as it wanted to.
var ErrWaitTimeout = errors.New("another's run takes too long")

// Announce hands value to everyone who attends, now and for as long as the
// flight can be joined, while the function goes on: a response whose header is
// there and whose body is being written. The first announcement counts, and none
// after the landing.
func (f *Flight[V]) Announce(value V) {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if f.hasAnnounced() || f.hasLanded() {
		return
	}
	f.takeOver()
	f.endTurns()
	f.announcement = value
	close(f.announced)
}

func (f *Flight[V]) hasAnnounced() bool {
	select {
	case <-f.announced:
		return true
	default:
		return false
	}
}

// Attendance is the part of one caller in a flight whose value was announced to
// it. It ends with Leave.
type Attendance[V any] struct {
	flight *Flight[V]
	once   sync.Once
}

// Leave says that the caller takes no more interest. The flight's context ends
// with the last one's. It is idempotent.
func (a *Attendance[V]) Leave() { a.once.Do(a.flight.leave) }

// JoinOptions say how a caller takes part in the flights of a key. With the zero
// value it joins the one that callers of no partition have started, or starts
// that, and waits without a limit.
type JoinOptions struct {
	// Partition separates callers: each joins flights of its own partition only.
	Partition string

	// Alone says that the caller joins no flight, and that nobody joins the one
	// that it starts.
	Alone bool

	// MaxWait is for how long the caller waits for a flight that another has
	// started; then it leaves with ErrWaitTimeout. Zero or less is no limit.
	MaxWait time.Duration

	// Interval is after which time without an announcement, and then again each
	// time, one of those who wait starts a flight beside the one that they wait
	// for, unless MaxFlights are under way. The first of them that announces, is
	// released, or returns without an error takes over all who wait. Zero or less
	// is never.
	Interval   time.Duration
	MaxFlights int
}

// joining are the options of one caller.
type joining struct {
	JoinOptions
	queues bool // it may be handed over to another flight than it joins
}

// Attend is Do for a caller who can make use of a value that is announced: then
// v is that value, and attendance is not nil. Until it ends, the caller counts as
// one who waits. leader reports that the caller has started the flight that the
// value is of.
//
// A caller who is itself a run of a group waits for the landing: who reads what
// another run writes waits for it, too, and nobody would see it if that run then
// waited for the caller's.
func (g *Group[V]) Attend(ctx context.Context, key []byte, since Mark, o JoinOptions, fn Func[V]) (v V, leader bool, attendance *Attendance[V], err error) {
	j := &joining{o, Current[V](ctx) == nil}
	f, leader, done, err := g.enter(ctx, key, since, j, fn)
	if err != nil {
		return v, false, nil, err
	}
	defer done()
	if !j.queues {
		v, err = f.wait(ctx)
		return v, leader, nil, err
	}
	if !leader {
		var other *Flight[V]
		if v, attendance, other, err = f.attendInTurn(ctx, since, j); other == nil {
			return v, false, attendance, err
		}
		go other.run(fn)
		f = other
	}
	v, attendance, err = f.attend(ctx)
	return v, true, attendance, err
}

// Announced returns what a flight of key has announced that callers of a
// partition would join, with the caller counted as one who waits. It waits for
// nothing. attendance is nil if there is no such flight, and for a caller who is
// itself a run of a group, see Attend.
func (g *Group[V]) Announced(ctx context.Context, key []byte, partition string) (v V, attendance *Attendance[V]) {
	if Current[V](ctx) != nil {
		return v, nil
	}
	s := g.shardOf(g.hash(key))
	s.mu.Lock()
	defer s.mu.Unlock()
	fs := s.keys[string(key)]
	if fs == nil {
		return v, nil
	}
	f := fs.joinable(&joining{JoinOptions: JoinOptions{Partition: partition}})
	if f == nil || f.stale || !f.hasAnnounced() {
		return v, nil
	}
	f.callers++
	return f.announcement, &Attendance[V]{flight: f}
}

// attend is wait for a caller to whom an announcement is enough.
func (f *Flight[V]) attend(ctx context.Context) (v V, a *Attendance[V], err error) {
	if f.hasLanded() { // if there are both, the whole is better
		return f.value, nil, f.err
	}
	select {
	case <-f.landed:
		return f.value, nil, f.err
	case <-f.announced:
		return f.announcement, &Attendance[V]{flight: f}, nil
	case <-ctx.Done():
		f.leave()
		return v, nil, ctx.Err()
	}
}

// attendInTurn is attend for a caller who has joined another's flight. If it
// becomes the caller's turn to start a flight beside that, other is this one,
// which does not run yet.
func (f *Flight[V]) attendInTurn(ctx context.Context, since Mark, j *joining) (v V, a *Attendance[V], other *Flight[V], err error) {
	var late <-chan time.Time
	if j.MaxWait > 0 {
		timer := time.NewTimer(j.MaxWait)
		defer timer.Stop()
		late = timer.C
	}
	var turns <-chan struct{}
	if j.Interval > 0 {
		turns = f.queue.turns
	}
	for {
		if f.hasLanded() {
			return f.value, nil, nil, f.err
		}
		select {
		case <-f.landed:
			return f.value, nil, nil, f.err
		case <-f.announced:
			return f.announcement, &Attendance[V]{flight: f}, nil, nil
		case <-f.queue.handedOver:
			f, turns = f.queue.successor, nil
		case <-turns:
			if other = f.group.newFlight(ctx, f.hash, f.key, since, f.partition); f.takeTurn(other, j.MaxFlights) {
				return v, nil, other, nil
			}
			other.cancel()
		case <-late:
			f.leaveQueue()
			return v, nil, nil, ErrWaitTimeout
		case <-ctx.Done():
			f.leaveQueue()
			return v, nil, nil, ctx.Err()
		}
	}
}
