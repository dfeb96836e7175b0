package pgstore

import "context"

// Cull is one round of culling.
func (s *Store) Cull(ctx context.Context) error { return s.cull(ctx) }

// Estimate is the number of rows that a round of culling goes by.
func (s *Store) Estimate(ctx context.Context) (int64, error) { return s.estimate(ctx) }

// MajorVersion reads the number of a server's version.
var MajorVersion = majorVersion

// WriteGrace is how long a write outlives its context.
const WriteGrace = writeGrace
