package cache

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

// ParseURL reads the settings of one cache from a URL. The scheme is the
// backend, and the rest the location; of the query, these are the cache's own
// and all others are options of the backend:
//
//	prefix            the key prefix
//	timeout           seconds, a duration such as 5m, or never
//	version           the version of keys
//	key_func          a function registered with RegisterKeyFunc, or default
//	codec             cbor, json or raw
//	compression       zstd, s2 or none
//	compress_min      bytes
//	max_decompressed  bytes
//	on_error          return, or miss: see ErrorPolicy
//	on_wrong_type     return, or miss: see Config.OnWrongType
//	breaker_failures  outages in a row that open the circuit breaker
//	breaker_cooldown  seconds, or a duration such as 10s
//	max_in_flight     bytes that responses under way may hold; of alias "default" only
//
// For example: memory://?max_entries=50000&timeout=10m
//
// The location of memory://name is "name" and that of file:///var/cache/x is
// the path, with percent-encoding undone; for backends on a server it is the
// URL without the query. The backend decides, see [driver.Backend]; where it is
// registered later, the location is the URL until [NewHandler]. The host may be a
// list, as in memcached://a,b:11212.
// A parameter given twice, or without "=", is an error. Errors match
// ErrInvalidSettings, and none contains a password.
func ParseURL(raw string) (Config, error) {
	cfg, err := parseURL(raw)
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrInvalidSettings, err)
	}
	return cfg, nil
}

func parseURL(raw string) (Config, error) {
	if hasSemicolons(raw) {
		return Config{}, errors.New("malformed URL: the hosts have semicolons between them: write commas, as in memcached://10.0.0.1:11211,10.0.0.2:11211")
	}
	single, hosts := splitHosts(raw)
	u, err := url.Parse(single)
	if err != nil {
		return Config{}, errors.New("malformed URL: " + urlFault(err))
	}
	for _, host := range hosts {
		if other, err := url.Parse("//" + host); err != nil || other.Host != host || host == "" {
			return Config{}, errors.New("malformed URL: each host in the list must have the form host:port")
		}
	}
	switch {
	case u.Scheme == "":
		return Config{}, errors.New("URL without a scheme: it must begin with the backend, for example memory:// or file:///var/cache/app")
	case u.Opaque != "":
		return Config{}, fmt.Errorf(`%s URL: there must be "//" after the scheme, for example memory:// or file:///var/cache/app`, u.Scheme)
	case u.Fragment != "":
		return Config{}, fmt.Errorf("%s URL: there must be no fragment: write # as %%23", u.Scheme)
	}
	if hosts != nil {
		u.Host = strings.Join(hosts, ",")
	}
	cfg, err := Config{Backend: u.Scheme, Location: serverLocation(u)}.located(driver.DefaultRegistry)
	if err != nil {
		return Config{}, err
	}
	query, err := parseQuery(u.RawQuery)
	if err != nil {
		return Config{}, fmt.Errorf("%s URL: malformed query: %w", u.Scheme, err)
	}
	if err := cfg.applyQuery(query); err != nil {
		return Config{}, fmt.Errorf("%s URL: %w", u.Scheme, err)
	}
	return cfg, nil
}

// hasSemicolons reports whether a URL has a list of hosts as Django's settings may have
// it. Whatever is before an "@" may be a password.
func hasSemicolons(raw string) bool {
	_, rest, ok := strings.Cut(raw, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	return ok && strings.Contains(authority[strings.LastIndexByte(authority, '@')+1:], ";")
}

// splitHosts takes a list of hosts out of a URL and leaves the first: package
// url refuses two ports. Without a list, hosts is nil.
func splitHosts(raw string) (single string, hosts []string) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw, nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	start := strings.LastIndexByte(rest[:end], '@') + 1
	hosts = strings.Split(rest[start:end], ",")
	if len(hosts) == 1 {
		return raw, nil
	}
	return scheme + "://" + rest[:start] + hosts[0] + rest[end:], hosts
}

var errParameter = errors.New("each parameter must have the form name=value, with all characters but letters, digits, _, - and . percent-encoded")

// parseQuery is that of package url for parameters whose names errors can show:
// what follows a ? or an & in a password that was not escaped is none.
func parseQuery(raw string) (url.Values, error) {
	for parameter := range strings.SplitSeq(raw, "&") {
		if name, _, ok := strings.Cut(parameter, "="); parameter != "" && (!ok || !plainName(name)) {
			return nil, errParameter
		}
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, errors.New(urlFault(err))
	}
	return query, nil
}

func plainName(name string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
	return name != "" && strings.Trim(name, plain) == ""
}

// urlFault says what is wrong with a URL. The errors of package url quote
// parts of it, which may be those of a password: in redis://user:pass#word@host
// the password is taken for a port.
func urlFault(err error) string {
	var escape url.EscapeError
	if errors.As(err, &escape) {
		return "a % must be followed by two hexadecimal digits, and must not stand for an ASCII character in the host"
	}
	return "it must have the form backend://user:password@host:port/path?option=value, with all other characters percent-encoded"
}

// applyQuery moves the cache's own parameters to their fields and the others
// to the options.
func (cfg *Config) applyQuery(query url.Values) error {
	var errs []error
	for _, f := range urlFields {
		if values := query[f.name]; len(values) == 1 {
			errs = append(errs, f.set(cfg, values[0]))
			query.Del(f.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if hint := queryHint(name); hint != "" {
			errs = append(errs, fmt.Errorf("unknown parameter %q: in a URL it is called %s", name, hint))
			continue
		}
		if n := len(query[name]); n > 1 {
			errs = append(errs, fmt.Errorf("parameter %q is given %d times", name, n))
		}
		if cfg.Options == nil {
			cfg.Options = make(map[string]any, len(query))
		}
		cfg.Options[name] = query.Get(name)
	}
	return errors.Join(errs...)
}
