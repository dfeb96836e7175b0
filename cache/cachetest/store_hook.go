package cachetest

import (
	"runtime"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

// hooked is a native value with a [driver.StoreHook]. Its address is its identity.
type hooked struct{ stored, removed atomic.Int32 }

func (v *hooked) OnStored()  { v.stored.Add(1) }
func (v *hooked) OnRemoved() { v.removed.Add(1) }

// keys is under how many keys the store has said that it holds v.
func (v *hooked) keys() int32 { return v.stored.Load() - v.removed.Load() }

var hookDeclaredCases = []storeCase{{
	name: "hook/as-declared",
	rule: "A store may ignore hooks; one that calls OnStored calls OnRemoved, too.",
	run: func(p *probe) {
		value := new(hooked)
		p.setNative(key, value)
		p.deletes(key, true)
		stored, removed := value.stored.Load(), value.removed.Load()
		switch called := stored+removed > 0; {
		case called && !p.h.StoreHooks:
			p.Errorf("OnStored was called %d times and OnRemoved %d times, and StoreHooks is not declared, so nothing tests it", stored, removed)
		case !called && p.h.StoreHooks:
			p.Errorf("StoreHooks is declared, and neither OnStored nor OnRemoved was called for a value that was stored and deleted")
		}
	},
}}

var hookCases = []storeCase{{
	name: "hook/stored-before-found",
	rule: "OnStored is called before the value can be found.",
	run: func(p *probe) {
		native := ability[driver.Native](p)
		value := &watched{}
		value.lookup = func() bool {
			_, found, _, err := native.GetNative(p.Context(), []byte(key))
			return err == nil && found == any(value)
		}
		p.setNative(key, value)
		if value.found.Load() {
			p.Errorf("GetNative found a value before its OnStored returned")
		}
	},
}, {
	name: "hook/once-for-each-key",
	rule: "A value that is stored under two keys has two calls of OnStored, and one of OnRemoved for each.",
	run: func(p *probe) {
		value := new(hooked)
		p.setNative(key, value)
		p.setNative(other, value)
		p.countsKeys(value, 2, "stored under two keys")
		p.deletes(key, true)
		p.countsKeys(value, 1, "deleted from one of two keys")
		p.deletes(other, true)
		p.countsKeys(value, 0, "deleted from both keys")
	},
}, {
	name: "hook/stored-again-under-its-key",
	rule: "A value that is stored twice under one key has two calls of OnStored, and one of OnRemoved for each.",
	run: func(p *probe) {
		value := new(hooked)
		p.setNative(key, value)
		p.setNative(key, value)
		p.countsKeys(value, 1, "stored twice under one key")
		p.deletes(key, true)
		p.countsKeys(value, 0, "deleted")
	},
}, {
	name: "hook/removed-by-every-operation",
	rule: "OnRemoved is called before the operation that is the reason returns.",
	run: func(p *probe) {
		p.eachNamed([]string{"Set", "SetMany", "SetNative", "Delete", "DeleteMany", "Clear", "Start(OpSet)", "Start(OpDelete)"}, func(op operation) {
			value := new(hooked)
			p.setNative(presentKey, value)
			if err := op.call(p.Context(), p.store, arguments{[]byte(presentKey), []byte("v"), driver.Never}); err != nil {
				p.Fatalf("%s: %v", op.name, err)
			}
			p.countsKeys(value, 0, op.name)
		})
	},
}, {
	name:  "hook/removed-by-a-value-that-is-refused",
	rule:  "OnRemoved is called when the value can no longer be found, whatever the reason.",
	needs: limited,
	run: func(p *probe) {
		native, size := ability[driver.Native](p), p.h.MaxValueSize+1
		value := new(hooked)
		p.setNative(key, value)
		err := p.store.Set(p.Context(), []byte(key), []byte(noise(size)), driver.Never)
		p.matches("Set of a value over the limit", err, driver.ErrTooLarge)
		p.countsKeys(value, 0, "replaced by a value over the limit")
		if native.BoundedByBytes() {
			replaced, refused := new(hooked), new(hooked)
			p.setNative(key, replaced)
			err := native.SetNative(p.Context(), []byte(key), refused, int64(size), driver.Never)
			p.matches("SetNative of a value over the limit", err, driver.ErrTooLarge)
			p.countsKeys(replaced, 0, "replaced by a native value over the limit")
			p.countsKeys(refused, 0, "refused")
		}
	},
}, {
	name: "hook/expired-and-replaced",
	rule: "For an expired entry OnRemoved is called at some later time; for one that is replaced, before the operation returns.",
	run: func(p *probe) {
		value := new(hooked)
		if err := ability[driver.Native](p).SetNative(p.Context(), []byte(key), value, 64, p.h.short()); err != nil {
			p.Fatalf("SetNative: %v", err)
		}
		p.advance(p.h.short())
		p.addsNative(key, &article{"next"}, true)
		p.countsKeys(value, 0, "expired and replaced")
	},
}, {
	name: "hook/not-removed-by-what-keeps-it",
	rule: "OnRemoved is called when the value can no longer be found.",
	run: func(p *probe) {
		value := new(hooked)
		p.setNative(key, value)
		p.touch(key, aWhile)
		p.countsKeys(value, 1, "touched")
		p.adds(key, "bytes", driver.Never, false)
		p.countsKeys(value, 1, "kept by an Add")
		p.clear("elsewhere")
		p.countsKeys(value, 1, "kept by a Clear of another namespace")
		p.holdsNative(key, value)
	},
}, {
	name: "hook/not-stored-by-a-refused-add",
	rule: "A value that AddNative does not store has as many calls of OnRemoved as of OnStored.",
	run: func(p *probe) {
		first, second := new(hooked), new(hooked)
		p.addsNative(key, first, true)
		p.addsNative(key, second, false)
		p.countsKeys(first, 1, "added")
		p.countsKeys(second, 0, "not added")
	},
}}

// watched is a native value whose OnStored looks for it in the store.
type watched struct {
	lookup func() bool
	found  atomic.Bool
}

// OnStored gives another goroutine time to find the value, which it cannot if the
// value is not there yet. If the store holds a lock meanwhile, that goroutine waits
// for it until OnStored has returned, and what it finds then is right.
func (v *watched) OnStored() {
	const yields = 10_000
	found := make(chan bool, 1)
	go func() { found <- v.lookup() }()
	for range yields {
		select {
		case early := <-found:
			v.found.Store(early)
			return
		default:
			runtime.Gosched()
		}
	}
}

func (v *watched) OnRemoved() {}

// countsKeys fails the case unless the hook of value has been called so that it
// counts want keys.
func (p *probe) countsKeys(value *hooked, want int32, after string) {
	p.Helper()
	if n := value.keys(); n != want {
		p.Errorf("a value that was %s has %d calls of OnStored and %d of OnRemoved, want a difference of %d", after, value.stored.Load(), value.removed.Load(), want)
	}
}
