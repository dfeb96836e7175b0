package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

type tableCommand struct {
	Alias  string `arg:"" optional:"" help:"The cache that needs a table; every one on PostgreSQL unless given."`
	DryRun bool   `help:"Print the SQL and connect to nothing."`
}

// Run makes the tables. One that is there already is no error.
func (c *tableCommand) Run(ctx context.Context, s *session) error {
	settings, err := s.load()
	if err != nil {
		return err
	}
	aliases, err := c.aliases(settings)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	for _, alias := range aliases {
		if err := c.make(ctx, s, alias, settings[alias]); err != nil {
			return err
		}
	}
	return nil
}

// aliases returns those whose tables to make.
func (c *tableCommand) aliases(settings cache.Settings) ([]string, error) {
	var names []string
	if c.Alias != "" {
		names = []string{c.Alias}
	}
	aliases, err := chosen(settings, names)
	if err != nil {
		return nil, err
	}
	onPostgres := slices.DeleteFunc(aliases, func(alias string) bool { return !hasTable(settings[alias]) })
	switch {
	case len(onPostgres) > 0:
		return onPostgres, nil
	case c.Alias != "":
		return nil, usageError(fmt.Sprintf("alias %q has the backend %s, which has no table", c.Alias, settings[c.Alias].Backend))
	}
	return nil, usageError("no alias of the settings is on PostgreSQL")
}

// hasTable reports whether the backend of cfg keeps entries in a table. Package pgstore
// alone has a function that creates one.
func hasTable(cfg cache.Config) bool {
	return cfg.Backend == "postgres" || cfg.Backend == "postgresql"
}

func (c *tableCommand) make(ctx context.Context, s *session, alias string, cfg cache.Config) error {
	if err := cfg.Check(alias); err != nil {
		return err
	}
	opts, err := pgstore.ParseConfig(driver.Config{Alias: alias, Location: cfg.Location, Options: cfg.Options})
	if err != nil {
		return err
	}
	if c.DryRun {
		sql, err := pgstore.TableSQL(opts)
		if err != nil {
			return err
		}
		return s.out.result(sql+";", map[string]any{"alias": alias, "sql": sql})
	}
	created, err := pgstore.CreateTable(ctx, opts)
	if err != nil {
		return openFailed(alias, err)
	}
	table := tableName(opts)
	text := fmt.Sprintf("%s: the table %s was there already", inLine(alias), inLine(table))
	if created {
		text = fmt.Sprintf("%s: created the table %s", inLine(alias), inLine(table))
	}
	return s.out.result(text, map[string]any{"alias": alias, "table": table, "created": created})
}

func tableName(opts pgstore.Options) string {
	if opts.Schema == "" {
		return opts.Table
	}
	return opts.Schema + "." + opts.Table
}
