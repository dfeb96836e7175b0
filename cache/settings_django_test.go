package cache_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/proportion"
)

// Django's settings are understood, or refused with what to write instead.
// Django, CACHES
func TestWhatDjangosSettingsSayOtherwiseIsRefusedWithTheCure(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": {"KEY_FUNCTION": "path.to.func"}}`:      `unknown member "KEY_FUNCTION": it is called key_func`,
		`{"a": {"MAX_ENTRIES": 1000}}`:                 `unknown member "MAX_ENTRIES": it is one of the backend's options`,
		`{"a": {"CULL_FREQUENCY": 3}}`:                 `unknown member "CULL_FREQUENCY": leave it out`,
		`{"a": {"prefix": "shop"}}`:                    `it is called key_prefix`,
		`{"a": {"LOCATION": ["a:1", "b:1"]}}`:          `location is a list: it must be one string; several Memcached servers are memcached://10.0.0.1:11211,10.0.0.2:11211`,
		`{"a": {"TIMEOUT": None}}`:                     `line 1, column 19: JSON: invalid character 'N' looking for beginning of value: None is null in JSON`,
		`{"a": {"TIMEOUT": "None"}}`:                   `or "never", which Django's None is`,
		`{'a': {}}`:                                    `strings have double quotes in JSON`,
		`{"a": {"OPTIONS": {"x": True}}}`:              `True is true in JSON`,
		"{# caches\n}":                                 `JSON has no comments`,
		`{"a": {"OPTIONS": {"A": 1, "a": 2}}}`:         `option "a" is given twice`,
		`{"a": "memcached://a;b"}`:                     `the hosts have semicolons between them: write commas`,
		`{"a": "memcached://u:s3cr3t;@a:1;b:2"}`:       `the hosts have semicolons between them: write commas`,
		`{"a": "memory://?TIMEOUT=5"}`:                 `unknown parameter "TIMEOUT": in a URL it is called timeout`,
		`{"a": "memory://?key_prefix=shop"}`:           `unknown parameter "key_prefix": in a URL it is called prefix`,
		`{"a": "memory://?KEY_FUNCTION=x"}`:            `unknown parameter "KEY_FUNCTION": in a URL it is called key_func`,
		`{"a": {"codec": {"password": "s3cr3t"}}}`:     `codec is an object: it must be`,
		`{"a": {"timeout": ["s3cr3t"]}}`:               `timeout is a list: it must be`,
		`{"a": {"options": ["s3cr3t"], "version": 0}}`: `options must be an object`,
	} {
		_, err := cache.ParseSettings([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// A backend of Django by its dotted path is refused with its name here.
// Django, CACHES
func TestABackendByItsDottedPathIsRefusedWithItsNameHere(t *testing.T) {
	for path, want := range map[string]string{
		"django.core.cache.backends.redis.RedisCache":          "redis",
		"django_redis.cache.RedisCache":                        "redis",
		"django.core.cache.backends.memcached.PyMemcacheCache": "memcached",
		"django.core.cache.backends.memcached.PyLibMCCache":    "memcached",
		"django.core.cache.backends.locmem.LocMemCache":        "memory",
		"django.core.cache.backends.filebased.FileBasedCache":  "file",
		"django.core.cache.backends.db.DatabaseCache":          "postgres",
		"django.core.cache.backends.dummy.DummyCache":          "dummy",
		"rediscache": "redis",
		"pymemcache": "memcached",
	} {
		err := cache.Config{Backend: path}.Check("a")
		if want := fmt.Sprintf("here it is called %q", want); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// Names of options in JSON are matched in any case.
// Django, OPTIONS
func TestNamesOfOptionsInJSONAreMatchedWithoutRegardToCase(t *testing.T) {
	if got := parseOne(t, `{"default": {"OPTIONS": {"MAX_ENTRIES": 5}}}`).Options["max_entries"]; fmt.Sprint(got) != "5" {
		t.Errorf("max_entries is %v", got)
	}
}

// Each error in a long settings file names its line.
func TestEveryErrorOfALongTextHasItsLine(t *testing.T) {
	_, err := cache.ParseSettings([]byte("{\n\"a\": 1, \"ä\": 2, \"b\": 3,\n\n \"c\": 4}"))
	for i, want := range []string{"line 2, column 1", "line 2, column 9", "line 2, column 17", "line 4, column 2"} {
		if lines := strings.Split(err.Error(), "\n"); len(lines) != 4 || !strings.Contains(lines[i], want) {
			t.Errorf("error %d is not at %s:\n%v", i, want, err)
		}
	}
}

// A settings file of many lines, each of which is wrong, takes time in proportion to its length.
func TestManyErrorsOfATextTakeTimeInProportionToIt(t *testing.T) {
	parse := func(size int) func() {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, "%c\n\"a%d\": 1", "{,"[min(i, 1)], i)
		}
		text := []byte(b.String() + "\n}")
		return func() {
			_, err := cache.ParseSettings(text)
			if err == nil {
				t.Error("no error")
			}
		}
	}
	proportion.Check(t, proportion.WithMemory, parse(proportion.Small), parse(proportion.Large))
}
