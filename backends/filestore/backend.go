package filestore

import (
	"context"
	"errors"
	"math"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

func init() { driver.Register("file", Backend()) }

// Backend returns the backend that importing this package registers as "file".
// The location is the directory, as an absolute path. A relative one begins with "./" or
// "../" and is taken from the working directory of the moment of opening. The options are
//
//   - max_entries: a number of at least 1, by default 10000
//   - max_bytes: a size such as "512MiB", by default "1GiB"
//   - clock: a [driver.Clock], from Go only
//
// and mean what [Options] says. Stores on one location see each other's
// entries, so aliases need not share a store.
func Backend() driver.Backend {
	return driver.Backend{
		Open: func(ctx context.Context, cfg driver.Config) (driver.Store, error) {
			opts, err := readOptions(cfg)
			if err != nil {
				return nil, err
			}
			return open(ctx, cfg.Location, opts)
		},
		Validate: func(cfg driver.Config) error {
			_, err := readOptions(cfg)
			return err
		},
		URLLocation: urlLocation,
	}
}

// urlLocation returns the path of a URL. The first part of a relative one, ".", stands
// where the host would.
func urlLocation(u *url.URL) (string, error) {
	if u.Host != "" && u.Host != "." {
		return "", errors.New("there must be no host: an absolute path begins with a third slash, as in file:///var/cache/app, and a relative one with a dot, as in file://./cache")
	}
	return u.Host + u.Path, nil
}

var errNoLocation = errors.New(`the location is empty: it must be the directory for the entries, for example "/var/cache/shop"`)

var errURLLocation = errors.New("the location is a URL: it must be the directory alone, for example \"/var/cache/shop\"")

var errRelativeLocation = errors.New("the location is a relative path, whose place depends on where the program is started: " +
	`write an absolute one, for example "/var/cache/shop", or begin it with "./" if the working directory is meant`)

// checkLocation refuses a URL without a word of it, since that of a server may
// have a password, which would become the name of a directory. A relative path must
// look like one, as in URLs: "cache" may be the name of anything.
func checkLocation(location string) error {
	switch {
	case location == "":
		return errNoLocation
	case strings.Contains(location, "://"):
		return errURLLocation
	case !filepath.IsAbs(location) && !isDotted(location):
		return errRelativeLocation
	}
	return nil
}

// isDotted reports whether a path begins at the working directory or above it.
func isDotted(path string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(path), "/")
	return first == "." || first == ".."
}

func readOptions(cfg driver.Config) (Options, error) {
	reader := driver.ReadOptions(cfg)
	opts := Options{
		MaxEntries: reader.Int("max_entries", defaultMaxEntries, 1, math.MaxInt64),
		MaxBytes:   reader.Size("max_bytes", defaultMaxBytes, 1, math.MaxInt64),
	}
	if clock := reader.Value("clock"); clock != nil {
		var ok bool
		if opts.Clock, ok = clock.(driver.Clock); !ok {
			reader.Fail("clock", "a driver.Clock")
		}
	}
	return opts, errors.Join(checkLocation(cfg.Location), reader.Err())
}
