package flight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrWaitTimeout is the error of a caller that has waited for another caller's run for
// [JoinOptions].MaxWait.
var ErrWaitTimeout = errors.New("another's run takes too long")

// Publish hands value to all subscribers, now and for as long as the flight can be joined,
// while the function goes on: a response whose header is complete and whose body is being
// written. Only the first call counts, and none after the flight has finished.
func (f *Flight[V]) Publish(value V) {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if f.isPublished.Load() || f.hasFinished() {
		return
	}
	f.takeOver()
	f.endTurns()
	f.publication = value
	f.isPublished.Store(true)
	if f.answered != nil {
		close(f.answered)
	}
}

// Subscription is the interest of one caller in a flight that has published a value to it.
// It ends with Leave.
type Subscription[V any] struct {
	flight *Flight[V]
	once   sync.Once
}

// Leave ends the subscription. The flight's context ends when the last caller has left.
// Leave is idempotent.
func (a *Subscription[V]) Leave() { a.once.Do(a.flight.leave) }

// JoinOptions say how a caller takes part in the flights of a key. With the zero
// value it joins the flight of callers without a partition, or starts it, and waits
// without a limit.
type JoinOptions struct {
	// Partition separates callers: each joins flights of its own partition only.
	Partition string

	// Alone means that the caller joins no flight, and that no other caller joins the one
	// that it starts.
	Alone bool

	// Inline means that the flight which the caller starts, if it does, runs in the caller's
	// goroutine. The caller returns when the run is over, even if its context ends before; it
	// counts as having left from then on. A function that calls runtime.Goexit ends the
	// caller's goroutine.
	Inline bool

	// MaxWait is how long the caller waits for a flight that another has started; then it
	// leaves with ErrWaitTimeout. Zero or less is no limit.
	MaxWait time.Duration

	// Interval is the time after which, while nothing is published, one of the waiting
	// callers starts another flight beside the one that they wait for, and again after each
	// further Interval, while fewer than MaxFlights are running. The first flight that
	// publishes, is released, or returns without an error takes over all waiting callers.
	// Zero or less is never.
	Interval   time.Duration
	MaxFlights int
}

// Subscribe is [Group.Wait] for a caller that can use a published value: then v is that
// value, and subscription is not nil. Until that ends, the caller counts as waiting. leader
// reports that the caller has started the flight that the value is from. All options count.
//
// A caller that is itself a run of a group waits until the flight has finished: the wait
// graph does not record subscriptions, so a deadlock between the two runs would go
// undetected.
func (g *Group[V]) Subscribe(ctx context.Context, c *Call[V]) (v V, leader bool, subscription *Subscription[V], err error) {
	c.queues = Current[V](ctx) == nil
	f, leader, outer, err := g.enter(ctx, c)
	if err != nil {
		return v, false, nil, err
	}
	defer outer.stopWaiting(f)
	if leader {
		f.start()
	}
	if !c.queues {
		v, err = f.wait(ctx)
		return v, leader, nil, err
	}
	if !leader {
		var other *Flight[V]
		if v, subscription, other, err = f.receiveInTurn(ctx, c); other == nil {
			return v, false, subscription, err
		}
		other.start()
		f = other
	}
	v, subscription, err = f.receive(ctx)
	return v, true, subscription, err
}

// Published returns what the flight that a caller would join has published, with the caller
// counted as waiting. It does not block. Of the call, only Key, Since, Found and Partition
// count. subscription is nil if there is no such flight, and for a caller that is itself a run
// of a group, see Subscribe.
func (g *Group[V]) Published(ctx context.Context, c *Call[V]) (v V, subscription *Subscription[V]) {
	if Current[V](ctx) != nil {
		return v, nil
	}
	s := g.shardOf(g.hash(c.Key))
	s.mu.Lock()
	defer s.mu.Unlock()
	fs := s.keys[string(c.Key)]
	if fs == nil {
		return v, nil
	}
	f := fs.joinable(JoinOptions{Partition: c.Partition})
	if f == nil || f.stale || !f.isPublished.Load() || !f.admits(c) {
		return v, nil
	}
	f.callers++
	return f.publication, &Subscription[V]{flight: f}
}

// receive is wait for a caller that can use a published value.
func (f *Flight[V]) receive(ctx context.Context) (v V, a *Subscription[V], err error) {
	if f.hasFinished() { // if there are both, the complete value is better
		return f.value, nil, f.err
	}
	if err := await(ctx, f.answered); err != nil {
		f.leave()
		return v, nil, err
	}
	return f.answer()
}

// answer returns for what a subscriber has waited: the publication, or without one the
// result.
func (f *Flight[V]) answer() (v V, a *Subscription[V], err error) {
	if f.isPublished.Load() {
		return f.publication, &Subscription[V]{flight: f}, nil
	}
	return f.value, nil, f.err
}

// receiveInTurn is receive for a caller that has joined another caller's flight. If it
// becomes the caller's turn to start a flight beside that one, other is the new flight,
// which does not run yet.
func (f *Flight[V]) receiveInTurn(ctx context.Context, c *Call[V]) (v V, a *Subscription[V], other *Flight[V], err error) {
	var late <-chan time.Time
	if c.MaxWait > 0 {
		timer := time.NewTimer(c.MaxWait)
		defer timer.Stop()
		late = timer.C
	}
	var turns <-chan struct{}
	if c.Interval > 0 {
		turns = f.queue.turns
	}
	for {
		if f.hasFinished() {
			return f.value, nil, nil, f.err
		}
		select {
		case <-f.answered:
			v, a, err = f.answer()
			return v, a, nil, err
		case <-f.queue.handedOver:
			f, turns = f.queue.successor, nil
		case <-turns:
			other = new(Flight[V])
			if other.init(ctx, f.group, f.hash, f.key, c); f.takeTurn(other, c.MaxFlights) {
				return v, nil, other, nil
			}
		case <-late:
			f.leaveQueue()
			return v, nil, nil, ErrWaitTimeout
		case <-ctx.Done():
			f.leaveQueue()
			return v, nil, nil, ctx.Err()
		}
	}
}
