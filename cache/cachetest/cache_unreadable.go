package cachetest

import (
	"maps"
	"strings"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/envelope"
)

// unreadable are entries that a cache may meet and cannot read, by what is the
// matter with them.
var unreadable = map[string]string{
	"empty":               "",
	"foreign, short":      "hello",
	"foreign, long":       strings.Repeat("not an entry of larder ", 10),
	"almost an integer":   "+7",
	"of a later version":  laterVersion(),
	"truncated header":    sealed(envelope.Header{Kind: envelope.KindNil}, "")[:10],
	"of no kind":          sealed(envelope.Header{Kind: 0}, ""),
	"of another codec":    sealed(envelope.Header{Kind: envelope.KindEncoded, Codec: 200, Length: 4}, "data"),
	"unknown compression": sealed(envelope.Header{Kind: envelope.KindString, Compression: 200, Length: 4}, "data"),
	"a decompression bomb": sealed(envelope.Header{Kind: envelope.KindString, Compression: codec.Zstd.ID(), Length: 1 << 31},
		string(codec.Zstd.Compress(nil, make([]byte, 1000)))),
}

// spoiltPayload are entries of which only the whole shows that they cannot be
// read: operations that look at the head take them for good ones.
var spoiltPayload = map[string]string{
	"truncated payload":     sealed(envelope.Header{Kind: envelope.KindString, Length: 100}, "only this"),
	"overlong payload":      sealed(envelope.Header{Kind: envelope.KindString, Length: 1}, strings.Repeat("more ", 10)),
	"spoilt compression":    sealed(envelope.Header{Kind: envelope.KindString, Compression: codec.Zstd.ID(), Length: 100}, "not zstd at all"),
	"spoilt encoding":       sealed(envelope.Header{Kind: envelope.KindEncoded, Codec: codec.CBOR.ID(), Length: 10}, strings.Repeat("\xff", 10)),
	"truncated to a header": sealed(envelope.Header{Kind: envelope.KindString, Length: 100}, ""),
}

// reserved are entries that a later release may write, which has tags and leases.
var reserved = map[string]string{
	"of a later kind": sealed(envelope.Header{Kind: envelope.KindInteger + 1, Codec: 1, Type: 7, Length: 1}, ""),
	"with a flag":     flagged(),
}

// sealed returns an entry as the cache stores it.
func sealed(h envelope.Header, payload string) string {
	raw := append(h.Append(nil), payload...)
	envelope.Seal(raw)
	return string(raw)
}

func laterVersion() string {
	raw := []byte(sealed(envelope.Header{Kind: envelope.KindString, Length: 4}, "data"))
	raw[2]++
	return string(raw)
}

func flagged() string {
	raw := []byte(sealed(envelope.Header{Kind: envelope.KindString, Length: 4}, "a section of its own, and data"))
	raw[7] = 1
	envelope.Seal(raw)
	return string(raw)
}

// absent are all entries that are absent to every operation that looks at their
// head.
func absent() map[string]string {
	all := maps.Clone(unreadable)
	maps.Copy(all, reserved)
	return all
}

// eachUnreadable calls f for each of entries, with a function that stores it
// under cacheKey.
func (p *cacheProbe) eachUnreadable(entries map[string]string, f func(p *cacheProbe, plant func())) {
	p.Helper()
	for what, raw := range entries {
		failedBefore := p.Failed()
		f(p, func() { p.set(finalKey(cacheKey), raw, driver.Never) })
		if p.Failed() && !failedBefore {
			p.Errorf("that was with an entry that is %s", what)
		}
	}
}

