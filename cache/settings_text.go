package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-go/larder/cache/codec"
	"github.com/larder-go/larder/cache/driver"
)

// field is a field of Config as text names it. set takes its value: a string
// from a URL, or from JSON what the decoder makes of it, with numbers as
// json.Number.
type field struct {
	name string
	set  func(cfg *Config, v any) error
}

// commonFields are those that have one name in JSON and in URLs.
var commonFields = []field{
	{"timeout", setTimeout},
	{"version", setVersion},
	{"key_func", setKeyFunc},
	{"codec", setCodec},
	{"compression", setCompression},
	intField("compress_min", func(cfg *Config) *int { return &cfg.CompressMin }),
	intField("max_decompressed", func(cfg *Config) *int { return &cfg.MaxDecompressed }),
	policyField("on_error", func(cfg *Config) *ErrorPolicy { return &cfg.OnError }),
	policyField("on_wrong_type", func(cfg *Config) *ErrorPolicy { return &cfg.OnWrongType }),
	intField("breaker_failures", func(cfg *Config) *int { return &cfg.BreakerFailures }),
	{"breaker_cooldown", setBreakerCooldown},
	{"max_in_flight", setMaxInFlight},
}

var jsonFields = slices.Concat([]field{
	stringField("backend", func(cfg *Config) *string { return &cfg.Backend }),
	{"location", setLocation},
	{"options", setOptions},
	stringField("key_prefix", func(cfg *Config) *string { return &cfg.KeyPrefix }),
}, commonFields)

var urlFields = slices.Concat([]field{
	stringField("prefix", func(cfg *Config) *string { return &cfg.KeyPrefix }),
}, commonFields)

func stringField(name string, of func(*Config) *string) field {
	return field{name, func(cfg *Config, v any) (err error) {
		var ok bool
		if *of(cfg), ok = v.(string); !ok {
			// The value is not shown: that of a location may be a secret.
			err = fmt.Errorf("%s must be a string", name)
		}
		return err
	}}
}

func intField(name string, of func(*Config) *int) field {
	return field{name, func(cfg *Config, v any) (err error) {
		if *of(cfg), err = strconv.Atoi(fmt.Sprint(v)); err != nil {
			err = mustBe(name, v, "a whole number")
		}
		return err
	}}
}

// setMaxInFlight rejects zero, which could mean "none" or "no limit".
func setMaxInFlight(cfg *Config, v any) (err error) {
	if cfg.MaxInFlight, err = strconv.ParseInt(fmt.Sprint(v), 10, 64); err != nil || cfg.MaxInFlight <= 0 {
		return mustBe("max_in_flight", v, "a number of bytes from 1 on")
	}
	return nil
}

func setTimeout(cfg *Config, v any) (err error) {
	cfg.Timeout, err = parseTimeout(v)
	return err
}

func policyField(name string, of func(*Config) *ErrorPolicy) field {
	return field{name, func(cfg *Config, v any) error {
		for _, policy := range []ErrorPolicy{ReturnErrors, MissOnError} {
			if v == policy.String() {
				*of(cfg) = policy
				return nil
			}
		}
		return mustBe(name, v, `"return" or "miss"`)
	}}
}

var versionField = intField("version", func(cfg *Config) *int { return &cfg.Version })

// setVersion rejects zero: in a Config it stands for the default, 1, but a text that says
// 0 means 0.
func setVersion(cfg *Config, v any) error {
	err := versionField.set(cfg, v)
	if err == nil && cfg.Version == 0 {
		return mustBe("version", v, "1 or more, or left out, which is 1; an operation works on version 0 with the option cache.Version(0)")
	}
	return err
}

func setBreakerCooldown(cfg *Config, v any) error {
	d, ok := driver.ToDuration(v)
	if !ok || d <= 0 {
		return mustBe("breaker_cooldown", v, `a duration above zero, for example "10s" or 10 (seconds)`)
	}
	cfg.BreakerCooldown = d
	return nil
}

var locationField = stringField("location", func(cfg *Config) *string { return &cfg.Location })

func setLocation(cfg *Config, v any) error {
	if _, isList := v.([]any); isList {
		return errLocationList
	}
	return locationField.set(cfg, v)
}

// setOptions takes the names without regard to case, as those of members are.
func setOptions(cfg *Config, v any) error {
	options, ok := v.(map[string]any)
	if !ok {
		return errors.New("options must be an object")
	}
	cfg.Options = make(map[string]any, len(options))
	for _, name := range slices.Sorted(maps.Keys(options)) {
		lower := strings.ToLower(name)
		if _, twice := cfg.Options[lower]; twice {
			return fmt.Errorf("option %q is given twice", lower)
		}
		cfg.Options[lower] = options[name]
	}
	return nil
}

func setKeyFunc(cfg *Config, v any) error {
	name, _ := v.(string)
	f, ok := lookupKeyFunc(name)
	if !ok {
		return mustBe("key_func", v, `"default" or a name that was given to cache.RegisterKeyFunc`)
	}
	if name != defaultKeyName {
		cfg.KeyFunc = f
	}
	return nil
}

func setCodec(cfg *Config, v any) (err error) {
	name, _ := v.(string)
	if cfg.Codec, err = codec.ByName(name); err != nil {
		err = mustBe("codec", v, "cbor, json or raw")
	}
	return err
}

func setCompression(cfg *Config, v any) (err error) {
	name, _ := v.(string)
	if name == "none" {
		return nil
	}
	if cfg.Compression, err = codec.CompressionByName(name); err != nil {
		err = mustBe("compression", v, "zstd, s2 or none")
	}
	return err
}

// mustBe says what is wrong with the value of a field and what would be right. It shows
// no object and no list, in which a secret may be.
func mustBe(name string, v any, want string) error {
	shown := "a list"
	switch v.(type) {
	case map[string]any:
		shown = "an object"
	case []any:
	default:
		text, _ := json.Marshal(v) // it is a string, or came from JSON
		shown = string(text)
	}
	return fmt.Errorf("%s is %s: it must be %s", name, shown, want)
}
