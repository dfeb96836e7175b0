package cachetest

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache"
)

// cacheWrites are the operations that give an entry its timeout, each for a
// key of its own name.
var cacheWrites = map[string]func(p *cacheProbe, opts ...cache.Option) error{
	"Set": func(p *cacheProbe, opts ...cache.Option) error {
		return p.cache.Set(p.Context(), "Set", "value", opts...)
	},
	"SetBytes": func(p *cacheProbe, opts ...cache.Option) error {
		return p.cache.SetBytes(p.Context(), "SetBytes", []byte("value"), opts...)
	},
	"SetMany": func(p *cacheProbe, opts ...cache.Option) error {
		_, err := p.cache.SetMany(p.Context(), map[string]any{"SetMany": "value"}, opts...)
		return err
	},
	"Add": func(p *cacheProbe, opts ...cache.Option) error {
		_, err := p.cache.Add(p.Context(), "Add", "value", opts...)
		return err
	},
	"Fill": func(p *cacheProbe, opts ...cache.Option) error {
		load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return cache.Loaded{Value: "value"}, nil })
		_, err := p.cache.Fill(p.Context(), "Fill", new(string), load, opts...)
		return err
	},
	"Touch": func(p *cacheProbe, opts ...cache.Option) error {
		p.put("Touch", "value", cache.Never)
		_, err := p.cache.Touch(p.Context(), "Touch", opts...)
		return err
	},
}

// writeEach calls all cacheWrites and returns their keys.
func (p *cacheProbe) writeEach(opts ...cache.Option) (keys []string) {
	p.Helper()
	for key, write := range cacheWrites {
		if err := write(p, opts...); err != nil {
			p.Fatalf("%s: %v", key, err)
		}
		keys = append(keys, key)
	}
	return keys
}

var cacheTimeoutCases = []cacheCase{{
	name: "cache/timeout/omitted",
	rule: "Without a timeout the alias's own applies.",
	run: func(p *cacheProbe) {
		p = p.with(cache.Config{KeyPrefix: "shop", Timeout: cache.After(p.h.short())})
		p.expiresAfter(p.h.short(), p.writeEach()...)
	},
}, {
	name:  "cache/timeout/default",
	rule:  "The default timeout is 300 seconds.",
	needs: fakeClock,
	run: func(p *cacheProbe) {
		keys := p.writeEach()
		p.advance(cache.DefaultTimeout - time.Second)
		for _, key := range keys {
			p.has(key, true)
		}
		p.advance(time.Second)
		for _, key := range keys {
			p.has(key, false)
		}
	},
}, {
	name: "cache/timeout/never",
	rule: "An entry with the timeout Never does not expire, whatever the alias's own is.",
	run: func(p *cacheProbe) {
		p = p.with(cache.Config{KeyPrefix: "shop", Timeout: cache.After(p.h.short())})
		keys := p.writeEach(cache.Never)
		p.advance(p.h.short())
		for _, key := range keys {
			p.has(key, true)
		}
	},
}, {
	name: "cache/timeout/positive",
	rule: "A positive timeout is kept, whatever the alias's own is.",
	run: func(p *cacheProbe) {
		p = p.with(cache.Config{KeyPrefix: "shop", Timeout: cache.Never})
		p.expiresAfter(p.h.short(), p.writeEach(cache.After(p.h.short()))...)
	},
}, {
	name: "cache/timeout/zero-or-less",
	rule: "With a timeout of zero or less the entry has expired at once.",
	run: func(p *cacheProbe) {
		for _, d := range []time.Duration{0, -1} {
			for _, key := range p.writeEach(cache.After(d)) {
				p.misses(key)
			}
		}
	},
}}
