package cachetest

import (
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
	"truncated header":    string(envelope.Header{Kind: envelope.KindNil}.Append(nil)[:10]),
	"of an unknown kind":  string(envelope.Header{Kind: 99}.Append(nil)),
	"of another codec":    string(envelope.Header{Kind: envelope.KindEncoded, Codec: 200, Length: 4}.Append(nil)) + "data",
	"unknown compression": string(envelope.Header{Kind: envelope.KindString, Compression: 200, Length: 4}.Append(nil)) + "data",
	"a decompression bomb": string(codec.Zstd.Compress(
		envelope.Header{Kind: envelope.KindString, Compression: codec.Zstd.ID(), Length: 1 << 31}.Append(nil), make([]byte, 1000))),
}

// spoiltPayload are entries of which only the whole shows that they cannot be
// read: operations that look at the head take them for good ones.
var spoiltPayload = map[string]string{
	"truncated payload":     string(envelope.Header{Kind: envelope.KindString, Length: 100}.Append(nil)) + "only this",
	"overlong payload":      string(envelope.Header{Kind: envelope.KindString, Length: 1}.Append(nil)) + strings.Repeat("more ", 10),
	"spoilt compression":    string(envelope.Header{Kind: envelope.KindString, Compression: codec.Zstd.ID(), Length: 100}.Append(nil)) + "not zstd at all",
	"spoilt encoding":       string(envelope.Header{Kind: envelope.KindEncoded, Codec: codec.CBOR.ID(), Length: 10}.Append(nil)) + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	"truncated to a header": string(envelope.Header{Kind: envelope.KindString, Length: 100}.Append(nil)),
}

func laterVersion() string {
	raw := append(envelope.Header{Kind: envelope.KindString, Length: 4}.Append(nil), "data"...)
	raw[2]++
	return string(raw)
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
		p.eachUnreadable(unreadable, func(p *cacheProbe, plant func()) {
			plant()
			p.misses(cacheKey)
			for _, op := range []string{"Get", "GetBytes", "Has", "GetMany"} {
				p.events.mu.Lock()
				p.events.events = nil
				p.events.mu.Unlock()
				p.misses(cacheKey)
				p.reported(op, cache.EventCorrupt)
			}
		})
	},
}, {
	name: "cache/unreadable/add",
	rule: "Add treats such an entry as absent.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(unreadable, func(p *cacheProbe, plant func()) {
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
		p.eachUnreadable(unreadable, func(p *cacheProbe, plant func()) {
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
		p.eachUnreadable(unreadable, func(p *cacheProbe, plant func()) {
			plant()
			_, err := p.cache.IncrVersion(p.Context(), cacheKey, 1)
			p.matches("IncrVersion", err, cache.ErrNotFound)
		})
	},
}, {
	name: "cache/unreadable/set-replaces",
	rule: "Set stores value, whatever was there.",
	run: func(p *cacheProbe) {
		p.eachUnreadable(unreadable, func(p *cacheProbe, plant func()) {
			plant()
			p.put(cacheKey, "new")
			p.finds(cacheKey, "new")
		})
	},
}, {
	name: "cache/unreadable/get-or-set-replaces",
	rule: "A miss that was a corrupt or foreign or newer-version entry is replaced, so that it is not computed anew at every call.",
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
