package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OptionReader reads typed options from a [Config], whatever their source: Go
// values, JSON, or the strings of a URL. It collects what is wrong, and
// [OptionReader.Err] reports all of it at once, including options that were never read.
// If an option is wrong, the methods with a def return it. An OptionReader is not safe
// for concurrent use.
//
//	opts := driver.ReadOptions(cfg)
//	maxEntries := opts.Int("max_entries", 10_000, 1, math.MaxInt)
//	if err := opts.Err(); err != nil { ... }
type OptionReader struct {
	options map[string]any
	known   []string
	secret  []string // names of which no message shows the value
	errs    []error
}

// ReadOptions returns a reader of cfg.Options.
func ReadOptions(cfg Config) *OptionReader {
	return &OptionReader{options: cfg.Options}
}

// Int returns the integer option name, or def if it is absent. A value outside
// of [low, high] is an error.
func (r *OptionReader) Int(name string, def, low, high int64) int64 {
	v, ok := r.take(name)
	if !ok {
		return def
	}
	n, ok := toInt(v)
	if !ok {
		r.fail(name, v, "a whole number")
		return def
	}
	if n < low || n > high {
		r.fail(name, v, "a number "+rangeText(low, high))
		return def
	}
	return n
}

// Size returns a number of bytes: an integer, or a string such as "64KiB",
// "512MiB" or "2GiB". KiB is 1024 bytes. A number outside of [low, high] is an error.
func (r *OptionReader) Size(name string, def, low, high int64) int64 {
	v, ok := r.take(name)
	if !ok {
		return def
	}
	n, ok := toSize(v)
	if !ok {
		r.fail(name, v, `a number of bytes, for example 1048576 or "64MiB"`)
		return def
	}
	if n < low || n > high {
		r.fail(name, v, "a number of bytes "+rangeText(low, high))
		return def
	}
	return n
}

// Bool returns the boolean option name, or def if it is absent.
func (r *OptionReader) Bool(name string, def bool) bool {
	v, ok := r.take(name)
	if !ok {
		return def
	}
	switch v := v.(type) {
	case bool:
		return v
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return b
		}
	}
	r.fail(name, v, "true or false")
	return def
}

// String returns the option name, or def if it is absent. If choices are
// given, the value must be one of them.
func (r *OptionReader) String(name, def string, choices ...string) string {
	v, ok := r.take(name)
	if !ok {
		return def
	}
	s, ok := v.(string)
	if !ok {
		r.fail(name, v, "a string")
		return def
	}
	if len(choices) > 0 && !slices.Contains(choices, s) {
		r.fail(name, v, "one of "+strings.Join(choices, ", "))
		return def
	}
	return s
}

// Secret is String for a password, or for what may contain one: no message
// shows the value, that of Fail included.
func (r *OptionReader) Secret(name, def string) string {
	r.secret = append(r.secret, name)
	return r.String(name, def)
}

// File is [OptionReader.String] for the name of a file, by default "". The contents of a
// file, such as a private key, are refused, and the error does not show them.
func (r *OptionReader) File(name string) string {
	file := r.String(name, "")
	if strings.ContainsAny(file, "\r\n") || strings.Contains(file, "-----BEGIN") {
		r.errs = append(r.errs, fmt.Errorf("option %q has the contents of a file: it must be its name", name))
		return ""
	}
	return file
}

// Duration returns a duration in one of the forms of [ToDuration], such as "250ms" or
// 30 (seconds). It must not be negative.
func (r *OptionReader) Duration(name string, def time.Duration) time.Duration {
	v, ok := r.take(name)
	if !ok {
		return def
	}
	d, ok := ToDuration(v)
	if !ok || d < 0 {
		r.fail(name, v, `a duration that is not negative, for example "250ms" or 30 (seconds)`)
		return def
	}
	return d
}

// Value returns the option name as it is, or nil if it is absent: for options
// that only Go values can express, such as a clock or a client.
func (r *OptionReader) Value(name string) any {
	v, _ := r.take(name)
	return v
}

// Fail records that the option name has a value that is not as want says.
func (r *OptionReader) Fail(name, want string) {
	r.fail(name, r.options[name], want)
}

// Err returns all that was wrong: values of the wrong form and options that
// were never asked for. Call it after reading every option.
func (r *OptionReader) Err() error {
	errs := slices.Clone(r.errs)
	slices.Sort(r.known)
	for _, name := range slices.Sorted(maps.Keys(r.options)) {
		if !slices.Contains(r.known, name) {
			errs = append(errs, r.unknown(name))
		}
	}
	return errors.Join(errs...)
}

// unknown is the error about an option that was never read.
func (r *OptionReader) unknown(name string) error {
	lower := strings.ToLower(name)
	if lower != name && slices.Contains(r.known, lower) {
		return fmt.Errorf("unknown option %q: write it %q", name, lower)
	}
	text := "the options are " + strings.Join(r.known, ", ")
	if hint, ok := foreignOptions[lower]; ok {
		text += "; " + hint
	}
	return fmt.Errorf("unknown option %q: %s", name, text)
}

