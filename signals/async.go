package signals

import (
	"context"
	"slices"
	"sync/atomic"
)

// MaxAsync is the number of goroutines that one signal's [Signal.SendAsync] has
// running at most, all its sends together.
const MaxAsync = 256

// SendAsync tells the receivers of event concurrently, each in a goroutine of its
// own, and returns a [Pending] to wait on; waiting is optional. Errors, panics and
// [runtime.Goexit] are logged and stand in the results, as with
// [Signal.SendRobust].
//
// When [MaxAsync] goroutines are running, SendAsync runs the receivers for which
// there is none itself, one after the other, before it returns. So many sends
// slow the sender down instead of piling up, and a receiver may itself send and
// wait without a deadlock. If a receiver that SendAsync runs itself calls
// runtime.Goexit, the others still run, and then the sender's goroutine ends.
//
// The receivers are passed ctx, and a goroutine ends when its receiver returns,
// so receivers that may take long must obey ctx. The context of a request ends
// with the request: to let receivers outlive it, send with
// [context.WithoutCancel] and a timeout.
func (s *Signal[E]) SendAsync(ctx context.Context, sender any, event E) *Pending {
	listeners := s.listeners(sender)
	if len(listeners) == 0 {
		return nothingPending
	}
	return s.sendAsync(ctx, sender, event, listeners)
}

// sendAsync is apart from SendAsync because its goroutines capture event, which
// moves a large one to the heap as soon as the function is entered.
func (s *Signal[E]) sendAsync(ctx context.Context, sender any, event E, listeners []*connection[E]) *Pending {
	p := newPending(make([]Result, len(listeners)))
	defer p.release()

	started := 0
	for ; started < len(listeners) && s.acquireAsync(); started++ {
		c, result := listeners[started], &p.results[started]
		p.retain()
		go func() {
			defer p.release()
			defer s.releaseAsync()
			s.attempt(ctx, sender, event, c, result)
		}()
	}
	s.deliver(ctx, sender, event, listeners[started:], p.results[started:])
	return p
}

// acquireAsync reports whether another goroutine may be started.
func (s *Signal[E]) acquireAsync() bool {
	if s.async.Add(1) <= MaxAsync {
		return true
	}
	s.releaseAsync()
	return false
}

func (s *Signal[E]) releaseAsync() { s.async.Add(-1) }

// Pending is a send whose receivers may still be running. It is safe for
// concurrent use.
type Pending struct {
	results []Result
	holders atomic.Int64 // goroutines that may still write results
	done    chan struct{}
}

// nothingPending is shared by all sends that reach nobody.
var nothingPending = func() *Pending {
	p := newPending(nil)
	p.release()
	return p
}()

// newPending returns a Pending that the caller holds.
func newPending(results []Result) *Pending {
	p := &Pending{results: results, done: make(chan struct{})}
	p.retain()
	return p
}

// Done returns a channel that is closed when every receiver is done.
func (p *Pending) Done() <-chan struct{} { return p.done }

// Wait waits until every receiver is done and returns their results in
// connection order, or nil if there was no receiver. If ctx ends first, it
// returns ctx.Err(); the receivers run on and Wait may be called again. The
// caller owns the slice.
func (p *Pending) Wait(ctx context.Context) ([]Result, error) {
	select {
	case <-p.done:
	case <-ctx.Done():
		if p.holders.Load() > 0 { // else both were ready, and the results are worth more
			return nil, ctx.Err()
		}
	}
	return slices.Clone(p.results), nil
}

func (p *Pending) retain() { p.holders.Add(1) }

func (p *Pending) release() {
	if p.holders.Add(-1) == 0 {
		close(p.done)
	}
}
