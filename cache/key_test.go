package cache_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
)

// The default key is prefix:version:key.
// Django, make_key
func TestTheDefaultKeyIsPrefixVersionKey(t *testing.T) {
	tests := []struct {
		prefix  string
		version int
		key     string
		want    string
	}{
		{"", 1, "foo", ":1:foo"},
		{"shop", 1, "foo", "shop:1:foo"},
		{"shop:eu", 12, "a:b", "shop:eu:12:a:b"},
		{"", 0, "", ":0:"},
	}
	for _, test := range tests {
		if got := cache.DefaultKey(test.prefix, test.version, test.key); got != test.want {
			t.Errorf("DefaultKey(%q, %d, %q) = %q, want %q", test.prefix, test.version, test.key, got, test.want)
		}
	}
}

// The store gets the final key, with the version of the call or else of the alias.
// Django, make_key
func TestTheStoreSeesTheFinalKey(t *testing.T) {
	tests := []struct {
		name string
		cfg  cache.Config
		opts []cache.Option
		want string
	}{
		{"without settings", cache.Config{}, nil, ":1:k"},
		{"prefix and version", cache.Config{KeyPrefix: "shop", Version: 3}, nil, "shop:3:k"},
		{"the version of the call", cache.Config{KeyPrefix: "shop", Version: 3}, []cache.Option{cache.Version(7)}, "shop:7:k"},
		{"version 0 of the call", cache.Config{Version: 3}, []cache.Option{cache.Version(0)}, ":0:k"},
		{"the last of two versions", cache.Config{}, []cache.Option{cache.Version(8), cache.Version(9)}, ":9:k"},
		{"a KeyFunc", cache.Config{KeyPrefix: "p", KeyFunc: hiddenPrefix}, nil, hiddenPrefix("p", 1, "k")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newMapStore()
			c := newCache(t, s, test.cfg)
			if err := c.SetBytes(t.Context(), "k", []byte("v"), test.opts...); err != nil {
				t.Fatal(err)
			}
			if s.raw(test.want) == nil {
				t.Errorf("nothing under %q", test.want)
			}
		})
	}
}

