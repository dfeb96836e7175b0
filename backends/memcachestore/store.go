package memcachestore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/inflight"
)

// Store keeps entries on one or more Memcached servers. It is safe for
// concurrent use, and so is what [Store.In] returns.
type Store struct {
	*cluster

	// spaces is the namespace of all keys, or nil where each key has to tell.
	spaces []*namespace
}

var (
	_ driver.Store      = (*Store)(nil)
	_ driver.Many       = (*Store)(nil)
	_ driver.Counter    = (*Store)(nil)
	_ driver.Replacer   = (*Store)(nil)
	_ driver.KeyChecker = (*Store)(nil)
	_ driver.Namespacer = (*Store)(nil)

	_ driver.Invalidator = (*Store)(nil)
)

// cluster is what a store and those made of it by In share.
type cluster struct {
	inFlight   inflight.Counter
	servers    []*server
	ring       ring
	namespaces namespaces
	lag        time.Duration
	now        func() time.Time
}

// Open returns a store over the servers of opts. It dials nothing unless
// opts.Ping is set; then it asks every server within ctx.
func Open(ctx context.Context, opts Options) (*Store, error) {
	return open(ctx, opts, time.Now)
}

func open(ctx context.Context, opts Options, now func() time.Time) (*Store, error) {
	opts, addrs, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &cluster{lag: opts.ClearLag, now: now}
	c.inFlight.OnIdle = c.disconnect
	names := make([]string, len(addrs))
	for i, addr := range addrs {
		names[i] = addr.String()
		srv := newServer(i, addr, opts)
		srv.several = len(addrs) > 1
		c.servers = append(c.servers, srv)
	}
	c.ring = newRing(names)
	c.namespaces.servers = len(c.servers)
	s := &Store{cluster: c}
	if opts.Ping {
		if err := s.Ping(ctx); err != nil {
			_ = s.Shutdown(ctx)
			return nil, err
		}
	}
	return s, nil
}

// In implements [driver.Namespacer]: all keys of the store that it returns are
// of ns, whatever their form.
func (s *Store) In(ns driver.Namespace) driver.Store {
	return &Store{cluster: s.cluster, spaces: []*namespace{s.namespaces.pin(ns.Prefix)}}
}

// Ping asks every server whether it is there, all at once. The error names
// each that is not; a [*ServerError] is inside.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	return concurrently(s.servers, func(srv *server) error { return srv.ping(ctx) })
}

var _ driver.Prober = (*Store)(nil)

// Probe implements [driver.Prober]: it asks every server, all at once, and returns nil
// if one answers.
func (s *Store) Probe(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	var answered atomic.Bool
	err := concurrently(s.servers, func(srv *server) error {
		err := srv.ping(ctx)
		if err == nil {
			answered.Store(true)
		}
		return err
	})
	if answered.Load() {
		return nil
	}
	return err
}

// Shutdown implements [driver.Store]. Each operation in flight ends within the
// timeout of the store; when the last one has, the connections are closed, also
// if ctx has ended before that.
func (s *Store) Shutdown(ctx context.Context) error { return s.inFlight.CloseAndWait(ctx) }

func (c *cluster) disconnect() {
	for _, srv := range c.servers {
		_ = srv.client.Close() // what fails to close is closed
	}
}

// begin is the first step of an operation. Unless it fails, the operation ends
// with c.inFlight.End.
func (c *cluster) begin(ctx context.Context, keys ...[]byte) error {
	if err := c.inFlight.Start(); err != nil {
		return err
	}
	err := ctx.Err()
	for _, key := range keys {
		if err == nil {
			err = checkKey(key)
		}
	}
	if err != nil {
		c.inFlight.End()
	}
	return err
}

// concurrently calls f with each of all at once, waits, and joins the errors.
func concurrently[T any](all []T, f func(T) error) error {
	if len(all) == 1 {
		return f(all[0])
	}
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { errs[i] = f(one) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
