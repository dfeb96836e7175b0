package cache_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/codec"
)

func init() {
	cache.RegisterKeyFunc("test-hidden", hiddenPrefix)
}

// hiddenPrefix is a KeyFunc whose keys do not begin with their prefix.
func hiddenPrefix(prefix string, version int, key string) string {
	return fmt.Sprintf("%x", cache.DefaultKey(prefix, version, key))
}

func parseOne(t *testing.T, data string) cache.Config {
	t.Helper()
	settings, err := cache.ParseSettings([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return settings["default"]
}

// Settings from Go, JSON and URLs are equal.
func TestSettingsFromGoJSONAndURLsAreEqual(t *testing.T) {
	want := cache.Config{
		Backend:         "redis",
		Location:        "redis://user:secret@host:6379/0",
		Options:         map[string]any{"dial_timeout": "250ms", "replicas": "a:1,b:2"},
		Timeout:         cache.After(5 * time.Minute),
		KeyPrefix:       "shop:eu",
		Version:         3,
		Codec:           codec.JSON,
		Compression:     codec.Zstd,
		CompressMin:     512,
		MaxDecompressed: 1 << 20,
		OnWrongType:     cache.MissOnError,
	}
	sources := map[string]string{
		"JSON": `{"default": {
			"backend": "redis", "location": "redis://user:secret@host:6379/0",
			"options": {"dial_timeout": "250ms", "replicas": "a:1,b:2"},
			"timeout": "5m", "key_prefix": "shop:eu", "version": 3, "key_func": "default",
			"codec": "json", "compression": "zstd", "compress_min": 512, "max_decompressed": 1048576, "on_wrong_type": "miss"}}`,
		"Django's names": `{"default": {
			"BACKEND": "redis", "LOCATION": "redis://user:secret@host:6379/0",
			"OPTIONS": {"dial_timeout": "250ms", "replicas": "a:1,b:2"},
			"TIMEOUT": 300, "KEY_PREFIX": "shop:eu", "VERSION": 3,
			"Codec": "json", "Compression": "zstd", "Compress_Min": 512, "Max_Decompressed": 1048576, "On_Wrong_Type": "miss"}}`,
		"URL": `{"default": "redis://user:secret@host:6379/0?dial_timeout=250ms&replicas=a:1,b:2&timeout=300&prefix=shop:eu` +
			`&version=3&key_func=default&codec=json&compression=zstd&compress_min=512&max_decompressed=1048576&on_wrong_type=miss"}`,
	}
	for name, source := range sources {
		if got := parseOne(t, source); !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives\n%+v, want\n%+v", name, got, want)
		}
	}
}

// Numbers in JSON options keep all digits.
func TestNumbersInJSONOptionsKeepTheirDigits(t *testing.T) {
	cfg := parseOne(t, `{"default": {"backend": "memory", "options": {"max_bytes": 9007199254740993}}}`)
	if got := cfg.Options["max_bytes"]; got != json.Number("9007199254740993") {
		t.Errorf("max_bytes is %v (%T)", got, got)
	}
}

// A registered KeyFunc can be named in JSON and URLs.
func TestARegisteredKeyFuncCanBeNamed(t *testing.T) {
	for name, source := range map[string]string{
		"JSON": `{"default": {"backend": "memory", "key_func": "test-hidden"}}`,
		"URL":  `{"default": "memory://?key_func=test-hidden"}`,
	} {
		f := parseOne(t, source).KeyFunc
		if f == nil || f("p", 1, "k") != hiddenPrefix("p", 1, "k") {
			t.Errorf("%s: not the function that was registered", name)
		}
	}
}

// Default, never, a duration and zero can be written in each source of settings.
func TestTheFourTimeoutsInEachSource(t *testing.T) {
	tests := []struct {
		json, url string
		want      cache.Timeout
	}{
		{"", "", cache.Timeout{}},
		{`null`, `never`, cache.Never},
		{`"never"`, `never`, cache.Never},
		{`90`, `90`, cache.After(90 * time.Second)},
		{`"90"`, `90`, cache.After(90 * time.Second)},
		{`0.25`, `0.25`, cache.After(250 * time.Millisecond)},
		{`"1h30m"`, `1h30m`, cache.After(90 * time.Minute)},
		{`0`, `0`, cache.After(0)},
		{`"0s"`, `0s`, cache.After(0)},
		{`-1`, `-1`, cache.After(-time.Second)},
		{`"-5m"`, `-5m`, cache.After(-5 * time.Minute)},
	}
	for _, test := range tests {
		object, query := `{}`, ""
		if test.json != "" {
			object, query = `{"timeout": `+test.json+`}`, "?timeout="+test.url
		}
		if got := parseOne(t, `{"default": `+object+`}`).Timeout; got != test.want {
			t.Errorf("JSON %s gives %v, want %v", test.json, got, test.want)
		}
		cfg, err := cache.ParseURL("memory://" + query)
		if err != nil || cfg.Timeout != test.want {
			t.Errorf("URL %s gives %v, %v; want %v", test.url, cfg.Timeout, err, test.want)
		}
	}
}

// A timeout is written in the form in which it is read.
func TestATimeoutReadsAsItIsWritten(t *testing.T) {
	tests := map[string]cache.Timeout{
		"default": {},
		"never":   cache.Never,
		"5m0s":    cache.After(5 * time.Minute),
		"0s":      cache.After(0),
	}
	for want, timeout := range tests {
		if got := timeout.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
		if timeout.IsZero() != (want == "default") {
			t.Errorf("%s: IsZero = %v", want, timeout.IsZero())
		}
	}
}

// A malformed timeout is an error and leaves the old one.
func TestAMalformedTimeoutLeavesTheOldOne(t *testing.T) {
	timeout := cache.Never
	err := json.Unmarshal([]byte(`"soon"`), &timeout)
	want := `timeout is "soon": it must be a number of seconds, a duration such as "5m", or "never"`
	if err == nil || err.Error() != want || timeout != cache.Never {
		t.Errorf("got %v and %v, want %s", timeout, err, want)
	}
}

// A text that is no JSON is no timeout.
func TestWhatIsNotJSONIsNoTimeout(t *testing.T) {
	if err := new(cache.Timeout).UnmarshalJSON([]byte("5m")); err == nil {
		t.Error("no error")
	}
}

// Compression "none" can be named.
func TestNoCompressionCanBeNamed(t *testing.T) {
	for _, source := range []string{`{"default": {"compression": "none"}}`, `{"default": "memory://?compression=none"}`} {
		if got := parseOne(t, source).Compression; got != nil {
			t.Errorf("%s gives %v", source, got)
		}
	}
}

// Settings can be a part of a larger JSON document.
func TestSettingsCanBeAPartOfALargerConfiguration(t *testing.T) {
	var program struct {
		Listen string         `json:"listen"`
		Caches cache.Settings `json:"caches"`
	}
	err := json.Unmarshal([]byte(`{"listen": ":80", "caches": {"default": "memory://main"}}`), &program)
	if err != nil || program.Caches["default"].Location != "main" {
		t.Fatalf("got %+v, %v", program.Caches, err)
	}
	err = json.Unmarshal([]byte(`{"caches": {"default": {"bakend": "memory"}}}`), &program)
	if !errors.Is(err, cache.ErrInvalidSettings) || program.Caches["default"].Location != "main" {
		t.Errorf("got %+v, %v; want an error, and the old settings left", program.Caches, err)
	}
}

const invalidSettings = "invalid cache backend: invalid settings: "

// Malformed settings in JSON are an error that says where and what would be right.
func TestMalformedJSONIsAnErrorThatSaysWhereAndWhatIsRight(t *testing.T) {
	const timeouts = `it must be a number of seconds, a duration such as "5m", or "never"`
	const members = "the members are backend, location, options, key_prefix, timeout, version, key_func, codec, compression, compress_min, max_decompressed, on_error, on_wrong_type, breaker_failures, breaker_cooldown, max_in_flight"
	tests := []struct {
		name string
		text string
		want string // each line without its beginning
	}{
		{"empty", ``, `line 1, column 1: JSON: unexpected end of JSON input`},
		{"cut off", "{\n  \"default\": {", `line 2, column 14: JSON: unexpected end of JSON input`},
		{"a comma too many", "{\n\t\"default\": {\"backend\": \"memory\",}\n}", `line 2, column 34: JSON: invalid character '}' looking for beginning of object key string`},
		{"a line break in a string", "{\"a\": \"x\n\"}", `line 1, column 9: JSON: invalid character '\n' in string literal`},
		{"two values", "{}\n{}", `line 2, column 1: JSON: invalid character '{' after top-level value`},
		{"not an object", "\n []", `line 2, column 2: settings must be an object with a member for each alias`},
		{"null", `null`, `line 1, column 1: settings must be an object with a member for each alias`},
		{"not settings", `{"a": null}`, `line 1, column 2: alias "a" must be an object or a URL`},
		{"a list of settings", `{"a": []}`, `line 1, column 2: alias "a" must be an object or a URL`},
		{"an alias twice", "{\"a\": {},\n \"a\": {}}", `line 2, column 2: alias "a" is given twice`},
		{"unknown member", "{\n  \"ä\": {\"backend\": \"memory\", \"tiemout\": 5}\n}", `line 2, column 30: alias "ä": unknown member "tiemout": ` + members},
		{"a member twice", `{"a": {"version": 1, "VERSION": 2}}`, `line 1, column 22: alias "a": member "VERSION" is given twice`},
		{"backend", `{"a": {"backend": 5}}`, `line 1, column 8: alias "a": backend must be a string`},
		{"location", `{"a": {"location": ["h"]}}`, `line 1, column 8: alias "a": location is a list: it must be one string; several Memcached servers are memcached://10.0.0.1:11211,10.0.0.2:11211, and of several Redis servers the first is the location and the others, its replicas, are the option replicas`},
		{"an object for a location", `{"a": {"location": {}}}`, `line 1, column 8: alias "a": location must be a string`},
		{"key_prefix", `{"a": {"key_prefix": null}}`, `line 1, column 8: alias "a": key_prefix must be a string`},
		{"options", `{"a": {"options": "max_entries=5"}}`, `line 1, column 8: alias "a": options must be an object`},
		{"version", `{"a": {"version": "two"}}`, `line 1, column 8: alias "a": version is "two": it must be a whole number`},
		{"version 0", `{"a": {"version": 0}}`, `line 1, column 8: alias "a": version is 0: it must be 1 or more, or left out, which is 1; an operation works on version 0 with the option cache.Version(0)`},
		{"half a version", `{"a": {"version": 1.5}}`, `line 1, column 8: alias "a": version is 1.5: it must be a whole number`},
		{"compress_min", `{"a": {"compress_min": true}}`, `line 1, column 8: alias "a": compress_min is true: it must be a whole number`},
		{"max_decompressed", `{"a": {"max_decompressed": {}}}`, `line 1, column 8: alias "a": max_decompressed is an object: it must be a whole number`},
		{"timeout", `{"a": {"timeout": "5 minutes"}}`, `line 1, column 8: alias "a": timeout is "5 minutes": ` + timeouts},
		{"a timeout over 292 years", `{"a": {"timeout": 1e10}}`, `line 1, column 8: alias "a": timeout is 1e10: ` + timeouts},
		{"codec", `{"a": {"codec": "gob"}}`, `line 1, column 8: alias "a": codec is "gob": it must be cbor, json or raw`},
		{"compression", `{"a": {"compression": "gzip"}}`, `line 1, column 8: alias "a": compression is "gzip": it must be zstd, s2 or none`},
		{"key_func", `{"a": {"key_func": "md5"}}`, `line 1, column 8: alias "a": key_func is "md5": it must be "default" or a name that was given to cache.RegisterKeyFunc`},
		{"a URL", "{\n\"a\": \"memory://?version=x\"}", `line 2, column 1: alias "a": memory URL: version is "x": it must be a whole number`},
		{
			"several, in the order of the text",
			"{\"b\": {\"version\": \"x\",\n\"codec\": \"y\"},\n\"a\": 1}",
			`line 1, column 8: alias "b": version is "x": it must be a whole number` + "\n" +
				`line 2, column 1: alias "b": codec is "y": it must be cbor, json or raw` + "\n" +
				`line 3, column 1: alias "a" must be an object or a URL`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			settings, err := cache.ParseSettings([]byte(test.text))
			wantMessage(t, err, test.want)
			if settings != nil {
				t.Errorf("settings beside the error: %v", settings)
			}
		})
	}
}

// wantMessage checks an error about settings; want is its lines without what
// they all begin with.
func wantMessage(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, cache.ErrInvalidSettings) || !errors.Is(err, cache.ErrInvalidBackend) {
		t.Fatalf("%v does not match ErrInvalidSettings and ErrInvalidBackend", err)
	}
	want = invalidSettings + strings.ReplaceAll(want, "\n", "\n"+invalidSettings)
	if err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}
