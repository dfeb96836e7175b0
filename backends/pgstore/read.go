package pgstore

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

// Get returns the value stored under key, or driver.ErrNotFound.
func (s *Store) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = s.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, s.sql.get, columnKey(key)).Scan(&value)
	})
	return value, err
}

// Peek returns the head of the value under key, or driver.ErrNotFound.
func (s *Store) Peek(ctx context.Context, key []byte) (head []byte, err error) {
	err = s.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return s.peek(ctx, conn, key, &head)
	})
	return head, err
}

func (s *Store) peek(ctx context.Context, conn *pgx.Conn, key []byte, head *[]byte) error {
	return conn.QueryRow(ctx, s.sql.peek, columnKey(key)).Scan(head)
}

// TTL returns how long the entry under key has left, to the microsecond.
func (s *Store) TTL(ctx context.Context, key []byte) (time.Duration, error) {
	var left *int64
	err := s.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, s.sql.ttl, columnKey(key)).Scan(&left)
	})
	switch {
	case err != nil:
		return 0, err
	case left == nil:
		return driver.Never, nil
	}
	// The row had not expired when the server looked at it, though it may have
	// by the time that it computed the rest.
	micros := min(max(*left, 1), math.MaxInt64/int64(time.Microsecond))
	return time.Duration(micros) * time.Microsecond, nil
}
