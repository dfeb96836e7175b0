package cache_test

import (
	"strings"
	"testing"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
)

// A malformed settings URL is an error that says what would be right.
func TestMalformedURLIsAnErrorThatSaysWhatIsRight(t *testing.T) {
	const form = "it must have the form backend://user:password@host:port/path?option=value, with all other characters percent-encoded"
	const escape = "a % must be followed by two hexadecimal digits, and must not stand for an ASCII character in the host"
	const slashes = ` URL: there must be "//" after the scheme, for example memory:// or file:///var/cache/app`
	const noScheme = "URL without a scheme: it must begin with the backend, for example memory:// or file:///var/cache/app"
	tests := []struct{ url, want string }{
		{"", noScheme},
		{"memory", noScheme},
		{"//host/0", noScheme},
		{"://host", "malformed URL: " + form},
		{"localhost:6379", "localhost" + slashes},
		{"file:cache", "file" + slashes},
		{"redis://host:port/0", "malformed URL: " + form},
		{"redis://[::1/0", "malformed URL: " + form},
		{"redis://ho st/0", "malformed URL: " + form},
		{"redis://h/0\n", "malformed URL: " + form},
		{"file:///a%zz", "malformed URL: " + escape},
		{"memory://my%20cache", "malformed URL: " + escape},
		{"memory://a#b", "memory URL: there must be no fragment: write # as %23"},
		{"memory://?timeout=5%", "memory URL: malformed query: " + escape},
		{"memory://?a=1;b=2", "memory URL: malformed query: " + form},
		{"memory://?timeout=1&timeout=2", `memory URL: parameter "timeout" is given 2 times`},
		{"memory://?max_entries=1&max_entries=2", `memory URL: parameter "max_entries" is given 2 times`},
		{"memory://?version=two", `memory URL: version is "two": it must be a whole number`},
		{"memory://?version=", `memory URL: version is "": it must be a whole number`},
		{"memory://?compress_min=1KiB", `memory URL: compress_min is "1KiB": it must be a whole number`},
		{"memory://?max_decompressed=1.5", `memory URL: max_decompressed is "1.5": it must be a whole number`},
		{"memory://?timeout=soon", `memory URL: timeout is "soon": it must be a number of seconds, a duration such as "5m", or "never"`},
		{"memory://?timeout=", `memory URL: timeout is "": it must be a number of seconds, a duration such as "5m", or "never"`},
		{"memory://?codec=gob", `memory URL: codec is "gob": it must be cbor, json or raw`},
		{"memory://?compression=gzip", `memory URL: compression is "gzip": it must be zstd, s2 or none`},
		{"memory://?key_func=md5", `memory URL: key_func is "md5": it must be "default" or a name that was given to cache.RegisterKeyFunc`},
		{"memory://?version=x&codec=y", "memory URL: version is \"x\": it must be a whole number\ncodec is \"y\": it must be cbor, json or raw"},
	}
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			cfg, err := cache.ParseURL(test.url)
			if err == nil {
				t.Fatalf("ParseURL took it: %+v", cfg)
			}
			if want := invalidSettings + test.want; err.Error() != want {
				t.Errorf("the error is\n%v\nwant\n%s", err, want)
			}
		})
	}
}

// The location of a settings URL is what its backend needs of it.
func TestTheLocationOfAURL(t *testing.T) {
	tests := []struct{ url, backend, location string }{
		{"memory://", "memory", ""},
		{"memory:", "memory", ""},
		{"MEMORY://", "memory", ""},
		{"memory://pages", "memory", "pages"},
		{"memory://pages/", "memory", "pages"},
		{"memory://shop/pages", "memory", "shop/pages"},
		{"memory:///my%20cache%3F", "memory", "my cache?"},
		{"memory://K%C3%BChlschrank", "memory", "Kühlschrank"},
		{"redis+cluster://?addrs=a:1", "redis+cluster", "redis+cluster://"},
		{"redis+cluster://a:1,b:2/0", "redis+cluster", "redis+cluster://a:1,b:2/0"},
		{"memcached:///run/memcached.sock", "memcached", "memcached:///run/memcached.sock"},
		{"redis://host/0?prefix=shop&timeout=5m", "redis", "redis://host/0"},
		{"redis://host/0?", "redis", "redis://host/0"},
		{"redis://user:p%40ss@[::1]:6379/0", "redis", "redis://user:p%40ss@[::1]:6379/0"},
		{"redis+sentinel://host:26379/main", "redis+sentinel", "redis+sentinel://host:26379/main"},
	}
	for _, test := range tests {
		cfg, err := cache.ParseURL(test.url)
		if err != nil || cfg.Backend != test.backend || cfg.Location != test.location {
			t.Errorf("%s: backend %q, location %q, %v; want %q and %q", test.url, cfg.Backend, cfg.Location, err, test.backend, test.location)
		}
	}
}

