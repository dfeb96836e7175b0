package cache

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/larder-go/larder/cache/driver"
)

// Value is a cached value that has been fetched and not yet decoded. The caller owns
// the results of its methods; two calls may return the same memory. All values of one
// GetMany stay in memory while one of them is kept, so decode and drop them.
type Value struct {
	from *fetched
	i    int // of its entry
	key  string
}

// fetched is what the values of one GetMany share, so that a map of them is
// small.
type fetched struct {
	alias   *alias
	o       options
	entries []entry
}

// Decode stores the value in what dst points to, as Get does. An entry that
// turns out to be damaged only now is ErrCorrupt: take it for a miss.
func (v Value) Decode(dst any) error {
	return v.wrap(v.from.alias.decode(&v.from.entries[v.i], dst, &v.from.o))
}

// Bytes returns what SetBytes stored, as GetBytes does.
func (v Value) Bytes() ([]byte, error) {
	b, err := v.from.alias.decodeBytes(&v.from.entries[v.i], &v.from.o)
	return b, v.wrap(err)
}

func (v Value) wrap(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: "GetMany", Alias: v.from.alias.name, Key: v.key, Err: err}
}

// GetMany implements [Cache].
func (c *BaseCache) GetMany(ctx context.Context, keys []string, opts ...Option) (map[string]Value, error) {
	b, err := c.startMany(ctx, "GetMany", keys, opts)
	if err != nil || len(keys) == 0 {
		return map[string]Value{}, err
	}
	defer b.release()
	entries, err := c.fetchMany(ctx, b)
	errs := perKey(err, len(keys))
	switch {
	case err != nil && errs == nil:
		return nil, c.failFor(ctx, "GetMany", "", err, b.o.flags)
	case err != nil && !slices.ContainsFunc(errs, succeeded):
		return nil, c.failKeys(ctx, "GetMany", keys, errs, b.o.flags)
	}
	from := &fetched{c.alias, b.o, entries}
	found := make(map[string]Value, len(keys))
	for i, key := range keys {
		if (errs == nil || errs[i] == nil) && c.reportFound(ctx, key, &entries[i], &b.o) {
			found[key] = Value{from: from, i: i, key: key}
		}
	}
	return found, c.failKeys(ctx, "GetMany", keys, errs, b.o.flags)
}

// failKeys is fail for those of keys that have an error in errs, which is nil if
// none has.
func (c *BaseCache) failKeys(ctx context.Context, op string, keys []string, errs []error, on flags) error {
	if err := newKeysError(keys, errs); err != nil {
		return c.failFor(ctx, op, "", err, on)
	}
	return nil
}

// reportFound reports hit, miss or corrupt entry for one key of GetMany.
func (c *BaseCache) reportFound(ctx context.Context, key string, e *entry, o *options) bool {
	if !e.isNative && e.raw == nil {
		c.miss(ctx, "GetMany", key, o)
		return false
	}
	switch err := c.check(e, o.codec); {
	case errors.Is(err, ErrNotFound):
		c.miss(ctx, "GetMany", key, o)
		return false
	case err != nil:
		c.corrupt(ctx, "GetMany", key, err)
		return false
	}
	c.hit(ctx, "GetMany", key, o)
	return true
}

// SetMany implements [Cache].
func (c *BaseCache) SetMany(ctx context.Context, items map[string]any, opts ...Option) ([]string, error) {
	keys := slices.Sorted(maps.Keys(items))
	b, err := c.startMany(ctx, "SetMany", keys, opts)
	if err != nil {
		return keys, err
	}
	if len(keys) == 0 {
		return nil, nil
	}
	defer b.release()
	values := make([]stored, len(keys))
	marks, err := c.mark(ctx, b.st, &b.o)
	if err != nil {
		return keys, c.failFor(ctx, "SetMany", "", err, b.o.flags)
	}
	for i, key := range keys {
		buf := getValueBuffer()
		defer buf.release()
		values[i].tags = marks.section()
		if err = c.encode(b.st, buf, items[key], &b.o, &values[i]); err != nil {
			if errors.Is(err, ErrTooLarge) {
				_, deleteErr := c.remove(ctx, b.st, b.keys[i], "SetMany", key, &b.o)
				err = errors.Join(err, deleteErr)
			}
			return keys, c.fail(ctx, "SetMany", key, err)
		}
		values[i].keepTags(b.st, marks)
	}
	var errs []error
	err = b.mutate(ctx, func() (err error) {
		errs, err = b.store(ctx, values)
		return err
	})
	if partial := perKey(err, len(keys)); partial != nil {
		errs, err = partial, nil
	}
	if err != nil {
		return keys, c.failFor(ctx, "SetMany", "", err, b.o.flags)
	}
	event := EventSet
	if _, lives := b.o.timeout.ttl(); !lives {
		event = EventDelete
	}
	c.publishDone(ctx, event, "SetMany", keys, errs)
	failed := newKeysError(keys, errs)
	if failed == nil {
		return nil, nil
	}
	return failed.Keys, c.failFor(ctx, "SetMany", "", failed, b.o.flags)
}

func succeeded(err error) bool { return err == nil }

// publishDone publishes event for the keys without an error in errs, which is nil
// if none has one.
func (c *BaseCache) publishDone(ctx context.Context, event EventKind, op string, keys []string, errs []error) {
	for i, key := range keys {
		if errs == nil || errs[i] == nil {
			c.publish(ctx, event, op, key, nil)
		}
	}
}

