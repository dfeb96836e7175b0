package filestore

import (
	"context"
	"errors"
	"io/fs"

	"github.com/larder-go/larder/cache/driver"
)

// Clear removes the entries of ns. It costs a reading of the head of every
// entry in the store, shard by shard, each under its lock. Entries of a newer
// version of the format, whose keys it cannot tell, stay.
func (s *Store) Clear(ctx context.Context, ns driver.Namespace) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.inFlight.End()
	// Clearing shards that are no longer in use would leave the entries.
	if err := s.agreeOnLayout(ctx); err != nil {
		return err
	}
	for _, sh := range s.layout.Load().shards {
		err := sh.locked(ctx, func() error { return sh.clear(ns) })
		// A shard whose directory does not exist, or not any more, is clear.
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (sh *shard) clear(ns driver.Namespace) error {
	var own []found
	total, err := sh.scan(func(path string, e entry) {
		if ns.Contains(e.key) {
			own = append(own, found{path: path, size: e.size})
		}
	})
	if err != nil {
		return err
	}
	for _, f := range own {
		if err := remove(f.path); err != nil {
			return err
		}
		total = total.minus(f.size)
	}
	return sh.record(total)
}
