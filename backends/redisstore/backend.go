package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

func init() {
	for _, scheme := range schemes {
		driver.Register(scheme, backend(scheme))
	}
}

// Backend returns the backend that importing this package registers under
// scheme: "redis", "rediss", which is the same over TLS, "redis+sentinel",
// "redis+cluster", "redis+unix" or "unix", which are the same on a unix socket. Any
// other panics. The location is one of
//
//	redis://user:password@host:port/db
//	redis+unix://user:password@/path/of/socket
//	redis+sentinel://user:password@host:port/primary/db
//	redis+cluster://user:password@host:port
//
// of which every part may be left out but the name of the primary, and which may
// begin after the "//". Further hosts follow after a comma, or in the option addrs.
// User name and password, in which everything but letters and digits is to be
// percent-encoded, are those of the Redis servers. "redis" takes the location of a
// unix socket, too, and unix://, as go-redis writes it; the database of a socket is
// the option db. The options, by the fields of [Options] and [StoreOptions] that they
// set, are
//
//   - addrs, replicas: lists of host:port, or paths of unix sockets, with commas
//   - dial_timeout: a duration, by default 5s
//   - read_timeout, write_timeout: durations, by default 3s
//   - read_your_writes: a duration, by default 0
//   - master: the name of the primary (MasterName), instead of the path
//   - sentinel_username, sentinel_password, username, password
//   - db: a number, by default 0
//   - pool_size: a number of at least 1, by default as PoolSize says
//   - min_idle: a number, by default 0
//   - clear_batch: a number of at least 1, by default 1000
//   - max_retries: a number, 0 for none, by default 1, on a cluster 3
//   - max_value_size: a size such as "1MiB", by default "512MiB"
//   - owner, pipeline: true or false, by default false
//   - client_log: "handler" (the default) sends the lines of go-redis to the log
//     of the cache.Handler, as [Options] says of ClientLog; "leave" leaves them alone
//   - tls: true, or from Go a *tls.Config
//   - tls_ca, tls_cert, tls_key: PEM files with the authorities to trust instead
//     of the system's, and the client's certificate
//   - tls_server_name: the name on the certificate, if it is not the host
//   - tls_insecure: true accepts any certificate, by default false
func Backend(scheme string) driver.Backend {
	if slices.Contains(schemes, scheme) {
		return backend(scheme)
	}
	panic(fmt.Sprintf("redisstore: there is no backend %q", scheme))
}

