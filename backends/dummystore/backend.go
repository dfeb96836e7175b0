package dummystore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/larder-go/larder/cache/driver"
)

func init() {
	driver.Register("dummy", Backend())
}

// Backend returns the backend that this package registers as "dummy". A
// configuration may name it directly instead, to do without the registry.
func Backend() driver.Backend {
	return driver.Backend{Open: open, Validate: validate, URLLocation: urlLocation}
}

// urlLocation returns "" for dummy://; any other location is refused.
func urlLocation(u *url.URL) (string, error) { return strings.Trim(u.Host+u.Path, "/"), nil }

func open(_ context.Context, cfg driver.Config) (driver.Store, error) {
	if err := validate(cfg); err != nil {
		return nil, err
	}
	return New(), nil
}

func validate(cfg driver.Config) error {
	var errs []error
	if cfg.Location != "" {
		errs = append(errs, errors.New("a location is given: the dummy backend stores nothing and has no location"))
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Options)) {
		errs = append(errs, fmt.Errorf("unknown option %q: the dummy backend has no options", name))
	}
	return errors.Join(errs...)
}
