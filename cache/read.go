package cache

import (
	"bytes"
	"context"
	"errors"
	"reflect"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// Get implements [Cache].
func (c *BaseCache) Get(ctx context.Context, key string, dst any, opts ...Option) (bool, error) {
	var o options
	st, k, err := c.start(ctx, "Get", key, opts, &o)
	if err != nil {
		return false, err
	}
	var e entry
	err = c.fetch(ctx, st, k.b, &e)
	k.release()
	return c.read(ctx, "Get", key, &e, err, dst, &o)
}

// previous is the entry that a look-up found under a key, and that may be replaced.
type previous struct {
	there    bool // something that counts as an entry, readable or not: a lease does not
	reserved bool // that is for a later release, and stays
	refused  bool // it can be read, if not by this caller, who does not take it
	entry
}

// is reports whether e is what was found. Native values that cannot be compared
// never are.
func (p previous) is(e entry) bool {
	switch {
	case !p.there || p.isNative != e.isNative || p.isPlain() != e.isPlain():
		return false
	case !e.isNative || e.isPlain():
		return bytes.Equal(p.raw, e.raw)
	}
	return reflect.ValueOf(e.native).Comparable() && p.native == e.native
}

// read decodes what was fetched into dst. If it cannot be read it reports a
// miss.
func (c *BaseCache) read(ctx context.Context, op, key string, e *entry, err error, dst any, o *options) (found bool, _ error) {
	if err == nil {
		err = c.decode(e, dst, o)
	}
	if err == nil {
		c.hit(ctx, op, key, o)
		return true, nil
	}
	return false, c.missed(ctx, op, key, err, o)
}

// missed reports why a look-up found nothing, err, and returns an error unless
// it is a miss.
func (c *BaseCache) missed(ctx context.Context, op, key string, err error, o *options) error {
	switch {
	case errors.Is(err, driver.ErrNotFound):
		c.miss(ctx, op, key, o)
		return nil
	case errors.Is(err, driver.ErrCorrupt):
		c.corrupt(ctx, op, key, err)
		return nil
	case isWrongType(err):
		c.warnOfWrongType(ctx, op, key, err)
	}
	return c.failFor(ctx, op, key, err, o.flags)
}

// GetBytes implements [Cache].
func (c *BaseCache) GetBytes(ctx context.Context, key string, opts ...Option) ([]byte, bool, error) {
	var o options
	st, k, err := c.start(ctx, "GetBytes", key, opts, &o)
	if err != nil {
		return nil, false, err
	}
	var e entry
	err = c.fetch(ctx, st, k.b, &e)
	k.release()
	var value []byte
	if err == nil {
		value, err = c.decodeBytes(&e, &o)
	}
	if err == nil {
		c.hit(ctx, "GetBytes", key, &o)
		return value, true, nil
	}
	return nil, false, c.missed(ctx, "GetBytes", key, err, &o)
}

// Has implements [Cache].
func (c *BaseCache) Has(ctx context.Context, key string, opts ...Option) (bool, error) {
	var o options
	st, k, err := c.start(ctx, "Has", key, opts, &o)
	if err != nil {
		return false, err
	}
	defer k.release()
	return c.has(ctx, st, k.b, "Has", key, &o)
}

func (c *BaseCache) has(ctx context.Context, st *opened, k []byte, op, key string, o *options) (bool, error) {
	if st.peeker == nil {
		_, err := c.fetchReadable(ctx, st, k, o)
		return c.present(ctx, op, key, err, o)
	}
	head, err := st.peeker.Peek(ctx, k)
	return c.presentHead(ctx, st, k, op, key, head, err, o)
}

// fetchReadable reads the entry of k. One that cannot be read is ErrCorrupt,
// and returned so that it can be replaced.
func (c *BaseCache) fetchReadable(ctx context.Context, st *opened, k []byte, o *options) (entry, error) {
	var e entry
	err := c.fetch(ctx, st, k, &e)
	if err == nil {
		err = c.check(&e, o.codec)
	}
	return e, err
}

// presentHead is present for a store that returned the head of an entry. An empty head
// says nothing: it may be that of a native entry.
func (c *BaseCache) presentHead(ctx context.Context, st *opened, k []byte, op, key string, head []byte, err error, o *options) (bool, error) {
	if err == nil && (len(head) == 0 || envelope.HasTags(head)) {
		_, err = c.fetchReadable(ctx, st, k, o)
	} else if err == nil {
		err = c.checkHead(head, o.codec)
	}
	return c.present(ctx, op, key, err, o)
}

// present turns the error of a look at an entry into whether there is one: one
// that cannot be read is reported, and counts as absent.
func (c *BaseCache) present(ctx context.Context, op, key string, err error, o *options) (bool, error) {
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, driver.ErrNotFound):
		return false, nil
	case errors.Is(err, driver.ErrCorrupt):
		c.corrupt(ctx, op, key, err)
		return false, nil
	}
	return false, c.failFor(ctx, op, key, err, o.flags)
}
