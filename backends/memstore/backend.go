package memstore

import (
	"context"
	"math"
	"net/url"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

func init() {
	driver.Register("memory", Backend())
}

// Backend returns the backend that this package registers as "memory". A
// configuration may name it directly instead, to do without the registry.
func Backend() driver.Backend {
	return driver.Backend{
		Open:                open,
		Validate:            validate,
		OneStorePerLocation: true,
		URLLocation:         urlLocation,
	}
}

// urlLocation returns "pages" for memory://pages.
func urlLocation(u *url.URL) (string, error) { return strings.Trim(u.Host+u.Path, "/"), nil }

func open(_ context.Context, cfg driver.Config) (driver.Store, error) {
	opts, err := readOptions(cfg)
	if err != nil {
		return nil, err
	}
	return New(opts)
}

func validate(cfg driver.Config) error {
	opts, err := readOptions(cfg)
	if err != nil {
		return err
	}
	return opts.validate()
}

func readOptions(cfg driver.Config) (Options, error) {
	r := driver.ReadOptions(cfg)
	opts := Options{
		MaxEntries: r.Int("max_entries", 0, 1, math.MaxInt),
		MaxBytes:   r.Size("max_bytes", 0, 1, math.MaxInt64),
		Native:     r.Bool("native", false),
	}
	if clock := r.Value("clock"); clock != nil {
		var ok bool
		if opts.Clock, ok = clock.(driver.Clock); !ok {
			r.Fail("clock", "a driver.Clock")
		}
	}
	refuseCullFrequency(cfg, r)
	return opts, r.Err()
}

// refuseCullFrequency tells those who come from Django why their option is
// refused, which "unknown option" would not.
func refuseCullFrequency(cfg driver.Config, r *driver.OptionReader) {
	const name = "cull_frequency"
	if _, given := cfg.Options[name]; !given {
		return
	}
	r.Value(name)
	r.Fail(name, "left out: it has no meaning here, because a full store evicts one entry for each new one (W-TinyLFU) and never culls")
}
