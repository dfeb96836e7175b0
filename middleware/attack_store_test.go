package middleware_test

import (
	"context"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// wrapped returns the settings of a memory store behind one that misbehaves.
func wrapped(wrap func(driver.Store) driver.Store) cache.Config {
	return cache.Config{Opener: &driver.Backend{
		Open: func(context.Context, driver.Config) (driver.Store, error) {
			s, err := memstore.New(memstore.Options{})
			if err != nil {
				return nil, err
			}
			return wrap(s), nil
		},
		Validate: func(driver.Config) error { return nil },
	}}
}