func backend(scheme string) driver.Backend {
	return driver.Backend{
		Open: func(ctx context.Context, cfg driver.Config) (driver.Store, error) {
			opts, files, err := readOptions(scheme, cfg)
			if err != nil {
				return nil, err
			}
			if err := files.loadInto(opts.TLS); err != nil {
				return nil, err
			}
			s, err := Open(ctx, opts)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		Validate: func(cfg driver.Config) error {
			_, _, err := readOptions(scheme, cfg)
			return err
		},
	}
}

// readOptions reads the location and the options of cfg. The TLS configuration
// that it returns still lacks what is in the files.
func readOptions(scheme string, cfg driver.Config) (Options, tlsFiles, error) {
	l, err := parseLocation(scheme, cfg.Location)
	reader := settings{driver.ReadOptions(cfg), []error{err}, cfg}
	opts := Options{
		Addrs:            append(l.addrs, reader.addrs("addrs", scheme == schemeSentinel)...),
		Replicas:         reader.addrs("replicas", false),
		ReadYourWrites:   reader.Duration("read_your_writes", 0),
		Cluster:          scheme == schemeCluster,
		MasterName:       reader.once("master", l.master),
		SentinelUsername: reader.secret("sentinel_username", ""),
		SentinelPassword: reader.secret("sentinel_password", ""),
		DB:               int(reader.Int("db", int64(l.db), 0, math.MaxInt32)),
		Username:         reader.secret("username", l.username),
		Password:         reader.secret("password", l.password),
		PoolSize:         int(reader.Int("pool_size", 0, 1, math.MaxInt32)),
		MinIdle:          int(reader.Int("min_idle", 0, 0, math.MaxInt32)),
		DialTimeout:      reader.Duration("dial_timeout", 0),
		ReadTimeout:      reader.Duration("read_timeout", 0),
		WriteTimeout:     reader.Duration("write_timeout", 0),
		MaxRetries:       reader.retries(),
		ClientLog:        reader.clientLog(),
		StoreOptions: StoreOptions{
			Owner:        reader.Bool("owner", false),
			Pipeline:     reader.Bool("pipeline", false),
			ClearBatch:   int(reader.Int("clear_batch", 0, 1, math.MaxInt32)),
			MaxValueSize: reader.Size("max_value_size", 0, 1, math.MaxInt64),
		},
	}
	var files tlsFiles
	opts.TLS, files = reader.tls(scheme == schemeTLS)
	if l.db != 0 && cfg.Options["db"] != nil {
		reader.report("the database is in the location and in the option db")
	}
	if scheme == schemeSentinel && opts.MasterName == "" {
		reader.report("the Sentinels must be told the name of the primary: redis+sentinel://host:port/name, or the option master")
	}
	if scheme != schemeSentinel && opts.MasterName != "" {
		reader.report("the option master is for redis+sentinel://")
	} else {
		reader.errs = append(reader.errs, opts.validate())
	}
	return opts, files, errors.Join(append(reader.errs, reader.Err())...)
}

// settings reads the options that a plain reader does not know how to read.
type settings struct {
	*driver.OptionReader
	errs []error
	cfg  driver.Config
}

func (s *settings) report(text string) { s.errs = append(s.errs, errors.New(text)) }

// addrs reads a list of addresses. Whoever is used to URLs may put a password
// before one, so none is shown.
func (s *settings) addrs(name string, sentinel bool) []string {
	text := s.Secret(name, "")
	if text == "" {
		return nil
	}
	addrs, err := splitAddrs(text, sentinel)
	if err != nil {
		s.report(fmt.Sprintf("option %q must be a list of host:port, or of paths of unix sockets, with commas", name))
	}
	return addrs
}

// once reads a string that the location may have given already.
func (s *settings) once(name, given string) string {
	s.refuseTwice(name, given)
	return s.String(name, given)
}

// secret is once for what no message may show.
func (s *settings) secret(name, given string) string {
	s.refuseTwice(name, given)
	return s.Secret(name, given)
}

func (s *settings) refuseTwice(name, given string) {
	if _, again := s.cfg.Options[name]; again && given != "" {
		s.report(fmt.Sprintf("the location and the option %q say the same thing", name))
	}
}

// retries reads max_retries, whose zero is zero and not the default.
func (s *settings) retries() int {
	if n := s.Int("max_retries", math.MaxInt32, 0, math.MaxInt32); n != math.MaxInt32 {
		if n == 0 {
			return -1
		}
		return int(n)
	}
	return 0
}

// clientLog returns the log of the handler, unless the option leaves the client's alone.
func (s *settings) clientLog() *slog.Logger {
	if s.String("client_log", "handler", "handler", "leave") == "leave" {
		return nil
	}
	return s.cfg.Logger
}

// tls reads all options whose name begins with tls.
func (s *settings) tls(always bool) (*tls.Config, tlsFiles) {
	var config *tls.Config
	if given, ok := s.Value("tls").(*tls.Config); ok {
		config = given.Clone()
	} else if on := s.Bool("tls", always); on {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	} else if always {
		s.report("the option tls is false, and rediss:// means TLS: use redis://")
	}
	files := tlsFiles{ca: s.File("tls_ca"), cert: s.File("tls_cert"), key: s.File("tls_key")}
	name, insecure := s.String("tls_server_name", ""), s.Bool("tls_insecure", false)
	if config == nil {
		for option := range s.cfg.Options {
			if strings.HasPrefix(option, "tls_") {
				s.report("an option of TLS is given without TLS: use rediss://, or the option tls")
				break
			}
		}
		return nil, files
	}
	if (files.cert == "") != (files.key == "") {
		s.report("of tls_cert and tls_key one is missing")
	}
	if name != "" {
		config.ServerName = name
	}
	if insecure {
		config.InsecureSkipVerify = true
	}
	return config, files
}
