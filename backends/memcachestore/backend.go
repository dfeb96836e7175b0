package memcachestore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

func init() { driver.Register("memcached", Backend()) }

// Backend returns the backend that importing this package registers as
// "memcached". The location names the servers, with commas between them:
// memcached://10.0.0.1,10.0.0.2:11212, or the path of a unix socket:
// memcached:///run/memcached.sock or unix:/run/memcached.sock. The options are
//
//   - addrs: the servers instead of the location, as a list or with commas
//     between them
//   - io_timeout: a duration greater than zero, by default 500ms
//   - max_conns: a number of at least 1, by default 64
//   - max_idle: a number from 1 to max_conns, by default max_conns
//   - clear_lag: a duration, by default 1s; 0 is [NoLag]
//   - ping: true or false, by default false
//   - dial: a function as [Options] has it, from Go only
//
// and mean what [Options] says. Stores on one server see each other's entries,
// so aliases need not share a store.
func Backend() driver.Backend {
	return driver.Backend{
		Open: func(ctx context.Context, cfg driver.Config) (driver.Store, error) {
			opts, err := readOptions(cfg)
			if err != nil {
				return nil, err
			}
			s, err := Open(ctx, opts)
			if err != nil {
				return nil, err // and not a *Store that is nil, which as a Store would not be
			}
			return s, nil
		},
		Validate: func(cfg driver.Config) error {
			_, err := readOptions(cfg)
			return err
		},
	}
}

func readOptions(cfg driver.Config) (Options, error) {
	reader := driver.ReadOptions(cfg)
	addrs, addrsErr := readAddrs(cfg.Location, reader)
	opts := Options{
		Addrs:     addrs,
		IOTimeout: reader.Duration("io_timeout", defaultIOTimeout),
		MaxConns:  int(reader.Int("max_conns", defaultMaxConns, 1, math.MaxInt32)),
		ClearLag:  reader.Duration("clear_lag", defaultClearLag),
		Dial:      readDial(reader),
		Ping:      reader.Bool("ping", false),
	}
	opts.MaxIdle = int(reader.Int("max_idle", int64(opts.MaxConns), 1, int64(opts.MaxConns)))
	if opts.IOTimeout == 0 {
		reader.Fail("io_timeout", "greater than zero")
	}
	if opts.ClearLag == 0 {
		opts.ClearLag = NoLag
	}
	if err := errors.Join(addrsErr, reader.Err()); err != nil {
		return opts, err
	}
	_, _, err := opts.withDefaults()
	return opts, err
}

// readAddrs returns the servers of the location or of the option addrs.
func readAddrs(location string, reader *driver.OptionReader) ([]string, error) {
	fromLocation, err := parseLocation(location)
	if err != nil {
		return nil, err
	}
	var addrs []string
	switch v := reader.Value("addrs").(type) {
	case nil:
		return fromLocation, nil
	case string:
		addrs = strings.Split(v, ",")
	case []string:
		addrs = v
	case []any:
		for _, element := range v {
			text, ok := element.(string)
			if !ok {
				return nil, fmt.Errorf(`option "addrs" has an element that is a %T: each must be a string`, element)
			}
			addrs = append(addrs, text)
		}
	default:
		return nil, fmt.Errorf(`option "addrs" is a %T: it must be a list of strings, or a string with commas between the servers`, v)
	}
	switch {
	case len(addrs) == 0:
		return nil, errors.New(`option "addrs" is empty: it must name at least one server`)
	case len(fromLocation) > 0:
		return nil, errors.New(`both the location and the option "addrs" name servers: give them in one place`)
	}
	return addrs, nil
}

func readDial(reader *driver.OptionReader) func(context.Context, string, string) (net.Conn, error) {
	v := reader.Value("dial")
	dial, ok := v.(func(context.Context, string, string) (net.Conn, error))
	if v != nil && !ok {
		reader.Fail("dial", "a func(ctx context.Context, network, address string) (net.Conn, error)")
	}
	return dial
}
