package cachetest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var manyCases = []storeCase{{
	name: "many/get-in-order-of-keys",
	rule: "GetMany returns one value for each key, in the order of keys.",
	run: func(p *probe) {
		for _, k := range []string{"shop:1:a", "shop:1:b", "shop:1:c"} {
			p.set(k, "value of "+k, driver.Never)
		}
		p.getsMany([]string{"shop:1:c", "shop:1:a", "shop:1:b"}, []string{"value of shop:1:c", "value of shop:1:a", "value of shop:1:b"})
		p.getsMany([]string{"shop:1:b"}, []string{"value of shop:1:b"})
	},
}, {
	name: "many/get-repeated-keys",
	rule: "Keys may repeat.",
	run: func(p *probe) {
		p.set("shop:1:a", "A", driver.Never)
		p.set("shop:1:b", "B", driver.Never)
		p.getsMany(
			[]string{"shop:1:a", "shop:1:b", "shop:1:a", "shop:1:z", "shop:1:z", "shop:1:a"},
			[]string{"A", "B", "A", missing, missing, "A"})
	},
}, {
	name: "many/get-missing-is-nil",
	rule: "nil stands for a key that is not there.",
	run: func(p *probe) {
		p.getsMany([]string{key}, []string{missing})
		p.set(other, "value", driver.Never)
		p.getsMany([]string{key, other, "shop:1:third"}, []string{missing, "value", missing})
	},
}, {
	name: "many/get-zero-length-is-not-nil",
	rule: "A stored value of zero length is returned as an empty slice that is not nil.",
	run: func(p *probe) {
		p.set(key, "", driver.Never)
		p.getsMany([]string{key, other}, []string{"", missing})
	},
}, {
	name: "many/get-expired-is-nil",
	rule: "nil stands for a key that is not there.",
	run: func(p *probe) {
		p.set(key, "expires", p.h.short())
		p.set(other, "stays", driver.Never)
		p.advance(p.h.short())
		p.getsMany([]string{key, other}, []string{missing, "stays"})
	},
}, {
	name: "many/set-stores-all",
	rule: "SetMany stores all items with the same ttl; errs is nil when all were.",
	run: func(p *probe) {
		p.set("shop:1:a", "old", p.h.short())
		p.setMany(driver.Never, "shop:1:a", "A", "shop:1:b", "", "shop:1:c", "C")
		p.advance(p.h.short())
		p.getsMany([]string{"shop:1:a", "shop:1:b", "shop:1:c"}, []string{"A", "", "C"})
		p.holds("shop:1:b", "")
	},
}, {
	name: "many/set-same-ttl",
	rule: "SetMany stores all items with the same ttl.",
	run: func(p *probe) {
		p.set("shop:1:a", "old", driver.Never)
		p.setMany(p.h.short(), "shop:1:a", "A", "shop:1:b", "B")
		p.advance(p.h.short())
		p.getsMany([]string{"shop:1:a", "shop:1:b"}, []string{missing, missing})
	},
}, {
	name: "many/set-last-wins",
	rule: "Of items with equal keys the last wins.",
	run: func(p *probe) {
		p.setMany(driver.Never, "shop:1:a", "first", "shop:1:b", "B", "shop:1:a", "second", "shop:1:a", "last")
		p.holds("shop:1:a", "last")
		p.holds("shop:1:b", "B")
	},
}, {
	name: "many/delete-removes",
	rule: "DeleteMany removes the entries under keys. Keys may repeat.",
	run: func(p *probe) {
		p.setMany(driver.Never, "shop:1:a", "A", "shop:1:b", "B", "shop:1:c", "C")
		keys := byteSlices([]string{"shop:1:a", "shop:1:missing", "shop:1:c", "shop:1:a"})
		if err := ability[driver.Many](p).DeleteMany(p.Context(), keys); err != nil {
			p.Errorf("DeleteMany: %v", err)
		}
		p.getsMany([]string{"shop:1:a", "shop:1:b", "shop:1:c"}, []string{missing, "B", missing})
	},
}, {
	name: "many/a-thousand",
	rule: "Many is implemented by a store that handles many keys in one round trip (or one for each server).",
	run: func(p *probe) {
		const n = 1000
		var keys, pairs, values, gone []string
		for i := range n {
			k, v := fmt.Sprintf("shop:1:%d", i), fmt.Sprintf("value %d", i)
			keys, values, gone = append(keys, k), append(values, v), append(gone, missing)
			pairs = append(pairs, k, v)
		}
		p.setMany(driver.Never, pairs...)
		p.getsMany(keys, values)
		if err := ability[driver.Many](p).DeleteMany(p.Context(), byteSlices(keys)); err != nil {
			p.Errorf("DeleteMany: %v", err)
		}
		p.getsMany(keys, gone)
	},
}, {
	name: "many/memory-of-the-slices",
	rule: "The store may read what it is given until the call returns and must copy what it keeps.",
	run: func(p *probe) {
		keys := byteSlices([]string{"shop:1:a", "shop:1:b"})
		items := []driver.Item{{Key: keys[0], Value: []byte("A")}, {Key: keys[1], Value: []byte("B")}}
		if errs, err := ability[driver.Many](p).SetMany(p.Context(), items, driver.Never); err != nil || errs != nil {
			p.Fatalf("SetMany = %v, %v", errs, err)
		}
		for _, item := range items {
			scribble(item.Key, '#')
			scribble(item.Value, '#')
		}
		clear(items)
		p.getsMany([]string{"shop:1:a", "shop:1:b"}, []string{"A", "B"})
	},
}}

// missing stands for nil among the values that getsMany expects. No case
// stores it.
const missing = "\x00missing\x00"

// getsMany fails the case unless GetMany of keys returns want.
func (p *probe) getsMany(keys, want []string) {
	p.Helper()
	values, err := ability[driver.Many](p).GetMany(p.Context(), byteSlices(keys))
	if err != nil || len(values) != len(keys) {
		p.Fatalf("GetMany of %d keys = %d values, %v", len(keys), len(values), err)
	}
	for i, value := range values {
		switch {
		case want[i] == missing && value != nil:
			p.Errorf("GetMany: place %d, key %s: %s, want nil", i, brief(keys[i]), brief(string(value)))
		case want[i] != missing && (value == nil || !bytes.Equal(value, []byte(want[i]))):
			p.Errorf("GetMany: place %d, key %s: %s (nil: %v), want %s", i, brief(keys[i]), brief(string(value)), value == nil, brief(want[i]))
		}
	}
}

// setMany stores pairs of keys and values.
func (p *probe) setMany(ttl time.Duration, pairs ...string) {
	p.Helper()
	var items []driver.Item
	for i := 0; i < len(pairs); i += 2 {
		items = append(items, driver.Item{Key: []byte(pairs[i]), Value: []byte(pairs[i+1])})
	}
	errs, err := ability[driver.Many](p).SetMany(p.Context(), items, ttl)
	if err != nil || errs != nil {
		p.Fatalf("SetMany of %d items = %v, %v, want nil, nil", len(items), errs, err)
	}
}

func byteSlices(texts []string) [][]byte {
	slices := make([][]byte, len(texts))
	for i, text := range texts {
		slices[i] = []byte(text)
	}
	return slices
}
