package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// load returns the caches that the flags or the environment name.
func (c common) load() (cache.Settings, error) {
	switch {
	case c.Settings != "":
		return readSettings(c.Settings)
	case c.URL != "":
		cfg, err := cache.ParseURL(c.URL)
		if err != nil {
			return nil, fmt.Errorf("--url: %w", err)
		}
		return cache.Settings{cache.DefaultAlias: cfg}, nil
	}
	settings, err := cache.SettingsFromEnv(os.Environ())
	if err == nil && len(settings) == 0 {
		err = errNoCaches
	}
	return settings, err
}

var errNoCaches = usageError("no caches are named: give --settings FILE or --url URL, or set " + cache.EnvPrefix + "DEFAULT to a URL")

func readSettings(file string) (cache.Settings, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError(fmt.Sprintf("--settings: %v", err))
	}
	settings, err := cache.ParseSettings(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return settings, nil
}

// chosen returns those of settings that names name, or all, by alias.
func chosen(settings cache.Settings, names []string) (aliases []string, err error) {
	if len(names) == 0 {
		return slices.Sorted(maps.Keys(settings)), nil
	}
	for _, name := range names {
		if _, ok := settings[name]; !ok {
			return nil, unknownAlias(name, settings)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func unknownAlias(name string, settings cache.Settings) error {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		names = append(names, inLine(name))
	}
	known := strings.Join(names, ", ")
	return usageError(fmt.Sprintf("unknown alias %q: the settings have %s", shown(name), known))
}

// aliasFlag is a part of the commands that work on one alias.
type aliasFlag struct {
	Alias string `default:"default" placeholder:"NAME" help:"The cache to use; \"default\" unless given."`
}

// use calls do with the cache of an alias, for as long as the user wants to
// wait. Outages are errors here, whatever the settings make of them for the
// program: whoever runs this command wants to see them.
func (s *session) use(ctx context.Context, alias string, do func(context.Context, *cache.BaseCache) error) (err error) {
	settings, err := s.load()
	if err != nil {
		return err
	}
	if _, ok := settings[alias]; !ok {
		return unknownAlias(alias, settings)
	}
	for name, cfg := range settings {
		cfg.OnError, cfg.BreakerFailures, cfg.BreakerCooldown = cache.ReturnErrors, 0, 0
		settings[name] = cfg
	}
	handler, err := cache.NewHandler(settings, cache.WithLogger(s.logger))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shutdown(ctx, handler)) }()
	c, err := handler.Cache(alias)
	if err != nil {
		return err
	}
	s.warnOfMemory(alias, settings[alias])
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	return do(ctx, c)
}

// warnOfMemory says that a command works on a cache of its own.
func (s *session) warnOfMemory(alias string, cfg cache.Config) {
	if backend, ok := driver.DefaultRegistry.Lookup(cfg.Backend); ok && backend.OneStorePerLocation {
		s.logger.Warn("this alias keeps its entries in the memory of each process: those of another program cannot be seen or changed from here",
			"alias", alias, "backend", cfg.Backend)
	}
}

// grace is how long the end of a command may take after its work.
const grace = 5 * time.Second

// shutdown closes connections, also when ctx has ended.
func shutdown(ctx context.Context, what interface{ Shutdown(context.Context) error }) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return what.Shutdown(ctx)
}

// config returns the settings of an alias.
func (s *session) config(alias string) (cache.Config, error) {
	settings, err := s.load()
	if err != nil {
		return cache.Config{}, err
	}
	cfg, ok := settings[alias]
	if !ok {
		return cache.Config{}, unknownAlias(alias, settings)
	}
	return cfg, nil
}
