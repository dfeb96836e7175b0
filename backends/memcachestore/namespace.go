package memcachestore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

// namespace is what the store knows of the epochs of one namespace.
type namespace struct {
	key  string                      // of the epoch, the same on every server
	held []atomic.Pointer[heldEpoch] // by the index of the server
}

// heldEpoch is an epoch as a server told it in answer to a question of the
// time asked.
type heldEpoch struct {
	epoch epoch
	asked time.Time
}

func newNamespace(prefix string, servers int) *namespace {
	return &namespace{key: epochKey(prefix), held: make([]atomic.Pointer[heldEpoch], servers)}
}

// on returns what is held for srv, or a zero heldEpoch.
func (n *namespace) on(srv *server) *heldEpoch {
	if held := n.held[srv.index].Load(); held != nil {
		return held
	}
	return &heldEpoch{}
}

// keep holds an epoch, unless a later question was answered meanwhile: else an
// answer that was long on its way would bring back what Clear has ended.
func (n *namespace) keep(srv *server, e epoch, asked time.Time) {
	slot := &n.held[srv.index]
	for {
		old := slot.Load()
		if old != nil && old.asked.After(asked) || slot.CompareAndSwap(old, &heldEpoch{e, asked}) {
			return
		}
	}
}

// takeFrom keeps the epoch if it is among items.
func (n *namespace) takeFrom(items map[string]*memcache.Item, srv *server, asked time.Time) {
	if e, ok := epochIn(items[n.key]); ok {
		n.keep(srv, e, asked)
	}
}

// epochIn reads an item, which is nil where the server has none.
func epochIn(item *memcache.Item) (epoch, bool) {
	if item == nil {
		return 0, false
	}
	return parseEpoch(item.Value)
}

// ask reads the items under keys, and in the same request the epochs of spaces,
// which are kept.
func (c *cluster) ask(ctx context.Context, srv *server, keys []string, spaces []*namespace) (map[string]*memcache.Item, error) {
	for _, n := range spaces {
		keys = append(keys, n.key)
	}
	asked := c.now()
	items, err := srv.getMulti(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, n := range spaces {
		n.takeFrom(items, srv, asked)
	}
	return items, nil
}

// maxLearnAttempts bounds how often a server is asked for an epoch that it has
// been given and does not have.
const maxLearnAttempts = 8

var errNoEpoch = errors.New("it does not keep the epoch of a namespace: it has too little memory")

// learn asks srv for the epochs of spaces, and makes those that it lacks.
func (c *cluster) learn(ctx context.Context, srv *server, spaces []*namespace) error {
	for range maxLearnAttempts {
		items, err := c.ask(ctx, srv, nil, spaces)
		if err != nil {
			return err
		}
		var missing []*namespace
		for _, n := range spaces {
			if _, ok := epochIn(items[n.key]); !ok {
				missing = append(missing, n)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		for _, n := range missing {
			if err := c.change(ctx, srv, n, items[n.key]); err != nil {
				return err
			}
		}
		spaces = missing
	}
	return &ServerError{Addr: srv.addr.String(), Err: errNoEpoch}
}

// change gives the namespace a new epoch on srv instead of current, which is
// nil where there is none. If another has done so meanwhile, that epoch counts.
func (c *cluster) change(ctx context.Context, srv *server, n *namespace, current *memcache.Item) error {
	last := n.on(srv).epoch
	if current == nil {
		err := srv.add(ctx, &memcache.Item{Key: n.key, Value: appendEpoch(nil, nextEpoch(last, c.now()))})
		if errors.Is(err, memcache.ErrNotStored) {
			return nil
		}
		return err
	}
	if e, ok := epochIn(current); ok {
		last = e
	}
	current.Value = appendEpoch(nil, nextEpoch(last, c.now()))
	_, err := srv.swap(ctx, current)
	return err
}

// Clear implements [driver.Store]: it changes the epoch of ns on every server,
// in three round trips to each, all at once. It does not look for the entries.
// They are dead from then on for this process, and for others after
// [Options.ClearLag] at the latest; their memory is free once they are
// overwritten, evicted or expired. If a server fails, its entries stay and
// those on the others are cleared.
func (s *Store) Clear(ctx context.Context, ns driver.Namespace) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	n := s.namespaces.find(ns.Prefix)
	return concurrently(s.servers, func(srv *server) error {
		current, err := srv.get(ctx, n.key)
		if err != nil && !errors.Is(err, memcache.ErrCacheMiss) {
			return err
		}
		// Whoever comes between these two steps clears after we began, and so
		// for us too.
		if err := s.change(ctx, srv, n, current); err != nil {
			return err
		}
		return s.learn(ctx, srv, []*namespace{n})
	})
}
