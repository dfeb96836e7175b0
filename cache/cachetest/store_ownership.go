package cachetest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

var ownershipCases = []storeCase{{
	name: "ownership/keys-passed-in",
	rule: "The store may read keys until the call returns and must copy what it keeps: the caller reuses the memory for the next key.",
	run: func(p *probe) {
		const neighbour = "shop:1:thisone" // as long as presentKey
		p.eachOwned(func(op operation, a arguments) {
			p.set(neighbour, "neighbour", driver.Never)
			before := p.reuse(op, a, func() { copy(a.key, neighbour) })
			if after := p.observe(presentKey); after != before {
				p.Errorf("%s, then reuse of its key: the entry was %s and became %s", op.name, before, after)
			}
			p.holds(neighbour, "neighbour")
		})
	},
}, {
	name: "ownership/values-passed-in",
	rule: "The store may read values until the call returns and must copy what it keeps.",
	run: func(p *probe) {
		p.eachOwned(func(op operation, a arguments) {
			before := p.reuse(op, a, func() { scribble(a.value, '#') })
			if after := p.observe(presentKey); after != before {
				p.Errorf("%s, then reuse of its value: the entry was %s and became %s", op.name, before, after)
			}
		})
	},
}, {
	name: "ownership/returned-bytes-do-not-change",
	rule: "Bytes that a store returns are read-only for both sides from then on. The store never changes them.",
	run: func(p *probe) {
		value := strings.Repeat("7", 18)
		p.set(key, value, driver.Never)
		returned := p.everyHead(key)
		maps.Copy(returned, p.everyValue(key))
		p.set(key, strings.Repeat("8", 18), driver.Never)
		p.eachOperation(func(op operation) {
			// What they return does not matter here, and some find nothing.
			_ = op.call(p.Context(), p.store, arguments{[]byte(key), []byte(strings.Repeat("9", 18)), driver.Never})
		})
		for by, got := range returned {
			p.heads(by+" (looked at again after later writes)", got, value)
		}
	},
}, {
	name: "ownership/get-returns-a-copy",
	rule: "A store that returns memory which it also keeps implements Sharer.",
	run: func(p *probe) {
		if sharer, ok := p.store.(driver.Sharer); ok && sharer.SharesMemory() {
			p.Log("not applicable: the store shares its memory")
			return
		}
		const value = "as it was stored"
		p.set(key, value, driver.Never)
		for by, got := range p.everyValue(key) {
			scribble(got, '#')
			if now, err := p.store.Get(p.Context(), []byte(key)); err != nil || string(now) != value {
				p.Errorf("the bytes of %s were changed, and then Get returned %q, %v", by, now, err)
			}
		}
	},
}, {
	name:  "ownership/sharing-never-changes",
	rule:  "SharesMemory reports whether returned bytes are the store's own. The answer never changes.",
	needs: Sharer,
	run: func(p *probe) {
		sharer := ability[driver.Sharer](p)
		first := sharer.SharesMemory()
		p.eachOperation(func(op operation) {
			_ = op.call(p.Context(), p.store, arguments{[]byte(presentKey), []byte("v"), driver.Never})
			if sharer.SharesMemory() != first {
				p.Errorf("SharesMemory changed its answer after %s", op.name)
			}
		})
	},
}}

// eachOwned calls f for every operation that takes a key, once with the
// present key in the store and once without, with memory that f may reuse.
func (p *probe) eachOwned(f func(op operation, a arguments)) {
	p.Helper()
	p.eachOperation(func(op operation) {
		if op.keyless {
			return
		}
		for _, present := range []bool{true, false} {
			if _, _, err := p.store.Delete(p.Context(), []byte(presentKey)); err != nil {
				p.Fatalf("Delete: %v", err)
			}
			if present {
				p.set(presentKey, presentValue, driver.Never)
			}
			f(op, arguments{[]byte(presentKey), []byte("12345"), driver.Never})
		}
	})
}

// reuse calls op and overwrites what it was called with. It returns what the
// store held in between.
func (p *probe) reuse(op operation, a arguments, overwrite func()) string {
	p.Helper()
	if err := op.call(p.Context(), p.store, a); err != nil && !errors.Is(err, driver.ErrNotFound) {
		p.Errorf("%s: %v", op.name, err)
	}
	held := p.observe(presentKey)
	overwrite()
	return held
}

// observe describes the entry under key, in whichever form it is.
func (p *probe) observe(key string) string {
	p.Helper()
	if native, ok := p.store.(driver.Native); ok {
		value, v, isNative, err := native.GetNative(p.Context(), []byte(key))
		return fmt.Sprintf("%q (native: %v, %v, error: %v)", value, isNative, v, err)
	}
	value, err := p.store.Get(p.Context(), []byte(key))
	return fmt.Sprintf("%q (error: %v)", value, err)
}

// everyValue returns the value under key, which is in the store, as each method
// that returns values gives it, by the method's name.
func (p *probe) everyValue(key string) map[string][]byte {
	p.Helper()
	ctx, k := p.Context(), []byte(key)
	values := make(map[string][]byte)
	var errs [4]error
	values["Get"], errs[0] = p.store.Get(ctx, k)
	if native, ok := p.store.(driver.Native); ok {
		values["GetNative"], _, _, errs[1] = native.GetNative(ctx, k)
	}
	if many, ok := p.store.(driver.Many); ok {
		var both [][]byte
		both, errs[2] = many.GetMany(ctx, [][]byte{k, k})
		for i, value := range both {
			values[fmt.Sprintf("GetMany, place %d", i)] = value
		}
	}
	if async, ok := p.store.(driver.Async); ok {
		result := await(ctx, async, driver.Op{Kind: driver.OpGet, Key: k})
		values["Start(OpGet)"], errs[3] = result.Value, result.Err
	}
	if err := errors.Join(errs[:]...); err != nil {
		p.Fatalf("reading %s: %v", brief(key), err)
	}
	return values
}

// everyHead is everyValue for the methods that return heads.
func (p *probe) everyHead(key string) map[string][]byte {
	p.Helper()
	ctx, k := p.Context(), []byte(key)
	heads := make(map[string][]byte)
	var errs [3]error
	heads["Touch"], errs[0] = p.store.Touch(ctx, k, driver.Never)
	heads["Add"], _, errs[1] = p.store.Add(ctx, k, []byte("not added"), driver.Never)
	if peeker, ok := p.store.(driver.Peeker); ok {
		heads["Peek"], errs[2] = peeker.Peek(ctx, k)
	}
	if err := errors.Join(errs[:]...); err != nil {
		p.Fatalf("reading the head of %s: %v", brief(key), err)
	}
	return heads
}

// scribble overwrites all of b, as a caller does who reuses it.
func scribble(b []byte, with byte) {
	copy(b, bytes.Repeat([]byte{with}, len(b)))
}
