package signals

import (
	"errors"
	"fmt"
)

// Result is what became of one receiver in one send.
type Result struct {
	// UID is the uid that the receiver was connected with, or empty.
	UID string

	// Receiver is the name of the receiver's function as a stack trace would
	// give it. It is for people: several receivers may have the same.
	Receiver string

	// Err is the error that the receiver returned, unwrapped, or nil. Where
	// the send is robust, it may also be a [*PanicError] or [ErrGoexit].
	Err error
}

// ErrGoexit is the error of a receiver that called [runtime.Goexit] instead of
// returning.
var ErrGoexit = errors.New("signals: receiver called runtime.Goexit")

// PanicError is a recovered panic: that of a receiver, in a [Result], or that of
// a request's handler, in an [ExceptionEvent].
type PanicError struct {
	// Value is what was passed to panic.
	Value any

	// Stack is the stack trace of the goroutine that panicked, in the form of
	// [runtime/debug.Stack].
	Stack []byte
}

// Error returns the value, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it is an error, so that errors.Is and errors.As
// find it, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