// Aliases of one store with different prefix, version or KeyFunc do not see each other.
func TestPrefixVersionAndKeyFuncIsolateAliasesOfOneStore(t *testing.T) {
	s := newMapStore()
	caches := []*cache.BaseCache{
		newCache(t, s, cache.Config{}),
		newCache(t, s, cache.Config{Version: 2}),
		newCache(t, s, cache.Config{KeyPrefix: "shop"}),
		newCache(t, s, cache.Config{KeyFunc: hiddenPrefix}),
	}
	for i, c := range caches {
		if err := c.Set(t.Context(), "k", i); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range caches {
		var got int
		if found, err := c.Get(t.Context(), "k", &got); !found || err != nil || got != i {
			t.Errorf("cache %d: %d, %v, %v", i, got, found, err)
		}
	}
	var got int
	if found, err := caches[0].Get(t.Context(), "k", &got, cache.Version(2)); !found || err != nil || got != 1 {
		t.Errorf("version 2 by option is not version 2 by settings: %d, %v, %v", got, found, err)
	}
}

// A negative version, and the one of larder's own records, are refused by every operation.
func TestANegativeOrReservedVersionIsRefusedByEveryOperation(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{})
	for version, want := range map[int]string{
		-1:            "-1 is negative",
		math.MinInt64: "-9223372036854775808 is negative",
		math.MaxInt64: "9223372036854775807 is reserved for larder's own records: take a smaller one",
	} {
		for name, op := range everyOperation {
			if concernsNoKey(name) {
				continue // it is for all versions
			}
			err := op(t.Context(), c, "k", cache.Version(version))
			if !errors.Is(err, cache.ErrInvalidVersion) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
	if s.total() != 0 {
		t.Errorf("the store was asked %d times", s.total())
	}
}

// A key that the store cannot hold is refused before any operation on the store.
func TestAStoreThatCannotHoldAKeyIsNotAskedForIt(t *testing.T) {
	s := newMapStore()
	c := newCache(t, struct {
		*mapStore
		withCounter
		withKeyChecker
	}{s, withCounter{s}, withKeyChecker{s}}, cache.Config{})
	check := func(name string, err error) {
		var wrapped *cache.Error
		if !errors.Is(err, cache.ErrInvalidKey) || !errors.As(err, &wrapped) || wrapped.Key != "a key" {
			t.Errorf("%s: %v", name, err)
		}
		if s.total() != 0 {
			t.Fatalf("%s did I/O", name)
		}
	}
	for name, op := range everyOperation {
		if !concernsNoKey(name) {
			check(name, op(t.Context(), c, "a key"))
		}
	}
	for name, op := range everyAsyncOperation {
		if !concernsNoKey(name) {
			check("asynchronous "+name, op(t.Context(), cache.Async(c), "a key"))
		}
	}
}

// An empty final key is refused and reaches no store.
func TestAnEmptyFinalKeyReachesNoStore(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{KeyFunc: func(_ string, _ int, key string) string { return key }})
	for name, op := range everyOperation {
		if concernsNoKey(name) {
			continue
		}
		err := op(t.Context(), c, "")
		if !errors.Is(err, cache.ErrInvalidKey) || !strings.Contains(err.Error(), "invalid key: the KeyFunc made an empty one") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.total() != 0 {
		t.Errorf("the store was asked %d times", s.total())
	}
}

// Clear with a KeyFunc that does not keep the prefix is ErrUnsupported.
func TestClearNeedsKeysThatBeginWithTheirPrefix(t *testing.T) {
	tests := []struct {
		name      string
		prefix    string
		f         cache.KeyFunc
		clearable bool
	}{
		{"default", "shop", nil, true},
		{"the default by name", "shop", cache.DefaultKey, true},
		{"default without prefix", "", cache.DefaultKey, true},
		{"upper case after the prefix", "shop", func(prefix string, version int, key string) string {
			return cache.DefaultKey(prefix, version, strings.ToUpper(key))
		}, true},
		{"hexadecimal", "shop", hiddenPrefix, false},
		{"no version", "shop", func(prefix string, _ int, key string) string { return prefix + ":" + key }, false},
		{"the prefix last", "shop", func(prefix string, version int, key string) string {
			return cache.DefaultKey(key, version, prefix)
		}, false},
		{"long keys made short", "shop", func(prefix string, version int, key string) string {
			if len(key) > 200 {
				return hiddenPrefix(prefix, version, key)[:200]
			}
			return cache.DefaultKey(prefix, version, key)
		}, false},
		{"blanks taken out of the whole", "shop", func(prefix string, version int, key string) string {
			if strings.Contains(key, " ") {
				return hiddenPrefix(prefix, version, key)
			}
			return cache.DefaultKey(prefix, version, key)
		}, false},
		{"another form for version 0", "shop", func(prefix string, version int, key string) string {
			if version == 0 {
				return prefix + key
			}
			return cache.DefaultKey(prefix, version, key)
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newMapStore()
			c := newCache(t, s, cache.Config{KeyPrefix: test.prefix, KeyFunc: test.f})
			if err := c.Set(t.Context(), "k", 1); err != nil {
				t.Fatal(err)
			}
			err := c.Clear(t.Context())
			there, hasErr := c.Has(t.Context(), "k")
			if hasErr != nil || there == test.clearable {
				t.Errorf("afterwards Has = %v, %v", there, hasErr)
			}
			if test.clearable {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, cache.ErrUnsupported) || !strings.Contains(err.Error(), "the KeyFunc does not keep the prefix") {
				t.Errorf("Clear: %v", err)
			}
			if s.count("Clear") != 0 {
				t.Error("the store was asked")
			}
		})
	}
}
