package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

// Set stores value under key.
func (s *Store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if s.tooLarge(value) {
		_, _, err := s.Delete(ctx, key)
		return errors.Join(driver.ErrTooLarge, err)
	}
	return s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, s.sql.set, columnKey(key), columnValue(value), microseconds(ttl))
		return err
	})
}

// Add stores value under key if nothing is there.
func (s *Store) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	if s.tooLarge(value) {
		// If something is there, it stays; if nothing is, nothing comes.
		return nil, false, driver.ErrTooLarge
	}
	err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		row := conn.QueryRow(ctx, s.sql.add, columnKey(key), columnValue(value), microseconds(ttl))
		err := row.Scan(&added, &head)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		// Another has added meanwhile, which this statement noticed but could
		// not see: it saw the table as it was when it began.
		err = s.peek(ctx, conn, key, &head)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return head, added, err
}

// Replace stores value under key if old is there.
func (s *Store) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (replaced bool, err error) {
	return s.replace(ctx, s.sql.replace, s.sql.deleteEqual, key, old, value, ttl)
}

// ReplaceHead implements [driver.HeadReplacer]: the server reads the head alone.
func (s *Store) ReplaceHead(ctx context.Context, key, head, value []byte, ttl time.Duration) (replaced bool, err error) {
	return s.replace(ctx, s.sql.replaceHead, s.sql.deleteHead, key, head, value, ttl)
}

// replace replaces by one statement, or deletes by the other if the new value is too
// large.
func (s *Store) replace(ctx context.Context, update, remove string, key, old, value []byte, ttl time.Duration) (replaced bool, err error) {
	sql, args := update, []any{columnKey(key), columnValue(old), columnValue(value), microseconds(ttl)}
	if s.tooLarge(value) {
		sql, args = remove, args[:2]
	}
	err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, sql, args...)
		replaced = tag.RowsAffected() == 1
		return err
	})
	if err == nil && replaced && s.tooLarge(value) {
		return false, driver.ErrTooLarge
	}
	return replaced, err
}

// Touch gives the entry under key a new expiry and returns its head.
func (s *Store) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, s.sql.touch, columnKey(key), microseconds(ttl)).Scan(&head)
	})
	return head, err
}

// Delete removes the entry under key and returns its head.
func (s *Store) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		err := conn.QueryRow(ctx, s.sql.delete, columnKey(key)).Scan(&deleted, &head)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return head, deleted, err
}

func (s *Store) tooLarge(value []byte) bool { return len(value) > s.opts.MaxValueBytes }
