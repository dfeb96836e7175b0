package cachetest

import (
	"errors"
	"fmt"

	"github.com/larder-go/larder/cache/driver"
)

var partialCases = []storeCase{{
	name: "partial/get-what-the-others-have",
	rule: "A store of several servers of which some are down does what the others can; with a PartialError the values of the keys that did not fail are there, and those of the others are nil.",
	run: func(p *probe) {
		keys, down := p.partDown()
		values, err := ability[driver.Many](p).GetMany(p.Context(), keys)
		if len(values) != len(keys) {
			p.Fatalf("GetMany of %d keys = %d values, %v", len(keys), len(values), err)
		}
		p.failsExactly("GetMany", p.perKey("GetMany", err, len(keys)), keys, down)
		for i, value := range values {
			switch {
			case down[i] && value != nil:
				p.Errorf("GetMany: %s, whose server is down: %s, want nil", keys[i], brief(string(value)))
			case !down[i] && string(value) != string(keys[i]):
				p.Errorf("GetMany: %s, whose server is there: %s, want its value", keys[i], brief(string(value)))
			}
		}
	},
}, {
	name: "partial/set-what-the-others-take",
	rule: "A store of several servers of which some are down does what the others can, and tells exactly which keys failed: SetMany by errs.",
	run: func(p *probe) {
		keys, down := p.partDown()
		items := make([]driver.Item, len(keys))
		for i, key := range keys {
			items[i] = driver.Item{Key: key, Value: []byte("new")}
		}
		errs, err := ability[driver.Many](p).SetMany(p.Context(), items, driver.Never)
		if err != nil || len(errs) != len(keys) {
			p.Fatalf("SetMany = %d errors, %v, want an error or nil for each of %d items", len(errs), err, len(keys))
		}
		p.failsExactly("SetMany", errs, keys, down)
		for i, key := range keys {
			if !down[i] {
				p.holds(string(key), "new")
			}
		}
	},
}, {
	name: "partial/delete-what-the-others-have",
	rule: "A store of several servers of which some are down does what the others can, and tells exactly which keys failed: DeleteMany by a PartialError.",
	run: func(p *probe) {
		keys, down := p.partDown()
		err := ability[driver.Many](p).DeleteMany(p.Context(), keys)
		p.failsExactly("DeleteMany", p.perKey("DeleteMany", err, len(keys)), keys, down)
		for i, key := range keys {
			if !down[i] {
				p.absent(string(key))
			}
		}
	},
}}

// partDown stores keys as their own values, breaks some of the servers, and reports which
// of the keys they hold: some, but not all. One key comes twice.
func (p *probe) partDown() (keys [][]byte, down []bool) {
	p.Helper()
	for i := range 60 {
		key := fmt.Sprintf("shop:1:%d", i)
		p.set(key, key, driver.Never)
		keys = append(keys, []byte(key))
	}
	keys = append(keys, keys[0])
	isDown := p.h.PartDown(p.TB, p.store)
	count := 0
	for _, key := range keys {
		down = append(down, isDown(key))
		if down[len(down)-1] {
			count++
		}
	}
	if count == 0 || count == len(keys) {
		p.Fatalf("Harness.PartDown: the servers of %d of %d keys are down, want some", count, len(keys))
	}
	return keys, down
}

// perKey returns the errors of a PartialError for so many keys.
func (p *probe) perKey(what string, err error, keys int) []error {
	p.Helper()
	var partial *driver.PartialError
	if !errors.As(err, &partial) || len(partial.Errs) != keys {
		p.Fatalf("%s: error %v, want a PartialError with an error or nil for each of %d keys", what, err, keys)
	}
	return partial.Errs
}

// failsExactly fails the case unless errs has an error for the keys that are down
// and no others.
func (p *probe) failsExactly(what string, errs []error, keys [][]byte, down []bool) {
	p.Helper()
	for i, err := range errs {
		if (err != nil) != down[i] {
			p.Errorf("%s: %s: error %v; its server is down: %v", what, keys[i], err, down[i])
		}
	}
}
