package cachetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/keys"
)

// invalidates invalidates tags.
func (p *cacheProbe) invalidates(tags ...string) {
	p.Helper()
	if err := p.cache.InvalidateTags(p.Context(), tags...); err != nil {
		p.Errorf("InvalidateTags(%q): %v", tags, err)
	}
}

// storingWithTags are all ways to store the string "value" under cacheKey with tags.
var storingWithTags = map[string]func(*cacheProbe, ...string) error{
	"Set": func(p *cacheProbe, tags ...string) error {
		return p.cache.Set(p.Context(), cacheKey, "value", cache.Tags(tags...))
	},
	"SetMany": func(p *cacheProbe, tags ...string) error {
		_, err := p.cache.SetMany(p.Context(), map[string]any{cacheKey: "value", "other": "other"}, cache.Tags(tags...))
		return err
	},
	"Add": func(p *cacheProbe, tags ...string) error {
		added, err := p.cache.Add(p.Context(), cacheKey, "value", cache.Tags(tags...))
		if err == nil && !added {
			err = errors.New("nothing was added")
		}
		return err
	},
	"GetOrSet": func(p *cacheProbe, tags ...string) error {
		got, err := cache.For[string](p.cache).GetOrSetValue(p.Context(), cacheKey, "value", cache.Tags(tags...))
		if err == nil && got != "value" {
			err = fmt.Errorf("GetOrSet = %q", got)
		}
		return err
	},
	"an asynchronous Set": func(p *cacheProbe, tags ...string) error {
		_, err := cache.Async(p.cache).Set(p.Context(), cacheKey, "value", cache.Tags(tags...)).Await(p.Context())
		return err
	},
}

// fillLate loads "value" under cacheKey with tags that only the load names, and reports
// whether it was stored. meanwhile is called by the load.
func (p *cacheProbe) fillLate(meanwhile func(), tags ...string) (stored bool) {
	p.Helper()
	var got string
	outcome, err := p.cache.Fill(p.Context(), cacheKey, &got, cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
		meanwhile()
		return cache.Loaded{Value: "value", Tags: tags}, nil
	}))
	if got != "value" || err != nil {
		p.Errorf("Fill = %q, %+v, %v", got, outcome, err)
	}
	return outcome.Stored
}

// nothing happens.
func nothing() {}

