package cachetest

import (
	"context"
	"errors"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// operation is one way to call a store, for rules that hold for every method.
type operation struct {
	name    string
	needs   Ability
	keyless bool // it takes no key
	call    func(ctx context.Context, store driver.Store, a arguments) error
}

// arguments are what an operation is called with; it uses those that it needs.
type arguments struct {
	key, value []byte
	ttl        time.Duration
}

// The key and value that operations find in a store prepared for them: the
// value is an integer, so that Incr succeeds, and the one that Replace expects.
const (
	presentKey   = "shop:1:present"
	presentValue = "7"
	presentSpace = "shop"
)

// operations are all methods of package driver that take a context, except Shutdown.
var operations = []operation{
	{name: "Get", call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.Get(ctx, a.key)
		return err
	}},
	{name: "Set", call: func(ctx context.Context, s driver.Store, a arguments) error {
		return s.Set(ctx, a.key, a.value, a.ttl)
	}},
	{name: "Add", call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, _, err := s.Add(ctx, a.key, a.value, a.ttl)
		return err
	}},
	{name: "Touch", call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.Touch(ctx, a.key, a.ttl)
		return err
	}},
	{name: "Delete", call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, _, err := s.Delete(ctx, a.key)
		return err
	}},
	{name: "Clear", keyless: true, call: func(ctx context.Context, s driver.Store, _ arguments) error {
		return s.Clear(ctx, driver.Namespace{Prefix: presentSpace})
	}},
	{name: "GetMany", needs: Many, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.(driver.Many).GetMany(ctx, [][]byte{a.key})
		return err
	}},
	{name: "SetMany", needs: Many, call: func(ctx context.Context, s driver.Store, a arguments) error {
		errs, err := s.(driver.Many).SetMany(ctx, []driver.Item{{Key: a.key, Value: a.value}}, a.ttl)
		return errors.Join(append(errs, err)...)
	}},
	{name: "DeleteMany", needs: Many, call: func(ctx context.Context, s driver.Store, a arguments) error {
		return s.(driver.Many).DeleteMany(ctx, [][]byte{a.key})
	}},
	{name: "Incr", needs: Counter, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.(driver.Counter).Incr(ctx, a.key, 1)
		return err
	}},
	{name: "Replace", needs: Replacer, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.(driver.Replacer).Replace(ctx, a.key, []byte(presentValue), a.value, a.ttl)
		return err
	}},
	{name: "ReplaceHead", needs: HeadReplacer, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.(driver.HeadReplacer).ReplaceHead(ctx, a.key, []byte(oldValue[:driver.HeadSize]), a.value, a.ttl)
		return err
	}},
	{name: "Invalidate", needs: Invalidator, call: func(ctx context.Context, s driver.Store, a arguments) error {
		// Records would have to be in one slot of a cluster with the count.
		return s.(driver.Invalidator).Invalidate(ctx, driver.Invalidation{Count: a.key, Version: firstVersion})
	}},
	{name: "Peek", needs: Peeker, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.(driver.Peeker).Peek(ctx, a.key)
		return err
	}},
	{name: "TTL", needs: Expirer, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.(driver.Expirer).TTL(ctx, a.key)
		return err
	}},
	{name: "GetNative", needs: Native, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, _, _, err := s.(driver.Native).GetNative(ctx, a.key)
		return err
	}},
	{name: "SetNative", needs: Native, call: func(ctx context.Context, s driver.Store, a arguments) error {
		return s.(driver.Native).SetNative(ctx, a.key, "native", 6, a.ttl)
	}},
	{name: "AddNative", needs: Native, call: func(ctx context.Context, s driver.Store, a arguments) error {
		_, err := s.(driver.Native).AddNative(ctx, a.key, "native", 6, a.ttl)
		return err
	}},
	{name: "OpenSession", needs: Sessions, keyless: true, call: openAndEndSession},
	{name: "Start(OpGet)", needs: Async, call: startOp(driver.OpGet)},
	{name: "Start(OpSet)", needs: Async, call: startOp(driver.OpSet)},
	{name: "Start(OpAdd)", needs: Async, call: startOp(driver.OpAdd)},
	{name: "Start(OpTouch)", needs: Async, call: startOp(driver.OpTouch)},
	{name: "Start(OpDelete)", needs: Async, call: startOp(driver.OpDelete)},
	{name: "Start(OpIncr)", needs: Async | Counter, call: startOp(driver.OpIncr)},
}

func openAndEndSession(ctx context.Context, s driver.Store, _ arguments) error {
	session, err := s.(driver.Sessions).OpenSession(ctx)
	if err != nil {
		return err
	}
	return session.Shutdown(ctx)
}

// startOp returns the call of one kind of asynchronous operation, which it
// awaits.
func startOp(kind driver.OpKind) func(context.Context, driver.Store, arguments) error {
	return func(ctx context.Context, s driver.Store, a arguments) error {
		op := driver.Op{Kind: kind, Key: a.key, Value: a.value, TTL: a.ttl, Delta: 1}
		return await(ctx, s.(driver.Async), op).Err
	}
}

// await starts op and waits until the store is done with it.
func await(ctx context.Context, async driver.Async, op driver.Op) driver.Result {
	results := make(chan driver.Result, 1)
	async.Start(ctx, op, func(r driver.Result) { results <- r })
	return <-results
}

// eachOperation calls f for each operation that the store has.
func (p *probe) eachOperation(f func(op operation)) {
	p.Helper()
	has := p.h.traits()
	for _, op := range operations {
		if op.needs&^has == 0 {
			f(op)
		}
	}
}
