package cache

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// Incr implements [Cache]. A timeout is ErrInvalidOption.
func (c *BaseCache) Incr(ctx context.Context, key string, delta int64, opts ...Option) (int64, error) {
	return c.incr(ctx, "Incr", key, delta, opts)
}

// Decr implements [Cache].
func (c *BaseCache) Decr(ctx context.Context, key string, delta int64, opts ...Option) (int64, error) {
	if delta == math.MinInt64 {
		// It has no opposite in int64.
		return 0, c.fail(ctx, "Decr", key, ErrOverflow)
	}
	return c.incr(ctx, "Decr", key, -delta, opts)
}

// errCounterTimeout is the error of Incr and Decr with a timeout: they neither create a
// counter nor extend its life.
var errCounterTimeout = fmt.Errorf("%w: a counter keeps its timeout: give it one with Add before, or with Touch", ErrInvalidOption)

// checkCounterOptions returns an error if opts have a timeout.
func checkCounterOptions(opts []Option) error {
	for _, opt := range opts {
		if t, ok := opt.(Timeout); ok && !t.IsZero() {
			return errCounterTimeout
		}
	}
	return nil
}

func (c *BaseCache) incr(ctx context.Context, op, key string, delta int64, opts []Option) (int64, error) {
	if err := checkCounterOptions(opts); err != nil {
		return 0, c.fail(ctx, op, key, err)
	}
	var o options
	st, k, err := c.start(ctx, op, key, opts, &o)
	if err != nil {
		return 0, err
	}
	defer k.release()
	if st.counter == nil {
		return 0, c.fail(ctx, op, key, ErrUnsupported)
	}
	n, err := st.counter.Incr(ctx, k.b, delta)
	if errors.Is(err, ErrNotInteger) && st.leases {
		err = c.notInteger(ctx, st, k.b, &o)
	}
	if err != nil {
		return 0, c.failCounter(ctx, op, key, err, o.flags)
	}
	c.publish(ctx, EventIncr, op, key, nil)
	return n, nil
}

// notInteger is the error of a counter that is not an integer: ErrNotFound if it is a lease.
func (c *BaseCache) notInteger(ctx context.Context, st *opened, k []byte, o *options) error {
	if _, err := c.fetchReadable(ctx, st, k, o); errors.Is(err, envelope.ErrLease) {
		return err
	}
	return ErrNotInteger
}

// IncrVersion implements [Cache]. If the backend cannot tell how long an
// entry has left, the entry keeps the expiry that it was stored with, and an
// integer gets its full timeout again.
func (c *BaseCache) IncrVersion(ctx context.Context, key string, delta int, opts ...Option) (int, error) {
	return c.incrVersion(ctx, "IncrVersion", key, delta, opts)
}

// DecrVersion implements [Cache].
func (c *BaseCache) DecrVersion(ctx context.Context, key string, delta int, opts ...Option) (int, error) {
	return c.incrVersion(ctx, "DecrVersion", key, -delta, opts)
}

func (c *BaseCache) incrVersion(ctx context.Context, op, key string, delta int, opts []Option) (int, error) {
	var o options
	st, from, err := c.start(ctx, op, key, opts, &o)
	if err != nil {
		return 0, err
	}
	defer from.release()
	defer c.track()()
	target := o.version + delta
	if (delta > 0) != (target > o.version) && delta != 0 {
		return 0, c.fail(ctx, op, key, fmt.Errorf("%w: %d plus %d is too large", ErrInvalidVersion, o.version, delta))
	}
	if err := checkVersion(target); err != nil {
		return 0, c.fail(ctx, op, key, err)
	}
	e, err := c.fetchReadable(ctx, st, from.b, &o)
	if errors.Is(err, driver.ErrCorrupt) {
		c.corrupt(ctx, op, key, err)
		err = ErrNotFound
	}
	if err != nil {
		return 0, c.failCounter(ctx, op, key, err, o.flags)
	}
	if delta == 0 {
		return target, nil
	}
	if err := c.move(ctx, st, from.b, target, key, e, &o); err != nil {
		return 0, c.failCounter(ctx, op, key, err, o.flags)
	}
	c.publish(ctx, EventSet, op, key, nil)
	c.publish(ctx, EventDelete, op, key, nil)
	return target, nil
}

// move writes e, read from the key from, under the version to, and deletes it
// where it was.
func (c *BaseCache) move(ctx context.Context, st *opened, from []byte, version int, key string, e entry, o *options) error {
	left, err := c.timeLeft(ctx, st, from, e, o)
	if err != nil {
		return err
	}
	to, err := c.key(ctx, st, version, key)
	if err != nil {
		return err
	}
	defer to.release()
	err = st.mutate(ctx, to.b, func() error { return st.writeAgain(ctx, to.b, e, left) })
	if err != nil {
		return err
	}
	return st.mutate(ctx, from, func() error {
		_, _, err := st.store.Delete(ctx, from)
		return err
	})
}

// writeAgain stores an entry that was read, as it is.
func (st *opened) writeAgain(ctx context.Context, key []byte, e entry, ttl time.Duration) error {
	if e.tagged != nil {
		return st.native.SetNative(ctx, key, e.tagged, e.tagged.size, ttl)
	}
	if !e.isNative {
		return st.store.Set(ctx, key, e.raw, ttl)
	}
	if e.isPlain() {
		return st.native.SetNative(ctx, key, e.raw, int64(len(e.raw)), ttl)
	}
	var s stored
	if err := encodeNative(st, e.native, &s); err != nil {
		return err
	}
	return st.native.SetNative(ctx, key, s.native, s.size, ttl)
}

// timeLeft returns how long the entry e under key has left: what the store
// says, or else what the envelope says, or else the timeout of the call.
func (c *BaseCache) timeLeft(ctx context.Context, st *opened, key []byte, e entry, o *options) (time.Duration, error) {
	if st.expirer != nil {
		return st.expirer.TTL(ctx, key)
	}
	var h envelope.Header
	if h.ParseHead(e.raw) == nil {
		if h.Expires == 0 {
			return driver.Never, nil
		}
		if left := h.Expires.Time().Sub(c.clock.Now()); left > 0 {
			return left, nil
		}
	}
	ttl, lives := o.timeout.ttl()
	if !lives {
		return 0, ErrNotFound
	}
	return ttl, nil
}
