package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/cache/driver"
)

// invalidate adds one to the count $1, and gives the records $2 the version $3; with $4
// they keep their first. The count that results is the value of the row to insert.
//
// A key without a row gets one that has expired. That makes nothing, but whoever adds an
// entry there meanwhile waits for this statement, and ON CONFLICT finds what was added
// since it began. Without those rows, of two who meet, this statement would not see a
// record that was just added, and its maker would not see that the count has changed.
//
// The row of the count is locked first, by the CTE, and then those of the records in the
// order of their keys: the sort waits for the count. So two invalidations follow each
// other and do not deadlock.
const invalidate = `WITH counted AS (
	INSERT INTO {table} AS t (key, value, expires) VALUES ($1::bytea, '', 'epoch')
	ON CONFLICT (key) DO UPDATE SET value = ` + countedUp + ` WHERE ` + live + ` RETURNING t.value)
	INSERT INTO {table} AS t (key, value, expires)
	SELECT r.key, coalesce(c.value, ''), 'epoch' FROM unnest($2::bytea[]) AS r (key) LEFT JOIN counted AS c ON true ORDER BY r.key
	ON CONFLICT (key) DO UPDATE SET value =
		CASE WHEN $4::bool AND octet_length(t.value) >= 32 THEN substr(t.value, 1, 16) ELSE $3::bytea END || $3::bytea || excluded.value
	WHERE ` + live

// countedUp is the count that follows the value: driver.Count.String of one more. What is
// no count fails to be cast.
const countedUp = `convert_to(coalesce(substring(encode(t.value, 'escape') from '^[0-9a-f]{16}:'), '') ||
		(regexp_replace(encode(t.value, 'escape'), '^[0-9a-f]{16}:', '')::bigint + 1)::text, 'UTF8')`

// Invalidate implements [driver.Invalidator] by one statement.
func (s *Store) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	err := s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, s.sql.invalidate, columnKey(inv.Count), columnKeys(inv.Records), []byte(inv.Version), inv.Soft)
		return err
	})
	if hasCode(err, codeInvalidText, codeOutOfRange) {
		return driver.ErrNotInteger
	}
	return err
}

// InvalidatesAtOnce implements [driver.Invalidator]: it is true.
func (s *Store) InvalidatesAtOnce() bool { return true }
