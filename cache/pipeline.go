package cache

import (
	"bytes"
	"context"
	"errors"
	"runtime/debug"

	"github.com/larder-go/larder/cache/driver"
)

// pipeline starts operations on a store that keeps many in flight by itself.
// The first Await of a future does the rest of the work on its result, mainly decoding, so
// that the store's own goroutine is not held up; events are published then, too.
//
// Add and Touch are not here: they may have to look at an entry again, which
// is work for a worker.
type pipeline struct {
	cache *BaseCache
	st    *opened
}

// pipeline returns the pipeline for ctx, or nil if the store has none. Errors
// are left to the synchronous operation.
func (a *AsyncCache) pipeline(ctx context.Context) *pipeline {
	c := a.base(ctx)
	if c == nil {
		return nil
	}
	st, err := c.open(ctx)
	if err != nil || st.async == nil || st.native != nil {
		return nil
	}
	return &pipeline{cache: c, st: st}
}

// send sends op, whose bytes must not be pooled, and returns the future of
// what finish makes of the result.
func send[T any](ctx context.Context, p *pipeline, op driver.Op, finish func(driver.Result) (T, error)) *Future[T] {
	f := newFuture[T]()
	c := p.cache
	c.pending.add()
	c.async.pending.add()
	p.st.async.Start(ctx, op, func(r driver.Result) {
		if op.Kind == driver.OpSet || op.Kind == driver.OpDelete {
			p.st.flights.Forget(op.Key) // see opened.mutate
		}
		f.finish = func() (T, error) { return finish(r) }
		close(f.done)
		c.pending.done()
		c.async.pending.done()
	})
	return f
}

// failed returns the future of an operation that could not be started.
func failed[T any](err error) *Future[T] {
	f := newFuture[T]()
	f.err = err
	close(f.done)
	return f
}

// failOnPanic is deferred by what runs the caller's own code, a KeyFunc or a
// codec, before the operation starts.
func failOnPanic[T any](f **Future[T]) {
	if v := recover(); v != nil {
		*f = failed[T](&PanicError{Value: v, Stack: debug.Stack()})
	}
}

// start is BaseCache.start with a key that the store may keep until the
// operation ends.
func (p *pipeline) start(ctx context.Context, op, key string, opts []Option) (_ []byte, o options, err error) {
	k, err := p.cache.prepare(ctx, p.st, op, key, opts, &o)
	if err != nil {
		return nil, o, err
	}
	defer k.release()
	return bytes.Clone(k.b), o, nil
}

func (p *pipeline) get(ctx context.Context, key string, dst any, opts []Option) (f *Future[bool]) {
	defer failOnPanic(&f)
	k, o, err := p.start(ctx, "Get", key, opts)
	if err != nil {
		return failed[bool](err)
	}
	return send(ctx, p, driver.Op{Kind: driver.OpGet, Key: k}, func(r driver.Result) (bool, error) {
		e, o := p.st.entry(r.Value), o
		if r.Err == nil {
			r.Err = p.cache.checkTags(ctx, p.st, k, &e)
		}
		return p.cache.read(ctx, "Get", key, &e, r.Err, dst, &o)
	})
}

func (p *pipeline) getBytes(ctx context.Context, key string, opts []Option) (f *Future[Lookup[[]byte]]) {
	defer failOnPanic(&f)
	k, o, err := p.start(ctx, "GetBytes", key, opts)
	if err != nil {
		return failed[Lookup[[]byte]](err)
	}
	return send(ctx, p, driver.Op{Kind: driver.OpGet, Key: k}, func(r driver.Result) (l Lookup[[]byte], err error) {
		o := o
		if r.Err == nil {
			e := p.st.entry(r.Value)
			if r.Err = p.cache.checkTags(ctx, p.st, k, &e); r.Err == nil {
				l.Value, r.Err = p.cache.decodeBytes(&e, &o)
			}
		}
		if r.Err != nil {
			return l, p.cache.missed(ctx, "GetBytes", key, r.Err, &o)
		}
		l.Found = true
		p.cache.hit(ctx, "GetBytes", key, &o)
		return l, nil
	})
}

func (p *pipeline) set(ctx context.Context, op, key string, value any, opts []Option) (f *Future[struct{}]) {
	defer failOnPanic(&f)
	c := p.cache
	k, o, err := p.start(ctx, op, key, opts)
	if err != nil {
		return failed[struct{}](err)
	}
	if o.tags != nil { // their records are read first
		return failed[struct{}](c.setTagged(ctx, op, key, value, opts))
	}
	ttl, lives := o.timeout.ttl()
	var s stored
	err = c.encode(p.st, new(valueBuffer), value, &o, &s)
	if err != nil || !lives {
		// Nothing is to be stored: rare enough to be left to the plain form.
		return failed[struct{}](c.store(ctx, p.st, k, op, key, &s, err, &o))
	}
	if err := p.st.flights.Invalidate(ctx, k); err != nil {
		return failed[struct{}](c.failFor(ctx, op, key, err, o.flags))
	}
	on := o.flags
	return send(ctx, p, driver.Op{Kind: driver.OpSet, Key: k, Value: s.bytes, TTL: ttl}, func(r driver.Result) (struct{}, error) {
		if r.Err != nil {
			return struct{}{}, c.failFor(ctx, op, key, r.Err, on)
		}
		c.publish(ctx, EventSet, op, key, nil)
		return struct{}{}, nil
	})
}

func (p *pipeline) delete(ctx context.Context, key string, opts []Option) (f *Future[bool]) {
	defer failOnPanic(&f)
	c := p.cache
	k, o, err := p.start(ctx, "Delete", key, opts)
	if err != nil {
		return failed[bool](err)
	}
	if err := p.st.flights.Invalidate(ctx, k); err != nil {
		return failed[bool](c.failFor(ctx, "Delete", key, err, o.flags))
	}
	on := o.flags
	return send(ctx, p, driver.Op{Kind: driver.OpDelete, Key: k}, func(r driver.Result) (bool, error) {
		if r.Err != nil {
			return false, c.failFor(ctx, "Delete", key, r.Err, on)
		}
		c.publish(ctx, EventDelete, "Delete", key, nil)
		return r.OK && !isLease(r.Value), nil
	})
}

func (p *pipeline) incr(ctx context.Context, op, key string, delta int64, opts []Option) (f *Future[int64]) {
	defer failOnPanic(&f)
	if err := checkCounterOptions(opts); err != nil {
		return failed[int64](p.cache.fail(ctx, op, key, err))
	}
	k, o, err := p.start(ctx, op, key, opts)
	if err != nil {
		return failed[int64](err)
	}
	if p.st.counter == nil {
		return failed[int64](p.cache.fail(ctx, op, key, ErrUnsupported))
	}
	return send(ctx, p, driver.Op{Kind: driver.OpIncr, Key: k, Delta: delta}, func(r driver.Result) (int64, error) {
		o := o
		if errors.Is(r.Err, ErrNotInteger) && p.st.leases {
			r.Err = p.cache.notInteger(ctx, p.st, k, &o)
		}
		if r.Err != nil {
			return 0, p.cache.failCounter(ctx, op, key, r.Err, o.flags)
		}
		p.cache.publish(ctx, EventIncr, op, key, nil)
		return r.N, nil
	})
}

// setTagged is a Set or SetBytes that does not go through the pipeline.
func (c *BaseCache) setTagged(ctx context.Context, op, key string, value any, opts []Option) error {
	if b, isBytes := value.([]byte); isBytes && op == "SetBytes" {
		return c.SetBytes(ctx, key, b, opts...)
	}
	return c.Set(ctx, key, value, opts...)
}