// The query of a settings URL is decoded.
func TestTheQueryOfAURLIsDecoded(t *testing.T) {
	cfg, err := cache.ParseURL("memory://?prefix=sh%26p+eu&eviction=a%3Db&empty=")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.KeyPrefix != "sh&p eu" {
		t.Errorf("prefix %q", cfg.KeyPrefix)
	}
	for name, want := range map[string]string{"eviction": "a=b", "empty": ""} {
		if got := cfg.Options[name]; got != want {
			t.Errorf("option %s is %q, want %q", name, got, want)
		}
	}
	if len(cfg.Options) != 2 {
		t.Errorf("options %v", cfg.Options)
	}
}

// No error about a settings URL contains its password. The password is "secret", or begins or ends
// so, whatever is wrong around it.
func TestNoErrorAboutAURLContainsAPassword(t *testing.T) {
	urls := []string{
		"redis://user:1?secret@host/0",
		"redis://host/0?password=x&secret",
		"redis://host/0?password=x&y@secret=1",
		"redis://user:secret@host:port/0",
		"redis://user:secret@[::1/0",
		"redis://user:secret@ho st/0",
		"redis://user:secret@host/%zz",
		"redis://user:secret@host\x7f/0",
		"redis://user:secret word@host/0",
		"redis://user:secret%@host/0",
		"redis://user:%zzsecret@host/0",
		"redis://user:secret#1@host/0",
		"redis://user:1#secret@host/0",
		"redis://user:secret/1@host/0",
		"redis://user:secret?1@host/0",
		"redis://user:secret[@host/0",
		"redis://user:secret%40host/0",
		"redis:user:secret@host/0",
		"//user:secret@host/0",
		"user:secret@host/0",
		"redis://user:secret@host/0#fragment",
		"redis://user:secret@host/0?timeout=soon",
		"redis://user:secret@host/0?timeout=1&timeout=2",
		"redis://user:secret@host/0?version=-",
		"redis://user:secret@host/0?codec=x",
		"redis://user:secret@host/0?key_func=x",
		"redis://user:secret@host/0?a=%",
		"redis://user:secret@host/0?a;b",
		"redis://host/0?password=secret&timeout=soon",
		"redis://host/0?password=%zzsecret",
		"redis://host/0?password=secret&password=secret",
	}
	for _, url := range urls {
		if _, err := cache.ParseURL(url); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseURL(%q): %v", url, err)
		}
		text := `{"default": "` + strings.ReplaceAll(url, "\x7f", `\u007f`) + `"}`
		if _, err := cache.ParseSettings([]byte(text)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseSettings(%s): %v", text, err)
		}
	}
	for _, member := range []string{
		`"location": {"password": "secret"}`,
		`"location": ["redis://user:secret@host"]`,
		`"options": "password=secret"`,
		`"options": ["secret"]`,
		`"location": "redis://user:secret@host/0", "timeout": "soon"`,
	} {
		text := `{"default": {"backend": "redis", ` + member + `}}`
		if _, err := cache.ParseSettings([]byte(text)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseSettings(%s): %v", text, err)
		}
	}
}

// No settings URL makes ParseURL panic or show its password.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"memory://", "file:///a%20b?timeout=5m", "redis://u:p@h:1/0?prefix=a&version=2",
		"memory://?timeout=never&codec=json", "x:y", "://", "memory://?a=1&a=2", "memory://?%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		cfg, err := cache.ParseURL(raw)
		if (err == nil) != (cfg.Backend != "") {
			t.Errorf("ParseURL(%q) = %+v, %v", raw, cfg, err)
		}
	})
}

// No text makes ParseSettings panic, and its errors are ErrInvalidSettings.
func FuzzParseSettings(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"default": "memory://"}`, `{"a": {"backend": "b", "options": {"x": 1e5}, "timeout": null}}`,
		` { "a" : { "VERSION" : 12 , "codec":"json"} , "b":{}}`, `[`, `{"a": {"a": {"a": 1}}}`, "{\"\\u0061\": 5\n}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := cache.ParseSettings(data)
		if (err == nil) != (settings != nil) {
			t.Errorf("ParseSettings(%q) = %v, %v", data, settings, err)
		}
	})
}
