package pgstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

// GetMany returns the values under keys by one statement.
func (s *Store) GetMany(ctx context.Context, keys [][]byte) (values [][]byte, err error) {
	columns := columnKeys(keys)
	err = s.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		values = make([][]byte, len(keys))
		rows, err := conn.Query(ctx, s.sql.getMany, columns)
		if err != nil {
			return err
		}
		var position int64
		var value []byte
		_, err = pgx.ForEachRow(rows, []any{&position, &value}, func() error {
			values[position-1] = value
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// SetMany stores items by one statement: all or, except for those too large,
// none.
func (s *Store) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) (errs []error, err error) {
	sorted, tooLarge := s.sortItems(items)
	keys, values := make([][]byte, len(sorted)), make([][]byte, len(sorted))
	for i, item := range sorted {
		keys[i], values[i] = columnKey(item.Key), columnValue(item.Value)
	}
	if len(keys) > 0 {
		err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, s.sql.setMany, keys, values, microseconds(ttl))
			return err
		})
	}
	if err != nil || len(tooLarge) == 0 {
		return nil, err
	}
	if err := s.DeleteMany(ctx, tooLarge); err != nil {
		return nil, errors.Join(driver.ErrTooLarge, err)
	}
	return s.tooLargeErrors(items), nil
}

// sortItems returns the items to store in the order of their keys, in which
// all statements lock rows, and the keys of those that are too large. Of items
// with equal keys only the last counts: a statement can write a row but once.
func (s *Store) sortItems(items []driver.Item) (sorted []driver.Item, tooLarge [][]byte) {
	all := slices.Clone(items)
	slices.SortStableFunc(all, func(a, b driver.Item) int { return bytes.Compare(a.Key, b.Key) })
	for i, item := range all {
		switch {
		case i+1 < len(all) && bytes.Equal(item.Key, all[i+1].Key):
		case s.tooLarge(item.Value):
			tooLarge = append(tooLarge, item.Key)
		default:
			sorted = append(sorted, item)
		}
	}
	return sorted, tooLarge
}

func (s *Store) tooLargeErrors(items []driver.Item) []error {
	errs := make([]error, len(items))
	for i, item := range items {
		if s.tooLarge(item.Value) {
			errs[i] = driver.ErrTooLarge
		}
	}
	return errs
}

// DeleteMany removes the entries under keys by one statement.
func (s *Store) DeleteMany(ctx context.Context, keys [][]byte) error {
	columns := columnKeys(keys)
	return s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, s.sql.deleteMany, columns)
		return err
	})
}
