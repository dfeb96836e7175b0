package cachetest

import (
	"fmt"

	"github.com/larder-go/larder/cache/driver"
)

var reopenCases = []storeCase{{
	name: "reopen/shutdown-keeps-entries",
	rule: "Shutdown does not delete entries that outlive the process.",
	run: func(p *probe) {
		p.set(key, "value", driver.Never)
		p.set(other, "", aWhile)
		p.shutdown()
		second := p.reopen()
		second.holds(key, "value")
		second.holds(other, "")
	},
}, {
	name: "reopen/keeps-expiry",
	rule: "Shutdown does not delete entries that outlive the process.",
	run: func(p *probe) {
		p.set(key, "ends", p.h.short())
		p.set(other, "stays", driver.Never)
		p.shutdown()
		second := p.reopen()
		second.advance(p.h.short())
		second.absent(key)
		second.holds(other, "stays")
	},
}, {
	name: "reopen/shutdown-loses-no-write",
	rule: "When Set returns nil the value was stored; Shutdown waits for operations in flight.",
	run: func(p *probe) {
		const workers, most = 8, 100
		var stored [workers]int
		work := p.work(func(i int) error {
			if stored[i] == most {
				return driver.ErrClosed
			}
			err := p.store.Set(p.Context(), fmt.Appendf(nil, "shop:%d:%d", i, stored[i]), []byte("value"), driver.Never)
			if err == nil {
				stored[i]++
			}
			return err
		})
		p.shutdown()
		p.ends(work)
		second := p.reopen()
		for i, n := range stored {
			for j := range n {
				second.holds(fmt.Sprintf("shop:%d:%d", i, j), "value")
			}
		}
	},
}, {
	name: "reopen/both-see-each-write",
	rule: "Add is atomic: of many concurrent calls, in this process and in others on the same backend.",
	run: func(p *probe) {
		second := p.reopen()
		p.set(key, "first's", driver.Never)
		p.holds(key, "first's")
		second.holds(key, "first's")
		second.set(key, "second's", driver.Never)
		p.holds(key, "second's")
		p.deletes(key, true)
		second.absent(key)
		p.set(key, "value", driver.Never)
		second.clear("shop")
		p.absent(key)
		second.shutdown()
		p.set(key, "value", driver.Never)
		p.holds(key, "value")
	},
}, {
	name: "reopen/delete-returns-head-of-what-was-there",
	rule: "If there was one, head is the head of the entry that was removed.",
	run: func(p *probe) {
		second := p.reopen()
		for _, value := range headed() {
			p.set(key, "first's", driver.Never)
			second.set(key, value, driver.Never)
			p.deletesValue(key, value)
			second.adds(key, value, driver.Never, true)
			p.deletesValue(key, value)
		}
	},
}, {
	name: "reopen/one-of-many-adds",
	rule: "Add is atomic: of many concurrent calls, in this process and in others on the same backend, exactly one adds.",
	run: func(p *probe) {
		stores := []driver.Store{p.store, p.reopen().store}
		for round := range 10 {
			p.oneAdds(fmt.Sprintf("shop:1:%d", round), func(i int) driver.Store { return stores[i%2] })
		}
	},
}, {
	name:  "reopen/incr-is-atomic",
	rule:  "Incr is atomic, between processes too.",
	needs: Counter,
	run: func(p *probe) {
		counters := []driver.Counter{ability[driver.Counter](p), ability[driver.Counter](p.reopen())}
		p.set(key, "0", driver.Never)
		p.countsTogether(key, func(i int) driver.Counter { return counters[i%2] })
	},
}, {
	name:  "reopen/replace-is-atomic",
	rule:  "Replace is atomic.",
	needs: Replacer,
	run: func(p *probe) {
		stores := []driver.Store{p.store, p.reopen().store}
		p.set(key, "0", driver.Never)
		p.replacesTogether(key, func(i int) driver.Store { return stores[i%2] })
	},
}, {
	name:  "reopen/what-another-removed-is-not-replaced",
	rule:  "Replace stores value under key if what is stored there is equal to old.",
	needs: Replacer,
	run: func(p *probe) {
		second := p.reopen()
		lease, another := leaseValues()[0], leaseValues()[1]
		p.adds(key, lease, driver.Never, true)
		second.deletesValue(key, lease)
		p.replaces(key, lease, "value", driver.Never, false)
		p.absent(key)
		p.adds(key, lease, driver.Never, true)
		second.replaces(key, lease, another, driver.Never, true)
		p.replaces(key, lease, "value", driver.Never, false)
		p.holds(key, another)
		second.set(key, "second's", driver.Never)
		p.replaces(key, another, "value", driver.Never, false)
		p.holds(key, "second's")
	},
}}

// reopen returns a probe of another store over the same data.
func (p *probe) reopen() *probe {
	p.Helper()
	store := p.h.Reopen(p.TB, p.store, p.driverClock())
	if store == nil {
		p.Fatal("Harness.Reopen returned no store")
	}
	shutdownAtEnd(p.TB, store)
	return p.over(store)
}
