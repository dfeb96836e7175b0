package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

type clearCommand struct {
	aliasFlag
	Yes bool `help:"Do it. Without this flag the command says what it would remove, and removes nothing."`
}

// Run removes every entry of an alias.
func (c *clearCommand) Run(ctx context.Context, s *session) error {
	if !c.Yes {
		return c.refuse(s)
	}
	return s.use(ctx, c.Alias, func(ctx context.Context, store *cache.BaseCache) error {
		if err := store.Clear(ctx); err != nil {
			return incomplete(err)
		}
		return s.out.result("cleared", map[string]any{"alias": c.Alias, "cleared": true})
	})
}

// incomplete says of a Clear that failed on its way what may have become of the entries.
func incomplete(err error) error {
	if errors.Is(err, cache.ErrOpenFailed) || exitCode(err) == exitUsage {
		return err // nothing was begun
	}
	return fmt.Errorf("%w; some of the entries may have been removed: run the command again to remove the rest", err)
}

func (c *clearCommand) refuse(s *session) error {
	cfg, err := s.config(c.Alias)
	if err != nil {
		return err
	}
	return usageError(fmt.Sprintf("this would remove %s of the alias %q (%v): say so with --yes", victims(cfg), c.Alias, cfg))
}

// victims says what would go.
func victims(cfg cache.Config) string {
	options := driver.ReadOptions(driver.Config{Options: cfg.Options})
	if options.Bool("owner", false) {
		return "EVERYTHING in the database, because of the option owner,"
	}
	return fmt.Sprintf("all entries, of all versions, with the prefix %q", cfg.KeyPrefix)
}
