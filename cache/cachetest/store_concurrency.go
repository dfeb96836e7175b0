package cachetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

var concurrencyCases = []storeCase{{
	name: "concurrency/all-operations-at-once",
	rule: "Every method may be called from many goroutines at once.",
	run: func(p *probe) {
		const goroutines, rounds = 8, 100
		var usable []operation
		p.eachOperation(func(op operation) { usable = append(usable, op) })
		p.together(goroutines, func(i int) error {
			random := rand.New(rand.NewPCG(uint64(i), 0))
			for range rounds {
				op := usable[random.IntN(len(usable))]
				// The memory is new for each call and reused after it, so that
				// the race detector sees a store that still reads it.
				a := arguments{fmt.Appendf(nil, "shop:1:%d", random.IntN(4)), fmt.Append(nil, random.IntN(100)), aWhile}
				if err := op.call(p.Context(), p.store, a); !expected(err) {
					return fmt.Errorf("%s: %w", op.name, err)
				}
				scribble(a.key, '#')
				scribble(a.value, '#')
			}
			return nil
		})
	},
}, {
	name: "concurrency/entries-do-not-mix",
	rule: "Every method may be called from many goroutines at once.",
	run: func(p *probe) {
		const goroutines, rounds = 8, 50
		p.together(goroutines, func(i int) error {
			k := fmt.Appendf(nil, "shop:1:%d", i)
			for round := range rounds {
				value := strings.Repeat(fmt.Sprintf("%d.%d ", i, round), 20)
				if err := p.store.Set(p.Context(), k, []byte(value), driver.Never); err != nil {
					return fmt.Errorf("calling Set: %w", err)
				}
				got, err := p.store.Get(p.Context(), k)
				if err != nil || string(got) != value {
					return fmt.Errorf("the key that only this goroutine sets: Get = %s, %v, want %s", brief(string(got)), err, brief(value))
				}
				if round%10 != 9 {
					continue
				}
				if _, deleted, err := p.store.Delete(p.Context(), k); err != nil || !deleted {
					return fmt.Errorf("the key that only this goroutine sets: Delete = %v, %v, want true", deleted, err)
				}
			}
			return nil
		})
	},
}}

// expected reports whether err is one that an operation on a store in use by
// others may return.
func expected(err error) bool {
	return err == nil || errors.Is(err, driver.ErrNotFound) || errors.Is(err, driver.ErrNotInteger)
}