var cacheUnreadableCases = []cacheCase{{
	name: "cache/unreadable/read",
	rule: "A corrupt or foreign entry is a miss that is reported.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(absent(), func(p *cacheProbe, plant func()) {
			plant()
			p.misses(cacheKey)
			for _, op := range []string{"Get", "GetBytes", "Has", "GetMany"} {
				p.events.forget()
				p.misses(cacheKey)
				p.reported(op, cache.EventCorrupt)
			}
		})
	},
}, {
	name: "cache/unreadable/add",
	rule: "Add treats such an entry as absent.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(absent(), func(p *cacheProbe, plant func()) {
			plant()
			p.addsValue(cacheKey, "new", true)
			p.reported("Add", cache.EventCorrupt)
			p.finds(cacheKey, "new")
		})
	},
}, {
	name: "cache/unreadable/touch",
	rule: "Touch treats such an entry as absent.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(absent(), func(p *cacheProbe, plant func()) {
			plant()
			p.touches(cacheKey, false)
			p.reported("Touch", cache.EventCorrupt)
			p.touches(cacheKey, false, cache.After(0))
		})
	},
}, {
	name: "cache/unreadable/incr-version",
	rule: "IncrVersion of such an entry is ErrNotFound.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(absent(), func(p *cacheProbe, plant func()) {
			plant()
			_, err := p.cache.IncrVersion(p.Context(), cacheKey, 1)
			p.matches("IncrVersion", err, cache.ErrNotFound)
		})
	},
}, {
	name: "cache/unreadable/set-replaces",
	rule: "Set stores value, whatever was there.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(absent(), func(p *cacheProbe, plant func()) {
			plant()
			p.put(cacheKey, "new")
			p.finds(cacheKey, "new")
		})
	},
}, {
	name: "cache/unreadable/get-or-set-replaces",
	rule: "A miss that was a corrupt or foreign or newer-version entry is replaced, so that it is not computed again at every call.",
	run: func(p *cacheProbe) {
		for _, entries := range []map[string]string{unreadable, spoiltPayload} {
			p.eachUnreadable(entries, func(p *cacheProbe, plant func()) {
				plant()
				if got := p.load(cacheKey, "new"); got != "new" {
					p.Errorf("GetOrSet = %q, want what was loaded", got)
				}
				if got := p.load(cacheKey, "again"); got != "new" {
					p.Errorf("the second GetOrSet = %q, want a hit", got)
				}
			})
		}
	},
}, {
	name: "cache/unreadable/get-or-set-leaves-reserved",
	rule: "A load leaves an entry that only a later release can read: the two would replace each other's for ever.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(reserved, func(p *cacheProbe, plant func()) {
			plant()
			before, _ := p.store.Get(p.Context(), []byte(finalKey(cacheKey)))
			for _, value := range []string{"first", "second"} {
				if got := p.load(cacheKey, value); got != value {
					p.Errorf("GetOrSet = %q, want what was loaded", got)
				}
			}
			if after, err := p.store.Get(p.Context(), []byte(finalKey(cacheKey))); err != nil || string(after) != string(before) {
				p.Errorf("GetOrSet left %q, %v, want the entry that was there", after, err)
			}
		})
	},
}, {
	name: "cache/unreadable/payload",
	rule: "A corrupt entry is a miss that is reported, never a panic.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(spoiltPayload, func(p *cacheProbe, plant func()) {
			plant()
			for range 2 {
				var dst string
				if found, err := p.cache.Get(p.Context(), cacheKey, &dst); found || err != nil || dst != "" {
					p.Errorf("Get = %q, %v, %v, want a miss", dst, found, err)
				}
				p.reported("Get", cache.EventCorrupt)
			}
			if values, err := cache.For[string](p.cache).GetMany(p.Context(), []string{cacheKey}); len(values) != 0 || err != nil {
				p.Errorf("GetMany = %v, %v, want nothing", values, err)
			}
		})
	},
}, {
	name:  "cache/unreadable/damaged",
	rule:  "An entry that the store finds damaged is a miss that is reported, and is replaced.",
	needs: damaging,
	run: func(p *cacheProbe) {
		spoil := func() {
			p.put(cacheKey, strings.Repeat("old ", 20))
			p.h.Damage(p.TB, p.store, []byte(finalKey(cacheKey)))
		}
		spoil()
		p.misses(cacheKey)
		p.addsValue(cacheKey, "new", true)
		p.finds(cacheKey, "new")
		spoil()
		p.touches(cacheKey, false)
		spoil()
		if got := p.load(cacheKey, "loaded"); got != "loaded" {
			p.Errorf("GetOrSet = %q, want what was loaded", got)
		}
		p.finds(cacheKey, "loaded")
	},
}}