var cacheTagCases = []cacheCase{{
	name: "cache/tags/invalidate",
	rule: "An entry is a hit until one of its tags is invalidated, and a miss afterwards.",
	run: func(p *cacheProbe) {
		for how, store := range storingWithTags {
			for _, tag := range []string{"a", "b"} {
				if err := store(p, "a", "b"); err != nil {
					p.Fatalf("%s: %v", how, err)
				}
				p.finds(cacheKey, "value")
				p.invalidates("c", "A", "ab")
				p.finds(cacheKey, "value")
				p.has(cacheKey, true)
				p.invalidates("x", tag)
				p.misses(cacheKey)
				p.touches(cacheKey, false)
				if p.Failed() {
					p.Fatalf("that was with %s", how)
				}
			}
		}
	},
}, {
	name: "cache/tags/untagged",
	rule: "Entries without tags stay; Set without tags stores such.",
	run: func(p *cacheProbe) {
		p.put("plain", "value")
		p.put(cacheKey, "value", cache.Tags("a"))
		p.put(cacheKey, "value")
		p.invalidates("a")
		p.finds("plain", "value")
		p.finds(cacheKey, "value")
	},
}, {
	name: "cache/tags/values",
	rule: "Values of every kind can have tags, integers too.",
	run: func(p *cacheProbe) {
		tags := cache.Tags("a")
		values := []any{int64(7), -1, "", "text", []byte{}, []byte("bytes"), record{Name: "n", Tags: []string{"t"}}}
		for _, value := range values {
			p.put(cacheKey, value, tags)
			p.finds(cacheKey, value)
		}
		if err := p.cache.SetBytes(p.Context(), cacheKey, []byte("bytes"), tags); err != nil {
			p.Errorf("SetBytes: %v", err)
		}
		if got, found, err := p.cache.GetBytes(p.Context(), cacheKey); string(got) != "bytes" || !found || err != nil {
			p.Errorf("GetBytes = %q, %v, %v", got, found, err)
		}
		p.put(cacheKey, nil, tags)
		if got, found, err := cache.For[*record](p.cache).Get(p.Context(), cacheKey); got != nil || !found || err != nil {
			p.Errorf("Get of nil = %v, %v, %v", got, found, err)
		}
		p.put(cacheKey, "native", tags, cache.Native)
		p.finds(cacheKey, "native")
		p.invalidates("a")
		p.misses(cacheKey)
	},
}, {
	name:  "cache/tags/counter",
	rule:  "An integer with tags is no counter: Incr is ErrNotInteger.",
	needs: Counter,
	run: func(p *cacheProbe) {
		p.put(cacheKey, 7, cache.Tags("a"))
		_, err := p.cache.Incr(p.Context(), cacheKey, 1)
		p.matches("Incr", err, cache.ErrNotInteger)
		p.finds(cacheKey, 7)
	},
}, {
	name: "cache/tags/add",
	rule: "Add stores instead of an entry whose tag was invalidated, and not instead of another.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "old", cache.Tags("a"))
		p.addsValue(cacheKey, "new", false)
		p.invalidates("a")
		p.addsValue(cacheKey, "new", true)
		p.finds(cacheKey, "new")
	},
}, {
	name: "cache/tags/load",
	rule: "GetOrSet loads what was invalidated, and stores it.",
	run: func(p *cacheProbe) {
		tags := cache.Tags("a")
		for _, value := range []string{"first", "second"} {
			if got := p.load(cacheKey, value, tags); got != value {
				p.Errorf("GetOrSet = %q, want %q", got, value)
			}
			if got := p.load(cacheKey, "wrong", tags); got != value {
				p.Errorf("GetOrSet = %q, want %q, a hit", got, value)
			}
			p.invalidates("a")
		}
	},
}, {
	name: "cache/tags/while-loading",
	rule: "What is loaded while a tag of it is invalidated is a miss afterwards, and is not handed to those who ask afterwards.",
	run: func(p *cacheProbe) {
		later := make(chan string, 1)
		got, err := cache.For[string](p.cache).GetOrSet(p.Context(), cacheKey, func(context.Context) (string, error) {
			p.invalidates("a")
			go func() { later <- p.load(cacheKey, "new", cache.Tags("a"), cache.LeaseWait(0)) }()
			return "old", nil
		}, cache.Tags("a"))
		if got != "old" || err != nil {
			p.Errorf("GetOrSet = %q, %v", got, err)
		}
		if got := <-later; got != "new" {
			p.Errorf("GetOrSet that began after the invalidation = %q, want what it has loaded", got)
		}
		var dst string
		if found, err := p.cache.Get(p.Context(), cacheKey, &dst); found && dst != "new" || err != nil {
			p.Errorf("Get = %q, %v, %v", dst, found, err)
		}
	},
}, {
	name: "cache/tags/late",
	rule: "Tags that the load itself has named count like others, if none of them was invalidated since it began.",
	run: func(p *cacheProbe) {
		p.fillLate(nothing, "first") // from here on the namespace has a count
		for _, during := range []bool{false, true} {
			p.cleared()
			meanwhile := nothing
			if during {
				meanwhile = func() { p.invalidates("late") }
			}
			p.fillLate(meanwhile, "late", "second")
			p.has(cacheKey, !during)
			p.invalidates("late")
			p.misses(cacheKey)
		}
		p.fillLate(func() { p.invalidates("fresh") }, "fresh") // which nobody has used before
		p.misses(cacheKey)
	},
}, {
	name: "cache/tags/late-twice",
	rule: "A record that a load makes after an invalidation does not let another load store what is older than that.",
	run: func(p *cacheProbe) {
		p.put("other", "value", cache.Tags("other")) // there is a count
		var inner, dst string
		_, err := p.cache.Fill(p.Context(), "outer", &dst, cache.LoaderFunc(func(ctx context.Context) (cache.Loaded, error) {
			_, err := p.cache.Fill(ctx, cacheKey, &inner, cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
				p.invalidates("late")
				return cache.Loaded{Value: "old", Tags: []string{"late"}}, nil
			}))
			return cache.Loaded{Value: "old", Tags: []string{"late"}}, err
		}))
		if dst != "old" || inner != "old" || err != nil {
			p.Errorf("Fill = %q, %q, %v", dst, inner, err)
		}
		p.misses("outer")
		p.misses(cacheKey)
	},
}, {
	name: "cache/tags/late-stored",
	rule: "A value with late tags is stored unless one of them may have been invalidated.",
	run: func(p *cacheProbe) {
		p.put("other", "value", cache.Tags("known"))
		p.cleared()
		if !p.fillLate(nothing, "new") || !p.fillTwice(nothing, "new") {
			p.Errorf("it was not stored")
		}
	},
}, {
	name: "cache/tags/soft",
	rule: "What was invalidated softly is a miss to every read.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.Tags("a"))
		if err := p.cache.InvalidateTagsSoft(p.Context(), "a"); err != nil {
			p.Errorf("InvalidateTagsSoft: %v", err)
		}
		p.misses(cacheKey)
		if got := p.load(cacheKey, "new", cache.Tags("a")); got != "new" {
			p.Errorf("GetOrSet = %q, want what was loaded", got)
		}
		p.finds(cacheKey, "new")
	},
}, {
	name:  "cache/tags/process",
	rule:  "An invalidation counts in every process.",
	needs: sharing,
	run: func(p *cacheProbe) {
		other := p.with(cache.Config{KeyPrefix: "shop"})
		for range 3 {
			p.put(cacheKey, "value", cache.Tags("a"))
			other.finds(cacheKey, "value")
			other.invalidates("b")
			other.finds(cacheKey, "value")
			other.invalidates("a")
			p.misses(cacheKey)
			other.put(cacheKey, "value", cache.Tags("a"))
			p.finds(cacheKey, "value")
			p.invalidates("a")
			other.misses(cacheKey)
		}
	},
}, {
	name: "cache/tags/namespace",
	rule: "An invalidation is of one prefix, and of all versions.",
	run: func(p *cacheProbe) {
		other := p.with(cache.Config{KeyPrefix: "office"})
		other.put(cacheKey, "value", cache.Tags("a"))
		p.put(cacheKey, "value", cache.Tags("a"), cache.Version(3))
		p.invalidates("a")
		other.finds(cacheKey, "value")
		p.misses(cacheKey, cache.Version(3))
	},
}, {
	name: "cache/tags/many",
	rule: "GetMany finds those whose tags are valid.",
	run: func(p *cacheProbe) {
		for _, tag := range []string{"a", "b", "c"} {
			p.put(tag, tag, cache.Tags(tag))
		}
		p.put("plain", "plain")
		p.invalidates("b")
		for range 2 {
			values, err := p.cache.GetMany(p.Context(), []string{"a", "b", "c", "plain", "missing"})
			if found := slices.Sorted(maps.Keys(values)); !slices.Equal(found, []string{"a", "c", "plain"}) || err != nil {
				p.Errorf("GetMany found %q, %v", found, err)
			}
		}
	},
}, {
	name: "cache/tags/moved",
	rule: "IncrVersion keeps the tags, and an asynchronous read heeds them.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.Tags("a"))
		if _, err := p.cache.IncrVersion(p.Context(), cacheKey, 1); err != nil {
			p.Errorf("IncrVersion: %v", err)
		}
		p.finds(cacheKey, "value", cache.Version(2))
		var dst string
		found, err := cache.Async(p.cache).Get(p.Context(), cacheKey, &dst, cache.Version(2)).Await(p.Context())
		p.reports("asynchronous Get", cacheKey, true)(found, err)
		p.invalidates("a")
		p.misses(cacheKey, cache.Version(2))
		found, err = cache.Async(p.cache).Get(p.Context(), cacheKey, &dst, cache.Version(2)).Await(p.Context())
		p.reports("asynchronous Get", cacheKey, false)(found, err)
		_, err = p.cache.IncrVersion(p.Context(), cacheKey, 1, cache.Version(2))
		p.matches("IncrVersion", err, cache.ErrNotFound)
	},
}, {
	name: "cache/tags/clear",
	rule: "Clear removes what is known of tags, too.",
	run: func(p *cacheProbe) {
		p.put(cacheKey, "value", cache.Tags("a"))
		if err := p.cache.Clear(p.Context()); err != nil {
			p.Errorf("Clear: %v", err)
		}
		p.misses(cacheKey)
		p.put(cacheKey, "new", cache.Tags("a"))
		p.finds(cacheKey, "new")
		p.invalidates("a")
		p.misses(cacheKey)
	},
}, {
	name:  "cache/tags/lost",
	rule:  "If the store loses the count or a record, the entries are misses, and what is invalidated meanwhile never comes back.",
	needs: sharing,
	run: func(p *cacheProbe) {
		for range 2 {
			for _, lost := range p.tagKeys("a") {
				p.put(cacheKey, "value", cache.Tags("a"))
				p.put("same", "value", cache.Tags("a"))
				p.invalidates("b") // so that the count is not that of the entry
				p.finds(cacheKey, "value")
				if _, _, err := p.tagStore().Delete(p.Context(), []byte(lost)); err != nil {
					p.Fatal(err)
				}
				p.invalidates("b")
				p.misses(cacheKey)
				if lost == p.tagKeys("a")[0] {
					p.invalidates("a") // while there is no count
				}
				p.put("third", "value", cache.Tags("a"))
				p.finds("third", "value")
				p.misses(cacheKey)
				p.invalidates("a")
				p.misses("same")
				p.misses("third")
			}
		}
	},
}, {
	name:  "cache/tags/damaged",
	rule:  "What is no count or no record makes misses, and the next load replaces it.",
	needs: sharing,
	run: func(p *cacheProbe) {
		for _, damaged := range p.tagKeys("a") {
			for _, damage := range []string{"x", "12x", strings.Repeat("z", 100)} {
				p.put(cacheKey, "value", cache.Tags("a"))
				p.invalidates("b")
				if err := p.tagStore().Set(p.Context(), []byte(damaged), []byte(damage), driver.Never); err != nil {
					p.Fatal(err)
				}
				p.misses(cacheKey)
				if damage != "x" {
					p.invalidates("a")
				}
				p.put(cacheKey, "new", cache.Tags("a"))
				p.finds(cacheKey, "new")
				p.invalidates("a")
				p.misses(cacheKey)
			}
		}
	},
}, {
	name: "cache/tags/limits",
	rule: "Too many tags, an empty one and one that is too long are ErrInvalidOption, and nothing is stored.",
	run: func(p *cacheProbe) {
		var many []string
		for i := range cache.MaxTags + 1 {
			many = append(many, fmt.Sprint("tag", i))
		}
		long := strings.Repeat("x", cache.MaxTagLength)
		p.put(cacheKey, "value", cache.Tags(append(many[:cache.MaxTags-1:cache.MaxTags-1], long)...), cache.Tags(many[0], long))
		p.finds(cacheKey, "value")
		for _, tags := range [][]string{many, {""}, {"a", long + "x"}} {
			p.matches("Set", p.cache.Set(p.Context(), "k", "value", cache.Tags(tags...)), cache.ErrInvalidOption)
			_, err := p.cache.Fill(p.Context(), "k", new(string), cache.LoaderFunc(func(context.Context) (cache.Loaded, error) {
				return cache.Loaded{Value: "value", Tags: tags}, nil
			}))
			p.matches("Fill", err, cache.ErrInvalidOption)
			p.misses("k")
		}
		p.matches("InvalidateTags", p.cache.InvalidateTags(p.Context(), "a", ""), cache.ErrInvalidOption)
		p.invalidates()
		p.invalidates(many...)
		p.misses(cacheKey)
	},
}, {
	name: "cache/tags/asynchronous",
	rule: "The asynchronous forms invalidate, too.",
	run: func(p *cacheProbe) {
		async := cache.Async(p.cache)
		for _, invalidate := range []func(context.Context, ...string) *cache.Future[struct{}]{async.InvalidateTags, async.InvalidateTagsSoft} {
			p.put(cacheKey, "value", cache.Tags("a"))
			if _, err := invalidate(p.Context(), "a").Await(p.Context()); err != nil {
				p.Errorf("asynchronous InvalidateTags: %v", err)
			}
			p.misses(cacheKey)
		}
	},
}}

// fillTwice is fillLate after a deletion.
func (p *cacheProbe) fillTwice(meanwhile func(), tags ...string) (stored bool) {
	p.Helper()
	if _, err := p.cache.Delete(p.Context(), cacheKey); err != nil {
		p.Errorf("Delete: %v", err)
	}
	return p.fillLate(meanwhile, tags...)
}

// cleared deletes cacheKey.
func (p *cacheProbe) cleared() {
	p.Helper()
	if _, err := p.cache.Delete(p.Context(), cacheKey); err != nil {
		p.Errorf("Delete: %v", err)
	}
}

// tagKeys returns the keys of what is stored of a tag.
func (p *cacheProbe) tagKeys(tag string) (all []string) {
	for _, name := range []string{keys.TagCount, keys.HashTag(tag).Record()} {
		all = append(all, string(driver.Namespace{Prefix: "shop"}.ReservedKey(nil, name)))
	}
	return all
}

// tagStore is the store in which the records are.
func (p *cacheProbe) tagStore() driver.Store {
	if spaces, ok := p.store.(driver.Namespacer); ok {
		return spaces.In(driver.Namespace{Prefix: "shop"})
	}
	return p.store
}
