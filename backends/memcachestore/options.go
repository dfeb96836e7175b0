package memcachestore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Options are the settings of a [Store]. The zero value means the defaults.
type Options struct {
	// Addrs are the servers: host, host:port, an IPv6 address, or the absolute
	// path of a unix socket. The port is 11211 if none is given. Which keys a
	// server has follows from this text and not from the order, so all programs
	// must name the servers alike. None means 127.0.0.1:11211.
	Addrs []string

	// IOTimeout bounds the time to connect, and then each step of a round trip:
	// sending a request and receiving the first entry, and each entry after it.
	// Zero means 500 ms.
	IOTimeout time.Duration

	// MaxConns is how many connections to each server may be open at once.
	// Operations over that number wait until their context ends. Zero means
	// 64: a Memcached server takes 1024 by default, from all programs together.
	MaxConns int

	// MaxIdle is how many of them stay open while unused. Zero means MaxConns,
	// so that no load makes the store dial again and again.
	MaxIdle int

	// ClearLag is for how long an operation may rely on what the store knows
	// of a namespace on a server, and so how long after a Clear by another
	// process this one may find entries that were cleared. Zero means one
	// second. [NoLag] means that each operation asks; see the package comment
	// for what that costs.
	ClearLag time.Duration

	// Dial connects to a server, over TLS for instance; network is "tcp" or
	// "unix", and ctx ends after IOTimeout. Nil means a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Ping makes Open ask every server whether it is there, and fail if one is
	// not. Otherwise nothing is dialled before it is needed.
	Ping bool
}

// NoLag as [Options.ClearLag] makes every operation ask whether its namespace
// was cleared.
const NoLag time.Duration = -1

const (
	defaultIOTimeout = 500 * time.Millisecond
	defaultMaxConns  = 64
	defaultClearLag  = time.Second
)

// withDefaults returns o with its zero fields set and the servers that it
// names, or all that is wrong with it.
func (o Options) withDefaults() (Options, []address, error) {
	if len(o.Addrs) == 0 {
		o.Addrs = []string{defaultAddr}
	}
	addrs, err := parseAddresses(o.Addrs)
	errs := []error{err}
	if o.IOTimeout < 0 {
		errs = append(errs, fmt.Errorf("IOTimeout is %v: it must not be negative", o.IOTimeout))
	}
	if o.MaxConns < 0 || o.MaxIdle < 0 {
		errs = append(errs, fmt.Errorf("MaxConns is %d and MaxIdle %d: they must not be negative", o.MaxConns, o.MaxIdle))
	}
	if o.IOTimeout == 0 {
		o.IOTimeout = defaultIOTimeout
	}
	if o.MaxConns == 0 {
		o.MaxConns = defaultMaxConns
	}
	if o.MaxIdle == 0 {
		o.MaxIdle = o.MaxConns
	}
	if o.MaxIdle > o.MaxConns {
		errs = append(errs, fmt.Errorf("MaxIdle is %d: it must not be over MaxConns, which is %d", o.MaxIdle, o.MaxConns))
	}
	switch {
	case o.ClearLag == 0:
		o.ClearLag = defaultClearLag
	case o.ClearLag < 0:
		o.ClearLag = 0
	}
	if err := errors.Join(errs...); err != nil {
		return o, nil, fmt.Errorf("memcachestore: %w", err)
	}
	return o, addrs, nil
}
