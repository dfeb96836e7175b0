package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

var errServerGone = errors.New("connection refused")

// unopenable is a backend whose server is not there when the program starts.
func unopenable() cache.Config {
	return cache.Config{Opener: &driver.Backend{
		Open:     func(context.Context, driver.Config) (driver.Store, error) { return nil, errServerGone },
		Validate: func(driver.Config) error { return nil },
	}}
}

// A purge that did not reach the store returns its error, whatever the alias's on_error is: the
// page may still be there.
func TestAPurgeReturnsTheErrorOfAStoreThatCannotBeReached(t *testing.T) {
	down := new(backend)
	down.failWith(errServerGone)
	ctx := context.Background()
	policy := middleware.NewPolicy(ttl)
	handler := policy.PurgeHandler(middleware.BearerToken("sesame"))
	overHTTP := func(ctx context.Context, fields ...string) error {
		a := send(handler, request("PURGE", "/page", append(fields, bearer)...).WithContext(ctx))
		if a.status == http.StatusOK {
			return nil
		}
		return errors.New(a.body)
	}
	for name, cfg := range map[string]cache.Config{
		"down": down.config(), "a breaker is open": breaking(down.config()), "cannot be opened": unopenable(),
	} {
		for _, policyOf := range []cache.ErrorPolicy{cache.ReturnErrors, cache.MissOnError} {
			cfg.OnError = policyOf
			t.Run(name+" "+policyOf.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx := newCaches(t, cfg).Scope(ctx)
					for name, purge := range map[string]func() error{
						"Purge":               func() error { return policy.Purge(ctx, pageURL) },
						"PurgeSoft":           func() error { return policy.PurgeSoft(ctx, pageURL) },
						"PurgePrefix":         func() error { return policy.PurgePrefix(ctx, pageURL) },
						"PurgePrefixSoft":     func() error { return policy.PurgePrefixSoft(ctx, pageURL) },
						"PURGE":               func() error { return overHTTP(ctx) },
						"PURGE, soft":         func() error { return overHTTP(ctx, "Larder-Purge: soft") },
						"PURGE, prefix":       func() error { return overHTTP(ctx, "Larder-Purge: prefix") },
						"PURGE, prefix, soft": func() error { return overHTTP(ctx, "Larder-Purge: prefix, soft") },
					} {
						if err := purge(); err == nil {
							t.Errorf("%s: no error", name)
						}
					}
				})
			})
		}
	}
}

// breaking returns the settings with a circuit breaker that opens at once.
func breaking(cfg cache.Config) cache.Config {
	cfg.BreakerFailures = 1
	return cfg
}
