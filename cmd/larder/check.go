package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/larder-go/larder/cache"
)

type checkCommand struct {
	Aliases []string `arg:"" optional:"" name:"alias" help:"The caches to check; all unless given."`
}

// checked is what was found of one alias.
type checked struct {
	Alias   string   `json:"alias"`
	Backend string   `json:"backend"`
	OK      bool     `json:"ok"`
	Servers []server `json:"servers,omitempty"`
	Error   *problem `json:"error,omitempty"`

	code int
}

// Run checks the aliases, all at once, and tells of them in order.
func (c *checkCommand) Run(ctx context.Context, s *session) error {
	settings, err := s.load()
	if errors.Is(err, errNoCaches) {
		return usageError(err.Error() + "; a program without settings has the implied default if it imports the memory backend: 64 MiB of its own memory")
	}
	if err != nil {
		return err
	}
	aliases, err := chosen(settings, c.Aliases)
	if err != nil {
		return err
	}
	found := make([]checked, len(aliases))
	var wg sync.WaitGroup
	for i, alias := range aliases {
		wg.Go(func() { found[i] = s.check(ctx, alias, settings[alias]) })
	}
	wg.Wait()
	if len(c.Aliases) == 0 {
		found = append(found, checkTogether(settings, found)...)
	}
	worst := exitDone
	lines := make([]string, len(found))
	for i, f := range found {
		worst = max(worst, f.code)
		lines[i] = f.String()
	}
	err = s.out.result(strings.Join(lines, "\n"), map[string]any{"ok": worst == exitDone, "aliases": found})
	if err == nil && worst != exitDone {
		return said(worst)
	}
	return err
}

func (s *session) check(ctx context.Context, alias string, cfg cache.Config) checked {
	servers, err := s.inspect(ctx, alias, cfg)
	found := checked{Alias: alias, Backend: cfg.Backend, Servers: servers, OK: err == nil, code: exitCode(err)}
	if err != nil {
		found.Error = newProblem(err)
	}
	return found
}

// checkTogether finds what is wrong with settings of which each alias by itself
// is right.
func checkTogether(settings cache.Settings, found []checked) []checked {
	for _, f := range found {
		if f.code == exitUsage {
			return nil
		}
	}
	_, err := cache.NewHandler(settings)
	if err == nil {
		return nil
	}
	return []checked{{Error: newProblem(err), code: exitCode(err)}}
}

// String is the line for an alias.
func (c checked) String() string {
	name := inLine(c.Alias)
	if name == "" {
		name = "settings"
	}
	if c.Error != nil {
		return fmt.Sprintf("%s: failed: %s", name, c.Error.Message)
	}
	text := fmt.Sprintf("%s: ok: %s", name, c.Backend)
	for _, server := range c.Servers {
		text += ", " + server.String()
	}
	return text
}
