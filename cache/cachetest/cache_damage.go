package cachetest

import (
	"reflect"
	"slices"
	"strings"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
)

// damagedForms are forms in which a value is stored: in each, a changed byte must
// be found. An integer is stored bare, and has no checksum.
var damagedForms = []struct {
	name        string
	value       any
	compression codec.Compression
}{
	{"nil", nil, nil},
	{"bytes", []byte("some bytes"), nil},
	{"text", "some text", nil},
	{"a value", record{Name: "a", Tags: []string{"b", "c"}, N: 1}, nil},
	{"compressed", strings.Repeat("text that repeats itself ", 20), codec.Zstd},
}

var cacheDamageCases = []cacheCase{{
	name: "cache/unreadable/changed-byte",
	rule: "An entry of which any byte has changed is a miss that is reported, and is replaced.",
	run: func(p *cacheProbe) {
		if p.verifies() {
			p.Log("not applicable: what the store returns is what was stored")
			return
		}
		for _, form := range damagedForms {
			p.with(cache.Config{KeyPrefix: "shop", Compression: form.compression, CompressMin: 1}).findsDamage(form.name, form.value)
		}
	},
}}

// verifies reports whether the core leaves it to the store to find damage.
func (p *probe) verifies() bool {
	verifier, ok := p.store.(driver.Verifier)
	return p.h.Abilities&Native != 0 || ok && verifier.VerifiesValues()
}

// findsDamage changes each byte of a stored value in turn.
func (p *cacheProbe) findsDamage(what string, value any) {
	p.Helper()
	p.put(cacheKey, value)
	whole, err := p.store.Get(p.Context(), []byte(finalKey(cacheKey)))
	if err != nil {
		p.Fatalf("Get of %s: %v", what, err)
	}
	for i := range whole {
		damaged := slices.Clone(whole)
		damaged[i] ^= 1 << (i % 8)
		p.set(finalKey(cacheKey), string(damaged), driver.Never)
		p.missesDamaged()
		if got := p.load(cacheKey, "new"); got != "new" {
			p.Errorf("GetOrSet = %q, want what was loaded", got)
		}
		p.finds(cacheKey, "new")
		if p.Failed() {
			p.Fatalf("that was with byte %d of %d of %s changed", i, len(whole), what)
		}
	}
}

// missesDamaged fails the case unless every operation that reads whole entries
// finds a damaged one.
func (p *cacheProbe) missesDamaged() {
	p.Helper()
	p.events.forget()
	var dst any
	if found, err := p.cache.Get(p.Context(), cacheKey, &dst); found || err != nil || dst != nil {
		p.Errorf("Get = %#v, %v, %v, want a miss", dst, found, err)
	}
	p.reported("Get", cache.EventCorrupt)
	if b, found, err := p.cache.GetBytes(p.Context(), cacheKey); found || err != nil || b != nil {
		p.Errorf("GetBytes = %q, %v, %v, want a miss", b, found, err)
	}
	p.reported("GetBytes", cache.EventCorrupt)
	if values, err := p.cache.GetMany(p.Context(), []string{cacheKey}); len(values) != 0 || err != nil {
		p.Errorf("GetMany = %v, %v, want nothing", reflect.ValueOf(values).MapKeys(), err)
	}
	p.reported("GetMany", cache.EventCorrupt)
	if _, err := p.cache.IncrVersion(p.Context(), cacheKey, 1); err == nil {
		p.Error("IncrVersion has moved it")
	}
	async := cache.For[any](p.cache).Async()
	if v, err := async.Get(p.Context(), cacheKey).Await(p.Context()); v.Found || err != nil {
		p.Errorf("Async Get = %v, %v, want a miss", v, err)
	}
}
