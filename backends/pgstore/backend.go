package pgstore

import (
	"context"
	"errors"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

func init() {
	driver.Register("postgres", Backend())
	driver.Register("postgresql", Backend())
}

// Backend returns the backend that importing this package registers as
// "postgres" and as "postgresql". The location is a URL such as
// postgres://user:password@host:5432/database; an empty one means what the
// environment says (PGHOST, PGUSER ...). The options are
//
//   - table, schema: names, by default "larder_cache" in the search path
//   - logged: true or false, for the command that creates the table
//   - max_entries: a number of at least 1, by default 1000000
//   - max_value_bytes: a size such as "1MiB", by default "256MiB"
//   - cull_interval: a duration, by default one minute; 0 turns culling off
//   - cull_batch: a number of at least 1, by default 1000
//   - op_timeout (Timeout): a duration, by default 5s
//   - query_mode (of [PoolOptions], as the next three): cache_statement (the default);
//     exec, cache_describe or simple_protocol, which work through PgBouncer in
//     transaction mode
//   - connect_timeout: a duration, by default 3s
//   - pool_max_conns, pool_min_conns: numbers, by default as [PoolOptions] says
//   - pool_max_conn_lifetime, pool_max_conn_idle_time: durations, by default an hour
//     and half an hour
//   - user, password: where the location has none
//   - host, port: where the location has none; host may be the directory of a unix
//     socket, as in postgres:///database?host=/run/postgresql
//   - sslmode, sslcert, sslkey, sslrootcert, sslsni, sslnegotiation,
//     channel_binding, target_session_attrs, application_name: as libpq has
//     them
//
// and mean what [Options] says.
func Backend() driver.Backend {
	return driver.Backend{
		Open: func(ctx context.Context, cfg driver.Config) (driver.Store, error) {
			opts, err := ParseConfig(cfg)
			if err != nil {
				return nil, err
			}
			s, err := Open(ctx, opts)
			if err != nil {
				return nil, err // not a nil *Store in an interface
			}
			return s, nil
		},
		Validate: func(cfg driver.Config) error {
			_, err := ParseConfig(cfg)
			return err
		},
	}
}

// ParseConfig returns the options that the settings of an alias stand for, or
// reports everything that is wrong with them. It dials nothing and reads no
// file. [Backend] lists the names.
func ParseConfig(cfg driver.Config) (Options, error) {
	r := driver.ReadOptions(cfg)
	opts := Options{
		alias:         cfg.Alias,
		Logger:        cfg.Logger,
		Table:         r.String("table", defaultTable),
		Schema:        r.String("schema", ""),
		Logged:        r.Bool("logged", false),
		MaxEntries:    r.Int("max_entries", defaultMaxEntries, 1, math.MaxInt64),
		MaxValueBytes: int(r.Size("max_value_bytes", maxValueBytes, 1, maxValueBytes)),
		CullInterval:  r.Duration("cull_interval", defaultCullInterval),
		CullBatch:     int(r.Int("cull_batch", defaultCullBatch, 1, math.MaxInt32)),
		Timeout:       r.Duration("op_timeout", defaultTimeout),
		Pool: PoolOptions{
			QueryMode:       readQueryMode(r),
			ConnectTimeout:  r.Duration("connect_timeout", 0),
			MaxConns:        int32(r.Int("pool_max_conns", 0, 1, math.MaxInt32)),
			MinConns:        int32(r.Int("pool_min_conns", 0, 0, math.MaxInt32)),
			MaxConnLifetime: r.Duration("pool_max_conn_lifetime", 0),
			MaxConnIdleTime: r.Duration("pool_max_conn_idle_time", 0),
		},
	}
	if opts.CullInterval == 0 {
		opts.CullInterval = -1
	}
	if opts.Timeout == 0 {
		r.Fail("op_timeout", "greater than zero")
	}
	var err error
	if opts.URL, err = databaseURL(cfg.Location, passedOn(r)); err != nil {
		return opts, errors.Join(err, r.Err())
	}
	if err := r.Err(); err != nil {
		return opts, err
	}
	return opts.withDefaults()
}

// passedOn reads the options that are for pgx.
func passedOn(r *driver.OptionReader) url.Values {
	params := url.Values{}
	pass := func(name string, choices ...string) {
		if v := r.String(name, "", choices...); v != "" {
			params.Set(name, v)
		}
	}
	pass("sslmode", "disable", "allow", "prefer", "require", "verify-ca", "verify-full")
	pass("sslnegotiation", "postgres", "direct")
	pass("sslsni", "0", "1")
	pass("channel_binding", "disable", "prefer", "require")
	pass("target_session_attrs", "any", "read-write", "read-only", "primary", "standby", "prefer-standby")
	for _, name := range []string{"user", "application_name", "host"} {
		pass(name)
	}
	if port := r.Int("port", 0, 1, math.MaxUint16); port != 0 {
		params.Set("port", strconv.FormatInt(port, 10))
	}
	for _, name := range []string{"sslcert", "sslkey", "sslrootcert"} {
		if file := r.File(name); file != "" {
			params.Set(name, file)
		}
	}
	if password := r.Secret("password", ""); password != "" {
		params.Set("password", password)
	}
	return params
}

var errLocation = errors.New("the location must have the form postgres://user:password@host:port/database, " +
	"or postgres:///database?host=/run/postgresql for a unix socket, with all other characters percent-encoded; " +
	"the table is the option table")

var errHostTwice = errors.New("a host is in the location and in an option: give it in one place")

var errUserTwice = errors.New("a user or password is in the location and in an option: give both in one place")

// authority returns what a location has for user, password and hosts.
func authority(location string) string {
	_, rest, _ := strings.Cut(location, "://")
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// hasUser reports whether a location has a user name or password.
func hasUser(location string) bool { return strings.Contains(authority(location), "@") }

// hasHost reports whether a location has a host or port.
func hasHost(location string) bool {
	text := authority(location)
	return text[strings.LastIndexByte(text, '@')+1:] != ""
}

// databaseURL adds params to the location. It says nothing of the location in
// an error, since any part of a malformed one may be a password.
func databaseURL(location string, params url.Values) (string, error) {
	scheme, _, isURL := strings.Cut(location, "://")
	switch {
	case location == "":
		location = "postgres://"
	case !isURL || !slices.Contains([]string{"postgres", "postgresql"}, scheme):
		return "", errLocation
	}
	if _, err := url.Parse(location); err != nil && !strings.Contains(location, ",") {
		return "", errLocation // package url cannot read several hosts, pgx can
	}
	if len(params) == 0 {
		return location, nil
	}
	if (params.Has("user") || params.Has("password")) && hasUser(location) {
		return "", errUserTwice
	}
	if (params.Has("host") || params.Has("port")) && hasHost(location) {
		return "", errHostTwice
	}
	separator := "?"
	if strings.Contains(location, "?") {
		separator = "&"
	}
	return location + separator + params.Encode(), nil
}
