package cache

import (
	"context"
	"errors"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// Set implements [Cache].
func (c *BaseCache) Set(ctx context.Context, key string, value any, opts ...Option) error {
	var o options
	st, k, err := c.start(ctx, "Set", key, opts, &o)
	if err != nil {
		return err
	}
	defer k.release()
	buf := getValueBuffer()
	defer buf.release()
	var s stored
	err = c.withTags(ctx, st, &o, &s, func() error { return c.encode(st, buf, value, &o, &s) })
	return c.store(ctx, st, k.b, "Set", key, &s, err, &o)
}

// SetBytes implements [Cache].
func (c *BaseCache) SetBytes(ctx context.Context, key string, value []byte, opts ...Option) error {
	var o options
	st, k, err := c.start(ctx, "SetBytes", key, opts, &o)
	if err != nil {
		return err
	}
	defer k.release()
	buf := getValueBuffer()
	defer buf.release()
	var s stored
	err = c.withTags(ctx, st, &o, &s, func() error { return c.encodeBytes(st, buf, value, &o, &s) })
	return c.store(ctx, st, k.b, "SetBytes", key, &s, err, &o)
}

// withTags calls encode, which turns a value into s, with the tags of the operation, if it has
// any.
func (c *BaseCache) withTags(ctx context.Context, st *opened, o *options, s *stored, encode func() error) error {
	marks, err := c.mark(ctx, st, o)
	if err != nil {
		return err
	}
	s.tags = marks.section()
	if err = encode(); err == nil {
		s.keepTags(st, marks)
	}
	return err
}

// store writes what encode returned, its error included.
func (c *BaseCache) store(ctx context.Context, st *opened, k []byte, op, key string, s *stored, encodeErr error, o *options) error {
	if encodeErr != nil && !errors.Is(encodeErr, ErrTooLarge) {
		return c.failFor(ctx, op, key, encodeErr, o.flags)
	}
	event := EventSet
	err := st.mutate(ctx, k, func() error {
		if _, lives := o.timeout.ttl(); lives && encodeErr == nil {
			return st.write(ctx, k, s, o)
		}
		// Expired at once, or too large: either way nothing may be left.
		event = EventDelete
		_, _, err := st.store.Delete(ctx, k)
		return err
	})
	if err = errors.Join(encodeErr, err); err != nil {
		return c.failFor(ctx, op, key, err, o.flags)
	}
	c.publish(ctx, event, op, key, nil)
	return nil
}

// Add implements [Cache].
func (c *BaseCache) Add(ctx context.Context, key string, value any, opts ...Option) (bool, error) {
	var o options
	st, k, err := c.start(ctx, "Add", key, opts, &o)
	if err != nil {
		return false, err
	}
	defer k.release()
	buf := getValueBuffer()
	defer buf.release()
	var s stored
	if err := c.withTags(ctx, st, &o, &s, func() error { return c.encode(st, buf, value, &o, &s) }); err != nil {
		return false, c.failFor(ctx, "Add", key, err, o.flags)
	}
	if _, lives := o.timeout.ttl(); !lives {
		there, err := c.has(ctx, st, k.b, "Add", key, &o)
		return !there && err == nil, err
	}
	added, err := c.add(ctx, st, k.b, key, &s, replaceReserved, &o)
	if err != nil {
		return false, c.failFor(ctx, "Add", key, err, o.flags)
	}
	if added {
		c.publish(ctx, EventSet, "Add", key, nil)
	}
	return added, nil
}

// onReserved is what add does with an entry that only a later release can read.
type onReserved bool

const (
	replaceReserved onReserved = true  // for the caller's own Add, to which it is absent
	leaveReserved   onReserved = false // for a load: the two releases would replace each other's entries for ever
)

// isReserved reports whether err says that an entry is one that only a later
// release can read, and that is left to it.
func isReserved(err error) bool { return errors.Is(err, envelope.ErrReserved) }

// isLease reports whether a head is that of a lease.
func isLease(head []byte) bool {
	_, ok := envelope.ParseLease(head)
	return ok
}

// add stores s unless there is an entry that can be read. An unreadable one is
// replaced, on condition that it has not changed.
func (c *BaseCache) add(ctx context.Context, st *opened, k []byte, key string, s *stored, on onReserved, o *options) (bool, error) {
	head, added, err := c.addOverLease(ctx, st, k, s, o)
	switch {
	case added, err != nil && !errors.Is(err, driver.ErrCorrupt):
		return added, err
	case len(head) > 0 && !envelope.HasTags(head) && c.checkHead(head, o.codec) == nil:
		return false, nil
	}
	// The stored entry cannot be read, or its head does not say.
	e, err := c.fetchReadable(ctx, st, k, o)
	switch {
	case errors.Is(err, driver.ErrCorrupt):
		c.corrupt(ctx, "Add", key, err)
		if on == leaveReserved && isReserved(err) {
			return false, nil
		}
		return c.replace(ctx, st, k, e, s, o)
	case areTagsInvalid(err):
		return c.replace(ctx, st, k, e, s, o)
	case errors.Is(err, driver.ErrNotFound):
		_, added, err = st.add(ctx, k, s, o)
		return added, err
	}
	return false, err
}

// addOverLease is opened.add for those to whom a lease is no entry: they replace it, so that
// its load does not store.
func (c *BaseCache) addOverLease(ctx context.Context, st *opened, k []byte, s *stored, o *options) (head []byte, added bool, err error) {
	for range maxTakes {
		head, added, err = st.add(ctx, k, s, o)
		if added || err != nil || !isLease(head) {
			break
		}
		if added, err = c.replace(ctx, st, k, st.entry(head), s, o); added || err != nil {
			break
		}
	}
	return head, added, err
}

// replace stores s over an entry that is unreadable or not wanted: if the store can
// compare, only while the entry is still old. Stores compare and replace bytes, not native
// values; a []byte has an envelope for that.
func (c *BaseCache) replace(ctx context.Context, st *opened, k []byte, old entry, s *stored, o *options) (bool, error) {
	if st.replacer == nil || old.raw == nil || old.isNative || old.tagged != nil || s.isNative && s.bytes == nil {
		return true, st.write(ctx, k, s, o)
	}
	if s.isNative {
		buf := getValueBuffer()
		defer buf.release()
		var sealed stored
		if err := c.sealBytes(st, buf, s.bytes, o, &sealed); err != nil {
			return false, err
		}
		s = &sealed
	}
	ttl, _ := o.timeout.ttl()
	return st.replace(ctx, k, old.raw, s.bytes, ttl)
}

// Touch implements [Cache].
func (c *BaseCache) Touch(ctx context.Context, key string, opts ...Option) (bool, error) {
	var o options
	st, k, err := c.start(ctx, "Touch", key, opts, &o)
	if err != nil {
		return false, err
	}
	defer k.release()
	ttl, lives := o.timeout.ttl()
	if !lives {
		return c.expire(ctx, st, k.b, key, &o)
	}
	head, err := st.store.Touch(ctx, k.b, ttl)
	if err == nil && isLease(head) {
		// Nothing is there; and the lease of a process that has died must not live longer.
		_, err = st.replace(ctx, k.b, head, head, leaseTTL)
	}
	touched, err := c.presentHead(ctx, st, k.b, "Touch", key, head, err, &o)
	if touched {
		c.publish(ctx, EventTouch, "Touch", key, nil)
	}
	return touched, err
}

// expire is Touch with a timeout that has passed. Like a deletion, it also
// keeps what is being loaded from being stored.
func (c *BaseCache) expire(ctx context.Context, st *opened, k []byte, key string, o *options) (bool, error) {
	there, err := c.has(ctx, st, k, "Touch", key, o)
	if err != nil {
		return false, err
	}
	_, err = c.remove(ctx, st, k, "Touch", key, o)
	return there && err == nil, err
}

// Delete implements [Cache].
func (c *BaseCache) Delete(ctx context.Context, key string, opts ...Option) (bool, error) {
	var o options
	st, k, err := c.start(ctx, "Delete", key, opts, &o)
	if err != nil {
		return false, err
	}
	defer k.release()
	return c.remove(ctx, st, k.b, "Delete", key, &o)
}

func (c *BaseCache) remove(ctx context.Context, st *opened, k []byte, op, key string, o *options) (bool, error) {
	var deleted bool
	err := st.mutate(ctx, k, func() (err error) {
		head, there, err := st.store.Delete(ctx, k)
		deleted = there && !isLease(head)
		return err
	})
	if err != nil {
		return false, c.failFor(ctx, op, key, err, o.flags)
	}
	c.publish(ctx, EventDelete, op, key, nil)
	return deleted, nil
}

// Clear implements [Cache]. See [KeyFunc] for when it is ErrUnsupported.
func (c *BaseCache) Clear(ctx context.Context) error {
	st, err := c.open(ctx)
	if err != nil {
		return c.failFor(ctx, "Clear", "", err, flagFailClosed)
	}
	if !c.clearable && !st.namespaced {
		return c.fail(ctx, "Clear", "", errKeyFuncHidesPrefix)
	}
	ns := driver.Namespace{Prefix: c.prefix}
	ours := st.flightsOf(ns)
	if err = st.flights.InvalidateAll(ctx, ours); err == nil {
		err = st.store.Clear(ctx, ns)
		st.flights.ForgetAll(ours)
	}
	if err != nil {
		return c.failFor(ctx, "Clear", "", err, flagFailClosed)
	}
	c.publish(ctx, EventClear, "Clear", "", nil)
	return nil
}
