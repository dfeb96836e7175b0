package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
)

// run performs op, alone or in a pipeline that it shares.
func (s *Store) run(ctx context.Context, op *operation) (result driver.Result) {
	if result.Err = s.begin(ctx); result.Err != nil {
		return result
	}
	if s.opts.Pipeline {
		return s.share(ctx, op)
	}
	defer s.inFlight.End()
	s.prepare(op)
	s.perform(ctx, s.nodeFor(op), op, &result)
	s.wrote(op)
	return result
}

// prepare completes op.
func (s *Store) prepare(op *operation) {
	op.tooLarge = int64(len(op.Value)) > s.opts.MaxValueSize
}

// perform sends op to n, and what that did not settle to the primary.
func (s *Store) perform(ctx context.Context, n *node, op *operation, result *driver.Result) {
	var r request
	r.init(ctx, op, false)
	r.send(ctx, n.client)
	err := r.err()
	if r.again(err, n != s.primary) {
		r.init(ctx, op, true)
		r.send(ctx, s.primary.client)
		err = r.err()
	}
	s.read(ctx, &r, err, result)
}

// performAll is perform for many operations in one round trip. It leaves out
// those whose context has ended.
func (s *Store) performAll(n *node, batch []*call) {
	ctx := context.Background() // it is nobody's alone; the client's timeouts bound it
	requests := make([]request, len(batch))
	first := make([]redis.Cmder, 0, len(batch))
	var second []redis.Cmder
	for i, c := range batch {
		if c.ctx.Err() == nil {
			requests[i].init(ctx, &c.op, false)
			first = requests[i].appendTo(first)
		}
	}
	roundTrip(ctx, n.client, onceEach(first))
	for i := range requests {
		if r := &requests[i]; r.sent() && r.again(r.err(), n != s.primary) {
			r.init(ctx, &batch[i].op, true)
			second = r.appendTo(second)
		}
	}
	roundTrip(ctx, s.primary.client, onceEach(second))
	for i, c := range batch {
		if r := &requests[i]; r.sent() {
			s.complete(n, c, s.result(c.ctx, r))
		} else {
			s.complete(n, c, driver.Result{Err: c.ctx.Err()})
		}
	}
}

// onceEach keeps the client from sending a shared pipeline again: some of the
// callers may have left, and their writes must not be done later.
func onceEach(list []redis.Cmder) []redis.Cmder {
	all := make([]once, len(list))
	for i, cmd := range list {
		all[i] = once{cmd}
		list[i] = &all[i]
	}
	return list
}

func (s *Store) complete(n *node, c *call, result driver.Result) {
	s.wrote(&c.op)
	c.done(result)
	n.pipe.leave()
	s.inFlight.End()
}

// share is the rest of run for an operation that shares a pipeline.
func (s *Store) share(ctx context.Context, op *operation) driver.Result {
	w := newWaiter(ctx, op)
	s.start(&w.call)
	return w.wait(ctx)
}

// Start implements [driver.Async] by pipelines: operations that start during one round
// trip are sent together in the next. It waits only while there are [MaxInFlight]
// operations under way to a server.
func (s *Store) Start(ctx context.Context, op driver.Op, done func(driver.Result)) {
	if err := s.begin(ctx); err != nil {
		done(driver.Result{Err: err})
		return
	}
	s.start(&call{ctx: ctx, op: operation{Op: op}, done: done})
}

// start is the rest of run and Start, after begin.
func (s *Store) start(c *call) {
	s.prepare(&c.op)
	n := s.nodeFor(&c.op)
	if err := n.pipe.enter(c.ctx); err != nil {
		s.inFlight.End()
		c.done(driver.Result{Err: err})
		return
	}
	n.pipe.submit(c)
}
