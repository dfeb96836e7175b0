package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

// Incr adds delta to the integer under key.
func (s *Store) Incr(ctx context.Context, key []byte, delta int64) (n int64, err error) {
	err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		for ctx.Err() == nil {
			var counted bool
			var value []byte
			if err := conn.QueryRow(ctx, s.sql.incr, columnKey(key), delta).Scan(&counted, &value); err != nil {
				return err
			}
			if counted {
				n, err = parseCounted(value)
				return err
			}
			if err := whyNotCounted(value, delta); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	return n, err
}

// whyNotCounted tells from what a statement found why it counted nothing. It
// returns nil if there is no reason: the statement waited for another write of
// the key, did not count what that left, and returned what had been there.
func whyNotCounted(value []byte, delta int64) error {
	n, ok := driver.ParseInteger(value)
	if !ok {
		return driver.ErrNotInteger
	}
	if _, overflow := driver.AddIntegers(n, delta); overflow {
		return driver.ErrOverflow
	}
	return nil
}

func parseCounted(value []byte) (int64, error) {
	n, ok := driver.ParseInteger(value)
	if !ok {
		return 0, fmt.Errorf("pgstore: the server counted to %.40q, which is no integer", value)
	}
	return n, nil
}
