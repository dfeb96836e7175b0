package memcachestore

import (
	"context"
	"slices"
)

// Get implements [driver.Store].
func (s *Store) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.begin(ctx, key); err != nil {
		return nil, err
	}
	defer s.gate.Leave()
	var t target
	t.init(s, key, s.now())
	item, err := t.find(ctx)
	if err != nil {
		return nil, err
	}
	return trimmed(item.Value), nil
}

// GetMany implements [driver.Many] with one request to each server, all at
// once. One more follows where an entry is of another epoch. If a server
// fails, so does the whole.
func (s *Store) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	if err := s.begin(ctx, keys...); err != nil {
		return nil, err
	}
	defer s.gate.Leave()
	values := make([][]byte, len(keys))
	err := concurrently(s.batches(keys), func(b batch) error { return b.find(ctx, values) })
	if err != nil {
		return nil, err
	}
	return values, nil
}

// find puts the values of the entries that are there at their places.
func (b batch) find(ctx context.Context, values [][]byte) error {
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
	items, err := first.ask(ctx, first.srv, keys, unsure)
	if err != nil {
		return err
	}
	for _, t := range b.targets {
		item := items[t.key]
		if item == nil {
			continue
		}
		live, err := t.isLive(ctx, item, t.began)
		if err != nil {
			return err
		}
		if live {
			for _, place := range t.places {
				values[place] = trimmed(item.Value)
			}
		}
	}
	return nil
}
