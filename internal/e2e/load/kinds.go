package load

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/larder-go/larder/cache"
)

// The kinds of error that any networked backend may return while its server is
// away. [Options.Kind] adds those of one backend.
const (
	Unavailable = "unavailable" // cache.ErrUnavailable: the circuit breaker is open
	NotOpened   = "not opened"  // cache.ErrOpenFailed: the store could not be opened
	TimedOut    = "timed out"   // the deadline of the context, or a time-out of the backend
	Network     = "network"     // no connection, or one that broke
)

// kindOf returns the kind of an error, or "" if it is none that is documented.
func (o *Options) kindOf(err error) string {
	var documented *cache.Error
	if !errors.As(err, &documented) || documented.Op == "" || documented.Alias == "" {
		return ""
	}
	var network net.Error
	isNetwork := errors.As(err, &network)
	var number syscall.Errno
	switch {
	case errors.Is(err, cache.ErrUnavailable):
		return Unavailable
	case errors.Is(err, cache.ErrOpenFailed):
		return NotOpened
	case errors.Is(err, context.DeadlineExceeded), isNetwork && network.Timeout():
		return TimedOut
	case isNetwork, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &number):
		return Network
	case o.Kind != nil:
		return o.Kind(err)
	}
	return ""
}
