package cachetest

import (
	"bytes"
	"fmt"
	"sync/atomic"

	"github.com/larder-go/larder/cache/driver"
)

// article is a Go value to keep as it is.
type article struct{ Title string }

var nativeCases = []storeCase{{
	name: "native/is-kept-as-it-is",
	rule: "GetNative returns the Go value and isNative is true.",
	run: func(p *probe) {
		stored := &article{"larder"}
		p.setNative(key, stored)
		p.holdsNative(key, stored)
		p.setNative(key, 42)
		p.holdsNative(key, 42)
	},
}, {
	name: "native/nil-is-a-value",
	rule: "Native is implemented by a store that can keep Go values as they are.",
	run: func(p *probe) {
		p.setNative(key, nil)
		p.holdsNative(key, nil)
	},
}, {
	name: "native/bytes-in-either-form",
	rule: "A native []byte may come back in either: as native, or as value with isNative true and native nil.",
	run: func(p *probe) {
		for _, want := range []string{"bytes", "7", ""} {
			p.setNative(key, []byte(want))
			value, native, isNative, err := ability[driver.Native](p).GetNative(p.Context(), []byte(key))
			if boxed, ok := native.([]byte); ok && value == nil {
				value, native = boxed, nil
			}
			if string(value) != want || value == nil || native != nil || !isNative || err != nil {
				p.Errorf("GetNative of a native []byte %q = %q, %v, %v, %v", want, value, native, isNative, err)
			}
			if value, err := p.store.Get(p.Context(), []byte(key)); value != nil || err != nil {
				p.Errorf("Get of a native []byte = %q, %v, want nil", value, err)
			}
		}
	},
}, {
	name: "native/get-returns-either-form",
	rule: "GetNative returns the entry under key in whichever form it was stored.",
	run: func(p *probe) {
		p.set(key, "bytes", driver.Never)
		p.holdsBytes(key, "bytes")
		p.setNative(key, &article{"native"})
		p.set(key, "bytes again", driver.Never)
		p.holdsBytes(key, "bytes again")
		p.holds(key, "bytes again")
	},
}, {
	name: "native/get-missing-is-not-found",
	rule: "A missing key is ErrNotFound.",
	run: func(p *probe) {
		p.absentNative(key)
	},
}, {
	name: "native/get-expired-is-not-found",
	rule: "An entry is expired when the store's now is equal to or after its expiry.",
	run: func(p *probe) {
		if err := ability[driver.Native](p).SetNative(p.Context(), []byte(key), &article{}, 8, p.h.short()); err != nil {
			p.Fatalf("SetNative: %v", err)
		}
		p.set(other, "bytes", p.h.short())
		p.advance(p.h.short())
		p.absentNative(key)
		p.absentNative(other)
		p.absent(key)
	},
}, {
	name: "native/has-no-bytes",
	rule: "The head and the value of a native entry are nil for the methods that return bytes.",
	run: func(p *probe) {
		p.setNative(key, &article{"native"})
		for by, value := range p.everyValue(key) {
			if value != nil {
				p.Errorf("%s of a native entry = %q, want nil", by, value)
			}
		}
		for by, head := range p.everyHead(key) {
			if head != nil {
				p.Errorf("%s of a native entry = head %q, want nil", by, head)
			}
		}
	},
}, {
	name: "native/add",
	rule: "AddNative is Add for a Go value.",
	run: func(p *probe) {
		first := &article{"first"}
		p.addsNative(key, first, true)
		p.addsNative(key, &article{"second"}, false)
		p.holdsNative(key, first)
		p.adds(key, "bytes", driver.Never, false)
		p.holdsNative(key, first)
		p.set(other, "bytes", driver.Never)
		p.addsNative(other, first, false)
		p.holds(other, "bytes")
	},
}, {
	name: "native/add-replaces-expired",
	rule: "AddNative is Add for a Go value.",
	run: func(p *probe) {
		p.set(key, "expired", p.h.short())
		p.advance(p.h.short())
		added := &article{"added"}
		p.addsNative(key, added, true)
		p.holdsNative(key, added)
	},
}, {
	name: "native/one-of-many-adds",
	rule: "AddNative is Add for a Go value: of many concurrent calls exactly one adds.",
	run: func(p *probe) {
		var added atomic.Int32
		native := ability[driver.Native](p)
		p.together(32, func(i int) error {
			ok, err := native.AddNative(p.Context(), []byte(key), i, 8, driver.Never)
			if ok {
				added.Add(1)
			}
			return err
		})
		if n := added.Load(); n != 1 {
			p.Errorf("%d concurrent calls of AddNative added, want 1", n)
		}
	},
}, {
	name: "native/touch-delete-clear",
	rule: "The entries of the byte methods and of these are in one key space: each method of Store works on both.",
	run: func(p *probe) {
		value := &article{"native"}
		p.setNative(key, value)
		p.touch(key, 100*p.h.short())
		p.holdsNative(key, value)
		p.deletes(key, true)
		p.absentNative(key)
		p.setNative(key, value)
		p.clear("shop")
		p.absentNative(key)
	},
}, {
	name: "native/touched-entry-ends",
	rule: "Each method of Store works on both.",
	run: func(p *probe) {
		p.setNative(key, &article{"native"})
		p.touch(key, p.h.short())
		p.advance(p.h.short())
		p.absentNative(key)
		p.touchFindsNothing(key)
	},
}, {
	name:  "native/incr-is-not-integer",
	rule:  "Incr of a native entry is ErrNotInteger.",
	needs: Counter,
	run: func(p *probe) {
		p.setNative(key, 41)
		p.incrFails(key, 1, driver.ErrNotInteger)
		p.holdsNative(key, 41)
	},
}, {
	name:  "native/replace-finds-it-unequal",
	rule:  "Replace stores value under key if what is stored there is equal to old.",
	needs: Replacer,
	run: func(p *probe) {
		p.setNative(key, 41)
		p.replaces(key, "41", "42", driver.Never, false)
		p.holdsNative(key, 41)
	},
}, {
	name:  "native/expires-as-ttl-says",
	rule:  "TTL returns how long the entry under key has left.",
	needs: Expirer,
	run: func(p *probe) {
		p.setNative(key, &article{"native"})
		p.lasts(key, driver.Never)
		p.touch(key, aWhile)
		p.lasts(key, aWhile)
	},
}, {
	name: "native/answers-never-change",
	rule: "NativeByDefault and BoundedByBytes: the answer never changes.",
	run: func(p *probe) {
		native := ability[driver.Native](p)
		byDefault, bounded := native.NativeByDefault(), native.BoundedByBytes()
		p.eachOperation(func(op operation) {
			_ = op.call(p.Context(), p.store, arguments{[]byte(presentKey), []byte("v"), driver.Never})
			if native.NativeByDefault() != byDefault || native.BoundedByBytes() != bounded {
				p.Errorf("NativeByDefault or BoundedByBytes changed its answer after %s", op.name)
			}
		})
	},
}}

