package signals

import (
	"context"
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/larder-go/larder/internal/listeners"
)

// Receiver is a function that is told of events. The sender is whatever the
// sending code says it is, often a pointer to the object that the event
// concerns, and may be nil. What the returned error does depends on the way of
// sending.
//
// A receiver may be called from many goroutines at once. Where the event holds
// pointers, all receivers share what they point to.
type Receiver[E any] func(ctx context.Context, sender any, event E) error

// Signal carries events of type E from those who send to those who have
// connected. The zero value is ready to use, with nobody connected. A Signal
// must not be copied after first use. It is safe for concurrent use.
type Signal[E any] struct {
	mu sync.Mutex // held while connections is replaced, never while sending

	// connections is what a send goes through, in connection order. The slice
	// is never changed, only replaced, so whoever has loaded it has a
	// snapshot. The pointer is nil until somebody connects.
	connections atomic.Pointer[[]*connection[E]]

	async  atomic.Int64 // goroutines of SendAsync that are running
	logger atomic.Pointer[slog.Logger]
}

// connection is one receiver that is connected. It does not change.
type connection[E any] struct {
	connectOptions
	receiver Receiver[E]
	name     string
}

// Connect adds receiver to the signal, after all that are connected already except those
// with [Last], and returns a function that disconnects it. That function may be called
// more than once and from anywhere.
//
// Without options the receiver is told of every event, and connecting the same
// function twice causes two calls. [From] narrows it to one sender. With
// [UID], Connect does nothing if a connection with that uid and the same From
// exists already: the first one stays, and the function returned to the later
// caller does nothing.
//
// Connect panics if receiver is nil, or From or UID is given twice.
func (s *Signal[E]) Connect(receiver Receiver[E], opts ...ConnectOption) (disconnect func()) {
	if receiver == nil {
		panic("signals: Connect: the receiver is nil")
	}
	c := &connection[E]{connectOptions: newConnectOptions(opts), receiver: receiver, name: funcName(receiver)}

	s.mu.Lock()
	defer s.mu.Unlock()
	connected := s.snapshot()
	if c.uid != "" && slices.ContainsFunc(connected, c.sameIdentity) {
		return func() {}
	}
	at := len(connected)
	for !c.last && at > 0 && connected[at-1].last {
		at--
	}
	connected = slices.Insert(slices.Clone(connected), at, c)
	s.connections.Store(&connected)
	return func() {
		s.remove(func(other *connection[E]) bool { return other == c })
	}
}

// Disconnect removes the connection that was made with [UID](uid) and opts, and
// reports whether there was one. A connection made with [From] is only found
// with the same From. It panics if uid is empty or opts has a UID too.
func (s *Signal[E]) Disconnect(uid string, opts ...ConnectOption) (disconnected bool) {
	c := &connection[E]{connectOptions: newConnectOptions(append(slices.Clone(opts), UID(uid)))}
	return s.remove(c.sameIdentity)
}

// HasListeners reports whether an event of this sender would reach anybody:
// whether a receiver is connected without [From], or with From and an equal
// sender. With nobody connected it costs one atomic load, so ask it before
// building an expensive event.
func (s *Signal[E]) HasListeners(sender any) bool {
	connected := s.connections.Load()
	return connected != nil && anyAccepts(*connected, sender)
}

func init() { listeners.Register((*Signal[FinishedEvent]).hasOtherListeners) }

// hasOtherListeners is HasListeners without the connections that were made with
// [UID](uid).
func (s *Signal[E]) hasOtherListeners(uid string, sender any) bool {
	for _, c := range s.snapshot() {
		if c.uid != uid && c.accepts(sender) {
			return true
		}
	}
	return false
}

// SetLogger makes the signal log the receivers that fail in [Signal.SendRobust],
// [Signal.Notify] and [Signal.SendAsync] to logger. Nil, as at first, means
// [slog.Default] as it is at the time of logging.
func (s *Signal[E]) SetLogger(logger *slog.Logger) { s.logger.Store(logger) }

// snapshot returns the connections as they are now. The caller must not change
// them.
func (s *Signal[E]) snapshot() []*connection[E] {
	if connected := s.connections.Load(); connected != nil {
		return *connected
	}
	return nil
}

// remove takes out the first connection for which match is true.
func (s *Signal[E]) remove(match func(*connection[E]) bool) (removed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	connected := s.snapshot()
	i := slices.IndexFunc(connected, match)
	if i < 0 {
		return false
	}
	connected = slices.Concat(connected[:i], connected[i+1:])
	s.connections.Store(&connected)
	return true
}

// listeners returns the connections that an event of sender goes to. The caller
// must not change them.
func (s *Signal[E]) listeners(sender any) []*connection[E] {
	connected := s.snapshot()
	n := 0
	for _, c := range connected {
		if c.accepts(sender) {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case len(connected):
		return connected
	}
	accepting := make([]*connection[E], 0, n)
	for _, c := range connected {
		if c.accepts(sender) {
			accepting = append(accepting, c)
		}
	}
	return accepting
}

// anyAccepts is a function of its own so that HasListeners can be inlined.
func anyAccepts[E any](connected []*connection[E], sender any) bool {
	for _, c := range connected {
		if c.accepts(sender) {
			return true
		}
	}
	return false
}

func (c *connection[E]) sameIdentity(other *connection[E]) bool {
	return c.identity == other.identity
}

// funcName returns the name by which f appears in a stack trace.
func funcName[E any](f Receiver[E]) string {
	return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
}