// DeleteMany implements [Cache].
func (c *BaseCache) DeleteMany(ctx context.Context, keys []string, opts ...Option) error {
	b, err := c.startMany(ctx, "DeleteMany", keys, opts)
	if err != nil || len(keys) == 0 {
		return err
	}
	defer b.release()
	err = b.mutate(ctx, func() error { return b.delete(ctx) })
	errs := perKey(err, len(keys))
	if err != nil && errs == nil {
		return c.failFor(ctx, "DeleteMany", "", err, b.o.flags)
	}
	c.publishDone(ctx, EventDelete, "DeleteMany", keys, errs)
	return c.failKeys(ctx, "DeleteMany", keys, errs, b.o.flags)
}

// batch is an operation on many keys, with its final keys made. It uses the
// many-operations of the store, or the single ones in a loop.
type batch struct {
	st     *opened
	o      options
	keys   [][]byte
	buffer *keyBuffer // which they are in
	done   func()
}

// startMany is start for many keys. Without keys, the store is not opened.
func (c *BaseCache) startMany(ctx context.Context, op string, keys []string, opts []Option) (*batch, error) {
	var o options
	if err := c.resolve(&o, opts); err != nil {
		return nil, c.fail(ctx, op, "", err)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	st, err := c.openFor(ctx, op, &o)
	if err != nil {
		return nil, c.failFor(ctx, op, "", err, o.flags)
	}
	b := &batch{st: st, o: o, keys: make([][]byte, len(keys)), buffer: keyBuffers.Get().(*keyBuffer)}
	all := b.buffer.b[:0]
	for i, key := range keys {
		// What is there already stays as it is when the buffer grows.
		start := len(all)
		all = c.appendKey(all, o.version, key)
		b.keys[i] = all[start:len(all):len(all)]
		if err := c.checkKey(ctx, st, key, b.keys[i]); err != nil {
			b.buffer.release()
			return nil, c.fail(ctx, op, key, err)
		}
	}
	b.buffer.b = all
	b.done = c.track() // not before: a KeyFunc may panic
	return b, nil
}

func (b *batch) release() {
	b.done()
	b.buffer.release()
}

// mutate is opened.mutate for all keys.
func (b *batch) mutate(ctx context.Context, write func() error) error {
	for _, k := range b.keys {
		if err := b.st.flights.Invalidate(ctx, k); err != nil {
			return err
		}
	}
	defer func() {
		for _, k := range b.keys {
			b.st.flights.Forget(k)
		}
	}()
	return write()
}

// fetchMany returns an entry for each key; a missing one, or one whose tags are not valid, has
// neither bytes nor a native value.
func (a *alias) fetchMany(ctx context.Context, b *batch) ([]entry, error) {
	entries := make([]entry, len(b.keys))
	if b.st.many != nil && b.st.native == nil {
		values, count, err := a.getMany(ctx, b)
		for i, raw := range values {
			entries[i] = b.st.entry(raw)
		}
		if tagErr := a.checkManyTags(ctx, b, entries, count); tagErr != nil {
			return nil, tagErr
		}
		return entries, err
	}
	err := b.each(ctx, func(i int) error {
		var e entry
		err := a.fetch(ctx, b.st, b.keys[i], &e)
		switch {
		case errors.Is(err, driver.ErrNotFound):
			return nil
		case errors.Is(err, driver.ErrCorrupt):
			entries[i].raw = []byte{} // there, and not to be read
			return nil
		case err == nil && e.raw == nil && !e.isNative:
			e.raw = []byte{}
		}
		if err == nil {
			entries[i] = e
		}
		return err
	})
	return entries, err
}

// getMany reads the values of all keys, and the count of the tags along with them if entries may
// have some; it is "" if it was not read, or there is none.
func (a *alias) getMany(ctx context.Context, b *batch) (values [][]byte, count string, err error) {
	if !a.tags.inUse.Load() {
		values, err = b.st.many.GetMany(ctx, b.keys)
		return values, "", err
	}
	n := len(b.keys)
	values, err = b.st.asked().many.GetMany(ctx, append(slices.Clip(b.keys), a.tags.countKey))
	if errs := perKey(err, n+1); errs != nil {
		err = driver.Partial(errs[:n])
	}
	if len(values) <= n {
		return values, "", err
	}
	return values[:n], countText(values[n]), err
}

// each runs an operation for each key, by its index, and returns what failed as a
// store does that has the many-operations. A backend that does not answer is not
// asked again for the rest of the keys.
func (b *batch) each(ctx context.Context, do func(i int) error) error {
	var errs []error
	for i := range b.keys {
		err := do(i)
		if err == nil {
			continue
		}
		if errs == nil {
			errs = make([]error, len(b.keys))
		}
		errs[i] = err
		if ctx.Err() != nil || isTimeout(err) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrOpenFailed) {
			for rest := i + 1; rest < len(errs); rest++ {
				errs[rest] = err
			}
			break
		}
	}
	return driver.Partial(errs)
}

// store returns what [driver.Many.SetMany] does.
func (b *batch) store(ctx context.Context, values []stored) (errs []error, err error) {
	ttl, lives := b.o.timeout.ttl()
	if !lives {
		return nil, b.delete(ctx)
	}
	if b.st.many != nil && !slices.ContainsFunc(values, func(s stored) bool { return s.isNative }) {
		items := make([]driver.Item, len(values))
		for i, s := range values {
			items[i] = driver.Item{Key: b.keys[i], Value: s.bytes}
		}
		return b.st.many.SetMany(ctx, items, ttl)
	}
	return nil, b.each(ctx, func(i int) error { return b.st.write(ctx, b.keys[i], &values[i], &b.o) })
}

func (b *batch) delete(ctx context.Context) error {
	if b.st.many != nil {
		return b.st.many.DeleteMany(ctx, b.keys)
	}
	return b.each(ctx, func(i int) error {
		_, _, err := b.st.store.Delete(ctx, b.keys[i])
		return err
	})
}
