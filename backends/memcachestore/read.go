package memcachestore

import (
	"context"
	"slices"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

// Get implements [driver.Store].
func (s *Store) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.begin(ctx, key); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	var t target
	t.init(s, key, s.now())
	item, err := t.find(ctx)
	if err != nil {
		return nil, err
	}
	return trimmed(item.Value), nil
}

// GetMany implements [driver.Many] with one request to each server, all at
// once. One more follows where an entry is of another epoch. If a server fails,
// the others have answered for their keys.
func (s *Store) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	if err := s.begin(ctx, keys...); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	s.eachBatch(keys, func(b batch) { b.find(ctx, values, errs) })
	return values, driver.Partial(errs)
}

// find puts the values of the entries that are there at their places, and errors at
// those of the entries that it could not find out about.
func (b batch) find(ctx context.Context, values [][]byte, errs []error) {
	items, err := b.ask(ctx)
	for i, t := range b.targets {
		live := false
		if item := items[t.key]; item != nil && err == nil {
			live, err = t.isLive(ctx, item, t.began)
		}
		if err != nil {
			batch{b.targets[i:]}.fail(errs, err)
			return
		}
		for _, place := range t.places {
			if live {
				values[place] = trimmed(items[t.key].Value)
			}
		}
	}
}

// ask reads the items of the batch, and in the same request the epochs that have to
// be asked for.
func (b batch) ask(ctx context.Context) (map[string]*memcache.Item, error) {
	var unsure []*namespace
	keys := make([]string, len(b.targets))
	for i, t := range b.targets {
		keys[i] = t.key
		for _, n := range t.unsure() {
			if !slices.Contains(unsure, n) {
				unsure = append(unsure, n)
			}
		}
	}
	first := b.targets[0]
	return first.ask(ctx, first.srv, keys, unsure)
}
