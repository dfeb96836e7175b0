package filestore

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/larder-go/larder/cache/driver"
)

var _ driver.Inspector = (*Store)(nil)

// Inspect implements [driver.Inspector] from the tallies of the shards, without
// a lock and without looking at entries. So the figures are those of the whole
// directory, entries that have expired and are not culled yet included, and
// after a crash they may be too high until a shard is next counted.
func (s *Store) Inspect(ctx context.Context) ([]driver.Inspection, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	var sum usage
	for _, sh := range s.layout.Load().shards {
		b, err := readOwn(filepath.Join(sh.dir, tallyName))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return []driver.Inspection{{Where: s.dir, Err: err}}, nil
		}
		if u, ok := decodeTally(b); ok {
			sum.entries += u.entries
			sum.bytes += u.bytes
		}
	}
	return []driver.Inspection{{Where: s.dir, Figures: []driver.Figure{
		{Name: "entries", Of: "directory", Value: sum.entries},
		{Name: "size", Of: "directory", Value: sum.bytes, Unit: "bytes"},
	}}}, nil
}
