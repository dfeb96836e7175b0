package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

// Clear removes the entries of ns, by one statement for each CullBatch rows.
// It costs a walk over the index of the keys that begin with the prefix, and
// touches no other rows. Each batch is gone when its statement ends, so that a
// Clear that fails has removed a part.
//
// A prefix of more than 1000 bytes is driver.ErrUnsupported: of a long key
// only the first [MaxPlainKey] bytes tell whether it is in a namespace.
func (s *Store) Clear(ctx context.Context, ns driver.Namespace) error {
	if len(ns.Prefix) > maxPrefix {
		return fmt.Errorf("%w: clearing a prefix of more than %d bytes", driver.ErrUnsupported, maxPrefix)
	}
	low, high := keyRange(ns)
	rest := len(ns.Prefix) + 2 // SQL counts from 1, and there is a colon
	batch := repeated(func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, s.sql.clear, low, high, rest, s.opts.CullBatch).Scan(&low)
	}, outliving)
	return s.run(ctx, 0, func(ctx context.Context, conn *pgx.Conn) error {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := batch(ctx, conn)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
}
