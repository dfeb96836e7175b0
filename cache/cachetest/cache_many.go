package cachetest

import (
	"maps"
	"slices"

	"github.com/larder-go/larder/cache"
)

var cacheManyCases = []cacheCase{{
	name: "cache/many/get-what-is-there",
	rule: "GetMany returns only what is there, under the caller's keys; keys may repeat.",
	run: func(p *cacheProbe) {
		p.put("a", "A")
		p.put("b", "")
		p.put("c", nil)
		values, err := cache.For[*string](p.cache).GetMany(p.Context(), []string{"a", "missing", "b", "c", "a"})
		if err != nil {
			p.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(values)); !slices.Equal(got, []string{"a", "b", "c"}) {
			p.Fatalf("GetMany returned keys %q, want a, b, c", got)
		}
		if a, b := values["a"], values["b"]; a == nil || *a != "A" || b == nil || *b != "" || values["c"] != nil {
			p.Errorf("GetMany = %v, want A, an empty string and nil", values)
		}
	},
}, {
	name: "cache/many/set-and-delete",
	rule: "SetMany stores all items with one timeout; DeleteMany removes them.",
	run: func(p *cacheProbe) {
		failed, err := p.cache.SetMany(p.Context(), map[string]any{"a": "A", "b": 7, "c": nil, "d": record{Name: "d"}}, cache.After(p.h.short()))
		if len(failed) != 0 || err != nil {
			p.Fatalf("SetMany = %q, %v, want no failure", failed, err)
		}
		p.finds("a", "A")
		p.finds("b", 7)
		p.finds("c", (*int)(nil))
		p.finds("d", record{Name: "d"})
		if err := p.cache.DeleteMany(p.Context(), []string{"a", "b", "missing", "a"}); err != nil {
			p.Fatal(err)
		}
		p.misses("a")
		p.misses("b")
		p.expiresAfter(p.h.short(), "c", "d")
	},
}, {
	name: "cache/many/nothing",
	rule: "Empty input is a no-op.",
	run: func(p *cacheProbe) {
		values, err := p.cache.GetMany(p.Context(), nil)
		if len(values) != 0 || err != nil {
			p.Errorf("GetMany of no keys = %v, %v", values, err)
		}
		failed, err := p.cache.SetMany(p.Context(), nil)
		if len(failed) != 0 || err != nil {
			p.Errorf("SetMany of no items = %v, %v", failed, err)
		}
		if err := p.cache.DeleteMany(p.Context(), nil); err != nil {
			p.Errorf("DeleteMany of no keys: %v", err)
		}
	},
}, {
	name:  "cache/many/too-large",
	rule:  "SetMany returns the caller's keys that failed.",
	needs: limited,
	run: func(p *cacheProbe) {
		failed, err := p.cache.SetMany(p.Context(), map[string]any{"small": "value", "large": make([]byte, p.h.MaxValueSize+1)})
		p.matches("SetMany", err, cache.ErrTooLarge)
		if !slices.Equal(failed, []string{"large"}) {
			p.Errorf("SetMany failed for %q, want large", failed)
		}
		p.finds("small", "value")
		p.misses("large")
	},
}}
