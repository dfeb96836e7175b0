package cachetest

import (
	"bytes"
	"context"
	"math"
	"strings"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

type level int8

var cacheValueCases = []cacheCase{{
	name: "cache/value/round-trip",
	rule: "What is read is what was stored: integers of all types, strings, byte slices, and what the codec encodes.",
	run: func(p *cacheProbe) {
		for _, value := range []any{
			0, -1, int64(math.MaxInt64), int64(math.MinInt64), int8(-8), int16(16), int32(-32), int64(64),
			uint(1), uint8(math.MaxUint8), uint16(16), uint32(math.MaxUint32), uint64(math.MaxInt64), uint64(math.MaxUint64),
			level(-3), time.Minute,
			"", "text", "5", "\x00\xff not UTF-8", strings.Repeat("long ", 1000),
			[]byte{}, []byte("bytes"), []byte("12"), bytes.Repeat([]byte{0xC4}, 5000),
			true, 1.5, math.Inf(1), [2]int{1, 2}, []string{"a", "b"}, map[string]int{"a": 1},
			record{Name: "a", Tags: []string{"x"}, N: 7}, &record{Name: "b"}, []record{{N: 1}, {N: 2}},
			time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		} {
			p.put(cacheKey, value)
			p.finds(cacheKey, value)
		}
	},
}, {
	name: "cache/value/bytes",
	rule: "GetBytes returns what SetBytes stored; a nil slice is stored as an empty one.",
	run: func(p *cacheProbe) {
		for _, value := range [][]byte{nil, {}, []byte("bytes"), []byte("7"), {0, 0xff}} {
			if err := p.cache.SetBytes(p.Context(), cacheKey, value); err != nil {
				p.Fatalf("SetBytes: %v", err)
			}
			got, found, err := p.cache.GetBytes(p.Context(), cacheKey)
			if err != nil || !found || got == nil || !bytes.Equal(got, value) {
				p.Errorf("GetBytes = %#v, %v, %v, want %#v", got, found, err, value)
			}
			p.finds(cacheKey, append([]byte{}, value...))
		}
	},
}, {
	name: "cache/value/isolated",
	rule: "Changing what was passed in or came out changes nothing in the cache.",
	run: func(p *cacheProbe) {
		value := []byte("value")
		p.put(cacheKey, value)
		value[0] = 'X'
		p.spoilBytes()
		p.finds(cacheKey, []byte("value"))

		r := &record{Name: "a", Tags: []string{"x"}}
		p.put(cacheKey, r)
		r.Tags[0] = "spoilt"
		var got *record
		if _, err := p.cache.Get(p.Context(), cacheKey, &got); err != nil {
			p.Fatal(err)
		}
		got.Tags[0] = "spoilt"
		p.finds(cacheKey, &record{Name: "a", Tags: []string{"x"}})
	},
}, {
	name: "cache/value/unencodable",
	rule: "A value that cannot be encoded is an error and stores nothing.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "old")
		unencodable := func() {}
		p.matches("Set", p.cache.Set(p.Context(), cacheKey, unencodable), cache.ErrUnencodable)
		p.finds(cacheKey, "old")
		_, err := p.cache.Add(p.Context(), "absent", unencodable)
		p.matches("Add", err, cache.ErrUnencodable)
		p.misses("absent")
		failed, err := p.cache.SetMany(p.Context(), map[string]any{"absent": "value", "unencodable": unencodable})
		p.matches("SetMany", err, cache.ErrUnencodable)
		if len(failed) != 2 {
			p.Errorf("SetMany failed for %q, want both keys", failed)
		}
		p.misses("absent")
	},
}, {
	name: "cache/value/compressed",
	rule: "Entries live on when the compression of their alias is changed.",
	run: func(p *cacheProbe) {
		text := strings.Repeat("compressible ", 1000)
		settings := []cache.Config{
			{KeyPrefix: "shop"},
			{KeyPrefix: "shop", Compression: codec.Zstd},
			{KeyPrefix: "shop", Compression: codec.S2, CompressMin: 1},
		}
		for _, writer := range settings {
			p.with(writer).put(cacheKey, text)
			for _, reader := range settings {
				p.with(reader).finds(cacheKey, text)
			}
		}
	},
}, {
	name:  "cache/value/too-large",
	rule:  "A value over the backend's limit is ErrTooLarge and leaves no old value behind.",
	needs: limited,
	run: func(p *cacheProbe) {
		large := make([]byte, p.h.MaxValueSize+1)
		p.put(cacheKey, "old")
		p.matches("Set", p.cache.Set(p.Context(), cacheKey, large), cache.ErrTooLarge)
		p.misses(cacheKey)
		load := cache.LoaderFunc(func(context.Context) (cache.Loaded, error) { return cache.Loaded{Value: large}, nil })
		var got []byte
		outcome, err := p.cache.Fill(p.Context(), cacheKey, &got, load)
		if err != nil || len(got) != len(large) || outcome.Stored {
			p.Errorf("Fill = %d bytes, %+v, %v, want the value, not stored", len(got), outcome, err)
		}
		p.matches("the Outcome", outcome.Err, cache.ErrTooLarge)
		p.misses(cacheKey)
	},
}}

// spoilBytes overwrites what every reading operation returns for cacheKey.
func (p *cacheProbe) spoilBytes() {
	p.Helper()
	var got []byte
	if _, err := p.cache.Get(p.Context(), cacheKey, &got); err != nil {
		p.Fatal(err)
	}
	again, _, err := p.cache.GetBytes(p.Context(), cacheKey)
	if err != nil {
		p.Fatal(err)
	}
	values, err := p.cache.GetMany(p.Context(), []string{cacheKey})
	if err != nil {
		p.Fatal(err)
	}
	many, err := values[cacheKey].Bytes()
	if err != nil {
		p.Fatal(err)
	}
	for _, b := range [][]byte{got, again, many} {
		clear(b)
	}
}