// foreignOptions are options of other frameworks' settings, with what to write instead.
// A backend that has an option by that name reads it, and it is not looked up here.
var foreignOptions = map[string]string{
	"cull_frequency":         "leave it out: how much is removed at once is the backend's choice",
	"max_entries":            "this backend has no such limit: set it at the server, or leave it out",
	"key_prefix":             "it is not an option of the backend, but key_prefix of the alias, and prefix in a URL",
	"key_function":           "it is not an option of the backend, but key_func of the alias, and names a function that was given to cache.RegisterKeyFunc",
	"client_class":           "leave it out: there is one client",
	"parser_class":           "leave it out: there is one client",
	"connection_pool_class":  "the size of the pool is pool_size for Redis and max_conns for Memcached",
	"connection_pool_kwargs": "the size of the pool is pool_size for Redis and max_conns for Memcached",
	"max_connections":        "the size of the pool is pool_size for Redis and max_conns for Memcached",
	"max_pool_size":          "the size of the pool is pool_size for Redis and max_conns for Memcached",
	"use_pooling":            "the size of the pool is pool_size for Redis and max_conns for Memcached",
	"no_delay":               "leave it out: small requests are sent at once",
	"ignore_exc":             `leave it out: "on_error": "miss" of the alias makes errors misses`,
	"ignore_exceptions":      `leave it out: "on_error": "miss" of the alias makes errors misses`,
	"socket_timeout":         "the time-outs are read_timeout and write_timeout for Redis, io_timeout for Memcached",
	"socket_connect_timeout": "the time-out is dial_timeout for Redis, io_timeout for Memcached",
	"serializer":             "leave it out: values are encoded by the codec of the alias",
	"pickle_version":         "leave it out: values are encoded by the codec of the alias",
	"compressor":             "leave it out: values are compressed by the compression of the alias",
}

func (r *OptionReader) take(name string) (any, bool) {
	if !slices.Contains(r.known, name) {
		r.known = append(r.known, name)
	}
	v, ok := r.options[name]
	return v, ok
}

func (r *OptionReader) fail(name string, v any, want string) {
	if slices.Contains(r.secret, name) {
		r.errs = append(r.errs, fmt.Errorf("option %q must be %s", name, want))
		return
	}
	r.errs = append(r.errs, fmt.Errorf("option %q is %s: it must be %s", name, describe(v), want))
}

// maxShown is how many bytes of a string a message shows.
const maxShown = 100

// describe shows a value of the wrong kind: only the type of one that has parts, and no
// text of several lines. A setting that holds a key instead of the name of its file, or a
// whole object, may contain a secret.
func describe(v any) string {
	switch reflect.ValueOf(v).Kind() {
	case reflect.String:
		text := reflect.ValueOf(v).String()
		if strings.ContainsAny(text, "\r\n") {
			return fmt.Sprintf("a text of several lines (%T)", v)
		}
		if len(text) > maxShown {
			return fmt.Sprintf("%s… (%T)", strings.ToValidUTF8(text[:maxShown], ""), v)
		}
		return fmt.Sprintf("%v (%T)", v, v)
	case reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("%v (%T)", v, v)
	case reflect.Invalid:
		return "null"
	case reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return fmt.Sprintf("a %T", v)
}

// ToDuration converts the forms in which settings give a duration: a
// time.Duration, a number of seconds, or a string in the syntax of
// [time.ParseDuration] or of a plain number of seconds. A number may have a fraction.
// It reports false for anything else and for what does not fit a Duration.
func ToDuration(v any) (time.Duration, bool) {
	switch v := v.(type) {
	case time.Duration:
		return v, true
	case string:
		if d, err := time.ParseDuration(v); err == nil {
			return d, true
		}
		f, err := strconv.ParseFloat(v, 64)
		return secondsToDuration(f, err)
	case json.Number:
		f, err := v.Float64()
		return secondsToDuration(f, err)
	case float64:
		return secondsToDuration(v, nil)
	}
	n, ok := toInt(v)
	return secondsToDuration(float64(n), boolError(ok))
}

func secondsToDuration(seconds float64, err error) (time.Duration, bool) {
	ns := seconds * float64(time.Second)
	if err != nil || math.IsNaN(ns) || math.Abs(ns) >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(ns), true
}

func boolError(ok bool) error {
	if ok {
		return nil
	}
	return strconv.ErrSyntax
}

func toInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case uint:
		return int64(v), uint64(v) <= math.MaxInt64
	case uint32:
		return int64(v), true
	case uint64:
		return int64(v), v <= math.MaxInt64
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

func toSize(v any) (int64, bool) {
	s, ok := v.(string)
	if !ok {
		return toInt(v)
	}
	unit := int64(1)
	for suffix, factor := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if number, found := strings.CutSuffix(s, suffix); found {
			s, unit = strings.TrimSpace(number), factor
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, false
	}
	return n * unit, true
}

func rangeText(low, high int64) string {
	if high == math.MaxInt64 {
		return fmt.Sprintf("of at least %d", low)
	}
	return fmt.Sprintf("from %d to %d", low, high)
}
