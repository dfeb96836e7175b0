package cachetest

import (
	"context"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var contextCases = []storeCase{{
	name: "context/cancelled-is-an-error",
	rule: "A context that ended gives an error that matches ctx.Err().",
	run: func(p *probe) {
		ctx, cancel := context.WithCancel(p.Context())
		cancel()
		p.refusesContext(ctx)
	},
}, {
	name: "context/past-deadline-is-an-error",
	rule: "A context that ended gives an error that matches ctx.Err().",
	run: func(p *probe) {
		ctx, cancel := context.WithDeadline(p.Context(), time.Unix(1, 0))
		defer cancel()
		p.refusesContext(ctx)
	},
}, {
	name:  "context/cancelled-writes-nothing",
	rule:  "A method that returns because its context ended leaves no goroutine behind that applies its write later.",
	needs: keeping,
	run: func(p *probe) {
		ctx, cancel := context.WithCancel(p.Context())
		cancel()
		const absentKey = "shop:1:absent"
		p.set(presentKey, presentValue, driver.Never)
		p.eachOperation(func(op operation) {
			for _, key := range []string{presentKey, absentKey} {
				_ = op.call(ctx, p.store, arguments{[]byte(key), []byte("late"), p.h.short()})
			}
		})
		p.advance(p.h.short())
		p.holds(presentKey, presentValue)
		p.absent(absentKey)
	},
}, {
	name:  "context/no-late-write",
	rule:  "A method that returns because its context ended leaves no goroutine behind that still reads its bytes, and none that applies its write later.",
	needs: keeping,
	run: func(p *probe) {
		const rounds = 50
		key := func(i int) string { return fmt.Sprintf("shop:1:%d", i) }
		for i := range rounds {
			p.setCancelledMidway(key(i))
			p.set(key(i), "new", driver.Never)
		}
		if p.clock == nil {
			p.advance(p.h.short())
		}
		for i := range rounds {
			p.holds(key(i), "new")
		}
	},
}}

// refusesContext fails the case unless every operation refuses ctx, which has
// ended, whether its key is there or not.
func (p *probe) refusesContext(ctx context.Context) {
	p.Helper()
	p.set(presentKey, presentValue, driver.Never)
	p.eachOperation(func(op operation) {
		for _, key := range []string{presentKey, "shop:1:absent"} {
			err := op.call(ctx, p.store, arguments{[]byte(key), []byte("v"), p.h.short()})
			p.matches(fmt.Sprintf("%s(%q) with an ended context", op.name, key), err, ctx.Err())
		}
	})
}

// setCancelledMidway sets key with a context that ends at about the same time,
// and writes over the bytes that it passed as soon as the store returns.
func (p *probe) setCancelledMidway(key string) {
	p.Helper()
	ctx, cancel := context.WithCancel(p.Context())
	go cancel()
	a := arguments{[]byte(key), []byte("old"), driver.Never}
	if err := p.store.Set(ctx, a.key, a.value, a.ttl); err != nil {
		p.matches("Set with a context cancelled meanwhile", err, context.Canceled)
	}
	scribble(a.key, 'x')
	scribble(a.value, 'x')
}
