package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// inspect opens the store of an alias and asks its servers. A store that cannot
// tell anything is asked for a key.
func (s *session) inspect(ctx context.Context, alias string, cfg cache.Config) (servers []server, err error) {
	if err := cfg.Check(alias); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	backend, _ := driver.DefaultRegistry.Lookup(cfg.Backend) // Check has found it
	store, err := backend.Open(ctx, driver.Config{Alias: alias, Location: cfg.Location, Options: cfg.Options, Logger: s.logger})
	if err != nil {
		return nil, openFailed(alias, err)
	}
	defer func() { err = errors.Join(err, shutdown(ctx, store)) }()
	inspector, ok := store.(driver.Inspector)
	if !ok {
		return nil, ping(ctx, store, cfg)
	}
	found, err := inspector.Inspect(ctx)
	var errs []error
	for _, i := range found {
		servers = append(servers, newServer(i))
		if i.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", i.Where, i.Err))
		}
	}
	if err = errors.Join(append(errs, err)...); err != nil {
		err = openFailed(alias, err)
	}
	return servers, err
}

func ping(ctx context.Context, store driver.Store, cfg cache.Config) error {
	_, err := store.Get(ctx, []byte(cache.DefaultKey(cfg.KeyPrefix, 1, "larder-check")))
	if errors.Is(err, driver.ErrNotFound) {
		return nil
	}
	return err
}

// server is what is known of one, as JSON.
type server struct {
	Address   string   `json:"address"`
	Product   string   `json:"product,omitempty"`
	LatencyMS float64  `json:"latency_ms,omitempty"`
	Figures   []figure `json:"figures,omitempty"`
	Error     *problem `json:"error,omitempty"`

	latency time.Duration
}

// figure is a driver.Figure as JSON.
type figure struct {
	Name  string `json:"name"`
	Of    string `json:"of"`
	Value int64  `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

func newServer(i driver.Inspection) server {
	latency := i.Latency.Round(10 * time.Microsecond)
	s := server{Address: i.Where, Product: i.Product, latency: latency, LatencyMS: float64(latency) / float64(time.Millisecond)}
	for _, f := range i.Figures {
		s.Figures = append(s.Figures, figure(f))
	}
	if i.Err != nil {
		s.Error = newProblem(i.Err)
	}
	return s
}

// String describes a server in a few words.
func (s server) String() string {
	text := inLine(s.Address)
	if s.Product != "" {
		text += " " + inLine(s.Product)
	}
	if s.latency > 0 {
		text += " in " + s.latency.String()
	}
	return text
}