func (p *probe) setNative(key string, value any) {
	p.Helper()
	if err := ability[driver.Native](p).SetNative(p.Context(), []byte(key), value, 64, driver.Never); err != nil {
		p.Fatalf("SetNative(%s, %v): %v", brief(key), value, err)
	}
}

func (p *probe) addsNative(key string, value any, want bool) {
	p.Helper()
	added, err := ability[driver.Native](p).AddNative(p.Context(), []byte(key), value, 64, driver.Never)
	if err != nil || added != want {
		p.Errorf("AddNative(%s, %v) = %v, %v, want %v", brief(key), value, added, err, want)
	}
}

// holdsNative fails the case unless the very value want is stored under key.
func (p *probe) holdsNative(key string, want any) {
	p.Helper()
	value, got, isNative, err := ability[driver.Native](p).GetNative(p.Context(), []byte(key))
	if err != nil || !isNative || got != want || value != nil {
		p.Errorf("GetNative(%s) = %q, %v, %v, %v, want the native value %v", brief(key), value, got, isNative, err, want)
	}
}

// holdsBytes fails the case unless GetNative finds the bytes want under key.
func (p *probe) holdsBytes(key, want string) {
	p.Helper()
	value, native, isNative, err := ability[driver.Native](p).GetNative(p.Context(), []byte(key))
	if err != nil || isNative || native != nil || !bytes.Equal(value, []byte(want)) {
		p.Errorf("GetNative(%s) = %q, %v, %v, %v, want the bytes %q", brief(key), value, native, isNative, err, want)
	}
}

func (p *probe) absentNative(key string) {
	p.Helper()
	value, native, isNative, err := ability[driver.Native](p).GetNative(p.Context(), []byte(key))
	p.matches(fmt.Sprintf("GetNative(%s) = %q, %v, %v; it", brief(key), value, native, isNative), err, driver.ErrNotFound)
}
