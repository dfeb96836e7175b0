package signals

import (
	"log/slog"
	"net/http"
)

// Bus has the signals that mark the life of an HTTP request. The zero value is
// ready to use. A Bus must not be copied after first use. It is safe for
// concurrent use.
//
// For one request they are sent in the order started, exception if there is one,
// finished. The sender is what sent them, the instance of the Lifecycle
// middleware for example, so that [From] tells several servers on one bus apart.
// The context is that of the request.
//
// A receiver is an observer, and its failure must not become that of the
// request: all three are to be sent robustly, with [Signal.Notify].
type Bus struct {
	// RequestStarted is sent before the handler is called.
	RequestStarted Signal[StartedEvent]

	// RequestFinished is sent when the handler has returned, normally or not:
	// after a panic, an abort and a hijacked connection too. The server may
	// still be flushing the response then. The context may have ended, because
	// the client left; work that has to be done nevertheless is done with
	// [context.WithoutCancel].
	RequestFinished Signal[FinishedEvent]

	// GotRequestException is sent when the handler panics, or when a framework
	// turns an error into a response with a status of 500 or above. It is not
	// sent for a status of 4xx.
	GotRequestException Signal[ExceptionEvent]
}

// Default is the bus of the program. Tests, and programs in which several
// servers are to be kept apart, use a Bus of their own.
var Default = new(Bus)

// SetLogger calls [Signal.SetLogger] for each signal of the bus.
func (b *Bus) SetLogger(logger *slog.Logger) {
	b.RequestStarted.SetLogger(logger)
	b.RequestFinished.SetLogger(logger)
	b.GotRequestException.SetLogger(logger)
}

// StartedEvent says that a request has come in. Fields may be added: name them
// in literals.
type StartedEvent struct {
	// Request is the request as the handler will see it. Receivers must not
	// read its body nor change it.
	Request *http.Request
}

// FinishedEvent says that the handler of a request has returned. Fields may be
// added: name them in literals.
type FinishedEvent struct {
	// Request is the request of the [StartedEvent]. Its body must not be read
	// any more.
	Request *http.Request
}

// ExceptionEvent says that the handler of a request has failed. Fields may be
// added: name them in literals.
type ExceptionEvent struct {
	// Request is the request of the [StartedEvent].
	Request *http.Request

	// Err is what went wrong and is never nil. For a panic it is a
	// [*PanicError], which has the value and the stack.
	Err error
}
