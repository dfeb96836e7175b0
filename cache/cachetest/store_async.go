package cachetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var asyncCases = []storeCase{{
	name: "async/results-are-those-of-the-methods",
	rule: "Result is what the method that an Op stands for would have returned.",
	run: func(p *probe) {
		value := headed()[4]
		set := driver.Op{Kind: driver.OpSet, Key: []byte(key), Value: []byte(value), TTL: driver.Never}
		get := driver.Op{Kind: driver.OpGet, Key: []byte(key)}
		add := driver.Op{Kind: driver.OpAdd, Key: []byte(key), Value: []byte("added"), TTL: driver.Never}
		touch := driver.Op{Kind: driver.OpTouch, Key: []byte(key), TTL: driver.Never}
		remove := driver.Op{Kind: driver.OpDelete, Key: []byte(key)}

		p.starts(get, driver.Result{Err: driver.ErrNotFound})
		p.starts(touch, driver.Result{Err: driver.ErrNotFound})
		p.starts(remove, driver.Result{})
		p.starts(set, driver.Result{})
		p.starts(get, driver.Result{Value: []byte(value)})
		p.starts(add, driver.Result{Value: []byte(value)})
		p.starts(touch, driver.Result{Value: []byte(value)})
		p.starts(remove, driver.Result{Value: []byte(value), OK: true})
		p.starts(add, driver.Result{OK: true})
		p.holds(key, "added")
	},
}, {
	name:  "async/incr",
	rule:  "Result is what the method that an Op stands for would have returned.",
	needs: Counter,
	run: func(p *probe) {
		incr := driver.Op{Kind: driver.OpIncr, Key: []byte(key), Delta: 2}
		p.starts(incr, driver.Result{Err: driver.ErrNotFound})
		p.set(key, "40", driver.Never)
		p.starts(incr, driver.Result{N: 42})
		p.holds(key, "42")
		p.set(key, "text", driver.Never)
		p.starts(incr, driver.Result{Err: driver.ErrNotInteger})
	},
}, {
	name: "async/ttl",
	rule: "Op.TTL is for OpSet, OpAdd and OpTouch.",
	run: func(p *probe) {
		p.set("shop:1:touch", "value", driver.Never)
		for name, kind := range map[string]driver.OpKind{"set": driver.OpSet, "add": driver.OpAdd, "touch": driver.OpTouch} {
			op := driver.Op{Kind: kind, Key: []byte("shop:1:" + name), Value: []byte("value"), TTL: p.h.short()}
			if result := await(p.Context(), ability[driver.Async](p), op); result.Err != nil {
				p.Errorf("%s: %v", name, result.Err)
			}
		}
		p.advance(p.h.short())
		p.allAbsent([]string{"shop:1:set", "shop:1:add", "shop:1:touch"})
	},
}, {
	name: "async/done-exactly-once",
	rule: "Start calls done exactly once, from any goroutine.",
	run: func(p *probe) {
		calls := p.startMany(p.Context())
		for i := range calls {
			if n := calls[i].Load(); n != 1 {
				p.Errorf("done of operation %d was called %d times, want 1", i, n)
			}
		}
	},
}, {
	name: "async/done-exactly-once-when-cancelled",
	rule: "Start calls done exactly once.",
	run: func(p *probe) {
		ctx, cancel := context.WithCancel(p.Context())
		go cancel()
		calls := p.startMany(ctx)
		for i := range calls {
			if n := calls[i].Load(); n != 1 {
				p.Errorf("done of operation %d was called %d times, want 1", i, n)
			}
		}
	},
}, {
	name: "async/many-in-flight",
	rule: "Async is implemented by a store that keeps many operations in flight.",
	run: func(p *probe) {
		const inFlight = 500
		var all sync.WaitGroup
		all.Add(inFlight)
		for i := range inFlight {
			k := fmt.Appendf(nil, "shop:1:%d", i)
			op := driver.Op{Kind: driver.OpSet, Key: k, Value: k, TTL: driver.Never}
			ability[driver.Async](p).Start(p.Context(), op, func(r driver.Result) {
				if r.Err != nil {
					p.Errorf("OpSet: %v", r.Err)
				}
				all.Done()
			})
		}
		all.Wait()
		for i := range inFlight {
			k := fmt.Sprintf("shop:1:%d", i)
			p.holds(k, k)
		}
	},
}, {
	name: "async/shutdown-completes-operations",
	rule: "Start calls done exactly once; Shutdown waits for operations in flight.",
	run: func(p *probe) {
		const inFlight = 100
		results := make(chan error, inFlight)
		for i := range inFlight {
			op := driver.Op{Kind: driver.OpSet, Key: fmt.Appendf(nil, "shop:1:%d", i), Value: []byte("v"), TTL: driver.Never}
			ability[driver.Async](p).Start(p.Context(), op, func(r driver.Result) { results <- r.Err })
		}
		p.shutdown()
		deadline := time.After(inFlightGrace)
		for range inFlight {
			select {
			case err := <-results:
				if err != nil && !errors.Is(err, driver.ErrClosed) {
					p.Errorf("an operation while the store shut down: %v, want success or ErrClosed", err)
				}
			case <-deadline:
				p.Fatalf("done of an operation was not called %v after Shutdown had returned", inFlightGrace)
			}
		}
	},
}}

// starts fails the case unless op ends with want; a value is compared as far
// as a head goes.
func (p *probe) starts(op driver.Op, want driver.Result) {
	p.Helper()
	got := await(p.Context(), ability[driver.Async](p), op)
	name := fmt.Sprintf("the operation of kind %d", op.Kind)
	p.matches(name, got.Err, want.Err)
	if got.OK != want.OK || got.N != want.N {
		p.Errorf("%s: OK %v and N %d, want %v and %d", name, got.OK, got.N, want.OK, want.N)
	}
	p.heads(name, got.Value, string(want.Value))
	if op.Kind == driver.OpGet && string(got.Value) != string(want.Value) {
		p.Errorf("%s: value %s, want %s", name, brief(string(got.Value)), brief(string(want.Value)))
	}
}

// startMany starts operations from many goroutines, awaits each once, and
// returns how often each was reported done, after a moment for reports too
// many.
func (p *probe) startMany(ctx context.Context) []atomic.Int32 {
	p.Helper()
	const goroutines, each = 8, 25
	calls := make([]atomic.Int32, goroutines*each)
	p.together(goroutines, func(i int) error {
		for j := range each {
			place := i*each + j
			first := make(chan error, 1)
			op := driver.Op{Kind: driver.OpSet, Key: fmt.Appendf(nil, "shop:1:%d", place), Value: []byte("v"), TTL: driver.Never}
			ability[driver.Async](p).Start(ctx, op, func(r driver.Result) {
				if calls[place].Add(1) == 1 {
					first <- r.Err
				}
			})
			if err := <-first; err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
				return fmt.Errorf("calling OpSet: %w", err)
			}
		}
		return nil
	})
	<-time.After(waitSlack)
	return calls
}
