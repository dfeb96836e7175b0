package memcachestore

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

// ServerError reports which of the servers failed an operation. Any failure of a server is
// one, as opposed to a miss or a refused value. It wraps the client's error.
type ServerError struct {
	Addr  string        // host:port, or the path of the socket
	After time.Duration // time from the request to the failure
	Err   error

	several bool // servers of the store
}

var _ driver.ServerFailure = (*ServerError)(nil)

// OneOfSeveral implements [driver.ServerFailure].
func (e *ServerError) OneOfSeveral() bool { return e.several }

// Error implements error.
func (e *ServerError) Error() string {
	return fmt.Sprintf("memcached server %s, after %v: %v", e.Addr, e.After.Round(time.Millisecond), e.Err)
}

// Unwrap returns the error of the client.
func (e *ServerError) Unwrap() error { return e.Err }

// isReply reports whether err is the server's answer rather than a failure.
func isReply(err error) bool {
	return errors.Is(err, memcache.ErrCacheMiss) || errors.Is(err, memcache.ErrNotStored) || errors.Is(err, memcache.ErrCASConflict)
}

// isTooLarge reports whether the server refused a value for its size. The
// client has no error for it and only quotes the server.
func isTooLarge(err error) bool {
	return err != nil && strings.Contains(err.Error(), "SERVER_ERROR object too large")
}

// isNotNumeric reports whether the server refused to count because of what is
// stored.
func isNotNumeric(err error) bool {
	return err != nil && strings.Contains(err.Error(), "non-numeric value")
}

// isBroken reports whether err means that the connection is gone, so that the
// idle ones to the same server probably are too. A slow answer does not.
func isBroken(err error) bool {
	var netErr *net.OpError
	return errors.Is(err, io.EOF) || errors.As(err, &netErr) && !netErr.Timeout()
}

// isUnanswered reports whether err means that the server did not answer, as it
// would not answer the next request either.
func isUnanswered(err error) bool {
	var netErr net.Error
	var connect *memcache.ConnectTimeoutError
	return errors.Is(err, io.EOF) || errors.As(err, &netErr) || errors.As(err, &connect)
}
