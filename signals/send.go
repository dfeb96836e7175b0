package signals

import (
	"context"
	"log/slog"
	"reflect"
	"runtime/debug"
)

// Send tells the receivers of event, one after the other in connection order, in
// the calling goroutine. It stops at the first that returns an error and returns
// that error as it is; the receiver concerned is the last of the results. With
// no error there is one result for each receiver, and with no receiver the
// results are nil.
//
// A panic of a receiver goes through to the caller of Send. The context is
// passed on; Send itself does not look at it.
func (s *Signal[E]) Send(ctx context.Context, sender any, event E) ([]Result, error) {
	listeners := s.listeners(sender)
	if len(listeners) == 0 {
		return nil, nil
	}
	results := make([]Result, 0, len(listeners))
	for _, c := range listeners {
		err := c.receiver(ctx, sender, event)
		results = append(results, Result{UID: c.uid, Receiver: c.name, Err: err})
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// SendRobust tells every receiver of event, one after the other in connection
// order, in the calling goroutine, and returns one result for each, or nil if
// there is none. An error or a panic is logged at level error and stands in the
// result, a panic as a [*PanicError]; the other receivers still run.
//
// They also run if a receiver calls [runtime.Goexit], as the FailNow of a test
// does. That is logged too, but cannot be undone: the goroutine ends once the
// last receiver is done, and SendRobust does not return.
//
// The context is passed on. Receivers run even if it has ended.
func (s *Signal[E]) SendRobust(ctx context.Context, sender any, event E) []Result {
	listeners := s.listeners(sender)
	if len(listeners) == 0 {
		return nil
	}
	results := make([]Result, len(listeners))
	s.deliver(ctx, sender, event, listeners, results)
	return results
}

// Notify is SendRobust for senders that have no use for the results: failures
// are logged only, and nothing is allocated if every receiver gets the event.
func (s *Signal[E]) Notify(ctx context.Context, sender any, event E) {
	if listeners := s.listeners(sender); len(listeners) > 0 {
		s.deliver(ctx, sender, event, listeners, nil)
	}
}

// deliver runs listeners robustly in order and fills results, one for each,
// unless it is nil.
func (s *Signal[E]) deliver(ctx context.Context, sender any, event E, listeners []*connection[E], results []Result) {
	next := 0
	defer func() {
		// Any are left only if the goroutine is on its way out.
		if next < len(listeners) {
			s.deliver(ctx, sender, event, listeners[next+1:], results[min(next+1, len(results)):])
		}
	}()
	for ; next < len(listeners); next++ {
		var discarded Result
		result := &discarded
		if len(results) > 0 {
			result = &results[next]
		}
		s.attempt(ctx, sender, event, listeners[next], result)
	}
}

// attempt runs one receiver, stores what became of it in result, and logs it if
// it failed. The result is an argument because a receiver that calls Goexit has
// attempt not return.
func (s *Signal[E]) attempt(ctx context.Context, sender any, event E, c *connection[E], result *Result) {
	*result = Result{UID: c.uid, Receiver: c.name, Err: ErrGoexit}
	defer func() {
		if v := recover(); v != nil {
			result.Err = &PanicError{Value: v, Stack: debug.Stack()}
		}
		if result.Err != nil {
			s.logFailure(ctx, *result)
		}
	}()
	result.Err = c.receiver(ctx, sender, event)
}

func (s *Signal[E]) logFailure(ctx context.Context, r Result) {
	logger := s.logger.Load()
	if logger == nil {
		logger = slog.Default()
	}
	attrs := []slog.Attr{
		slog.String("event", reflect.TypeFor[E]().String()),
		slog.String("receiver", r.Receiver),
		slog.Any("error", r.Err),
	}
	if r.UID != "" {
		attrs = append(attrs, slog.String("uid", r.UID))
	}
	if panicked, ok := r.Err.(*PanicError); ok {
		attrs = append(attrs, slog.String("stack", string(panicked.Stack)))
	}
	logger.LogAttrs(ctx, slog.LevelError, "signal receiver failed", attrs...)
}
