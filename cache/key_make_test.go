package cache_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
)

// MakeKey returns the final key that operations use.
// Django, make_key
func TestMakeKeyReturnsTheKeyThatOperationsUse(t *testing.T) {
	s := newMapStore()
	c := newCache(t, s, cache.Config{KeyPrefix: "shop", Version: 2})
	for _, opts := range [][]cache.Option{nil, {cache.Version(7)}} {
		mustSet(t, c, "k", "value", opts...)
		key, err := c.MakeKey(t.Context(), "k", opts...)
		if err != nil || s.raw(key) == nil {
			t.Errorf("MakeKey = %q, %v, and there is no such entry", key, err)
		}
	}
	if _, err := c.MakeKey(t.Context(), "k", cache.Version(-1)); !errors.Is(err, cache.ErrInvalidVersion) {
		t.Errorf("MakeKey: %v, want ErrInvalidVersion", err)
	}
}

// Version 0 of an alias is 1, and an option selects version 0.
func TestOnlyTheOptionSelectsVersionZero(t *testing.T) {
	c := newCache(t, newMapStore(), cache.Config{Version: 0})
	for want, opts := range map[string][]cache.Option{":1:k": nil, ":0:k": {cache.Version(0)}} {
		if key, err := c.MakeKey(t.Context(), "k", opts...); key != want || err != nil {
			t.Errorf("MakeKey with %v = %q, %v, want %q", opts, key, err, want)
		}
	}
}

// MakeKey refuses keys that the backend refuses.
// Django, validate_key
func TestMakeKeyRefusesWhatTheBackendRefuses(t *testing.T) {
	c := newCache(t, blankless{newMapStore()}, cache.Config{})
	if key, err := c.MakeKey(t.Context(), "a b"); !errors.Is(err, cache.ErrInvalidKey) || key != "" {
		t.Errorf("MakeKey = %q, %v, want ErrInvalidKey", key, err)
	}
}

// blankless is a store that takes no blanks in keys.
type blankless struct{ *mapStore }

func (blankless) CheckKey(key []byte) error {
	if strings.Contains(string(key), " ") {
		return cache.ErrInvalidKey
	}
	return nil
}

// ValidateKey refuses empty keys, blanks, control characters and more than 250 bytes.
// Django, validate_key
func TestValidateKeySaysWhatNotEveryBackendTakes(t *testing.T) {
	for key, want := range map[string]string{
		"": "empty", "a b": "blank", "a\x00": "control", "a\x7f": "control", strings.Repeat("k", 251): "251 bytes",
		strings.Repeat("é", 126): "252 bytes",
	} {
		if err := cache.ValidateKey(key); !errors.Is(err, cache.ErrInvalidKey) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want ErrInvalidKey with %q", key, err, want)
		}
	}
	for _, key := range []string{":1:k", strings.Repeat("k", 250), ":1:café"} {
		if err := cache.ValidateKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// Warnings about keys have a log level of their own.
func TestWarningsAboutKeysHaveALevelOfTheirOwn(t *testing.T) {
	book := new(logBook)
	c := newCache(t, newMapStore(), cache.Config{}, cache.WithLogger(slog.New(book)), cache.WithKeyWarningLevel(slog.LevelDebug))
	wantHas(t, c, "a b", false)
	mustSet(t, c, "k", numbered{1})
	_, _ = c.Get(t.Context(), "k", new(named))
	if got := book.entries(); len(got) != 2 || !strings.HasPrefix(got[0], "DEBUG") || !strings.HasPrefix(got[1], "WARN") {
		t.Errorf("logged %q, want the key at DEBUG and the other warning at WARN", got)
	}
}
