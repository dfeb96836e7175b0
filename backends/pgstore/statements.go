package pgstore

import (
	"strings"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// statements are the SQL of a store, with the name of its table in place.
type statements struct {
	check, get, peek, ttl        string
	set, add, replace, touch     string
	replaceHead                  string
	delete, deleteEqual          string
	deleteHead                   string
	incr                         string
	getMany, setMany, deleteMany string
	clear, cull, sample          string
	evict, evictOwn              string
	invalidate                   string
}

// What the statements below abbreviate. Parameters have casts throughout: in
// the modes that prepare nothing their types come from there.
const (
	// live is the condition of a row that has not expired. The clock's own
	// time and not the statement's counts, since a statement may have waited
	// for another.
	live = `t.expires > clock_timestamp()`

	// expiry is the expiry of a ttl in microseconds; null stands for never.
	expiry = `coalesce(clock_timestamp() + {ttl}::bigint * interval '1 microsecond', 'infinity')`

	head = `substr(t.value, 1, 32)`

	// number is the value as a numeric, where isInteger holds.
	number = `encode(t.value, 'escape')::numeric`

	// isInteger is driver.ParseInteger except for the range, which countable
	// checks. CASE keeps the order, so that nothing else is ever cast.
	isInteger = `octet_length(t.value) <= 20 AND encode(t.value, 'escape') ~ '^(0|-?[1-9][0-9]*)$'`
	countable = `CASE WHEN ` + isInteger + ` THEN
		` + number + ` BETWEEN -9223372036854775808 AND 9223372036854775807 AND
		` + number + ` + $2::bigint BETWEEN -9223372036854775808 AND 9223372036854775807
		ELSE false END`

	// version is where a key that begins with a prefix has its version.
	version = `encode(substr(t.key, $3::int, 20), 'escape')`

	// ownEntry is the condition of a record or a lease of larder's own, as
	// driver.IsReservedKey and driver.IsLease have it. The pattern finds the first
	// version of a key: a byte that encode escapes begins with a backslash, so its
	// digits do not follow a colon.
	ownEntry = `(substring(encode(t.key, 'escape') from ':(0|[1-9][0-9]{0,18}):') = '9223372036854775807') IS TRUE
		OR octet_length(t.value) = 32 AND encode(substr(t.value, 1, 4), 'hex') = 'c44c0205'`

	overwrite = `ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`
)

func newStatements(table string) statements {
	sql := func(text, ttl string) string {
		return strings.NewReplacer("{table}", table, "{expiry}", strings.ReplaceAll(expiry, "{ttl}", ttl)).Replace(text)
	}
	return statements{
		check: sql(`SELECT key, value, expires FROM {table} LIMIT 0`, ""),

		get:  sql(`SELECT t.value FROM {table} AS t WHERE t.key = $1::bytea AND `+live, ""),
		peek: sql(`SELECT `+head+` FROM {table} AS t WHERE t.key = $1::bytea AND `+live, ""),
		ttl: sql(`SELECT CASE WHEN t.expires < 'infinity' THEN
			ceil(extract(epoch FROM t.expires - clock_timestamp()) * 1000000)::bigint END
			FROM {table} AS t WHERE t.key = $1::bytea AND `+live, ""),

		set: sql(`INSERT INTO {table} AS t (key, value, expires) VALUES ($1::bytea, $2::bytea, {expiry}) `+overwrite, "$3"),
		add: sql(`WITH added AS (
			INSERT INTO {table} AS t (key, value, expires) VALUES ($1::bytea, $2::bytea, {expiry})
			`+overwrite+` WHERE NOT `+live+` RETURNING true)
			SELECT true, NULL::bytea FROM added
			UNION ALL SELECT false, `+head+` FROM {table} AS t
			WHERE t.key = $1::bytea AND `+live+` AND NOT EXISTS (SELECT FROM added)`, "$3"),
		replace: sql(`UPDATE {table} AS t SET value = $3::bytea, expires = {expiry}
			WHERE t.key = $1::bytea AND t.value = $2::bytea AND `+live, "$4"),
		replaceHead: sql(`UPDATE {table} AS t SET value = $3::bytea, expires = {expiry}
			WHERE t.key = $1::bytea AND `+head+` = $2::bytea AND `+live, "$4"),
		touch:       sql(`UPDATE {table} AS t SET expires = {expiry} WHERE t.key = $1::bytea AND `+live+` RETURNING `+head, "$2"),
		delete:      sql(`DELETE FROM {table} AS t WHERE t.key = $1::bytea RETURNING `+live+`, CASE WHEN `+live+` THEN `+head+` END`, ""),
		deleteEqual: sql(`DELETE FROM {table} AS t WHERE t.key = $1::bytea AND t.value = $2::bytea AND `+live, ""),

		deleteHead: sql(`DELETE FROM {table} AS t WHERE t.key = $1::bytea AND `+head+` = $2::bytea AND `+live, ""),

		// When nothing was counted, the second half returns the head of what
		// the statement found, so that the caller can tell why.
		incr: sql(`WITH counted AS (
			UPDATE {table} AS t SET value = decode((`+number+` + $2::bigint)::text, 'escape')
			WHERE t.key = $1::bytea AND `+live+` AND `+countable+` RETURNING t.value)
			SELECT true, value FROM counted
			UNION ALL SELECT false, `+head+` FROM {table} AS t
			WHERE t.key = $1::bytea AND `+live+` AND NOT EXISTS (SELECT FROM counted)`, ""),

		getMany: sql(`SELECT k.position, t.value FROM unnest($1::bytea[]) WITH ORDINALITY AS k (key, position)
			JOIN {table} AS t ON t.key = k.key AND `+live, ""),
		setMany: sql(`INSERT INTO {table} AS t (key, value, expires)
			SELECT i.key, i.value, {expiry} FROM unnest($1::bytea[], $2::bytea[]) AS i (key, value) `+overwrite, "$3"),
		deleteMany: sql(`DELETE FROM {table} WHERE key = ANY (ARRAY(
			SELECT key FROM {table} WHERE key = ANY ($1::bytea[]) ORDER BY key FOR UPDATE))`, ""),

		// Of what follows the prefix, 20 bytes hold the longest version and its
		// colon. The last key of a batch is where the next begins: to begin at the
		// lower bound again would wade through the rows just deleted.
		clear: sql(`WITH batch AS (
			SELECT key FROM {table} AS t WHERE t.key >= $1::bytea AND t.key < $2::bytea
			AND CASE WHEN `+version+` ~ '^(0|[1-9][0-9]{0,18}):'
				THEN split_part(`+version+`, ':', 1)::numeric <= 9223372036854775807 ELSE false END
			ORDER BY t.key LIMIT $4::bigint FOR UPDATE),
			gone AS (DELETE FROM {table} WHERE key = ANY (ARRAY(SELECT key FROM batch)))
			SELECT key FROM batch ORDER BY key DESC LIMIT 1`, ""),

		// The statement's time, unlike the clock's, can be looked up in the
		// index. It is a little early, which leaves an entry for the next round.
		cull: sql(`DELETE FROM {table} WHERE key = ANY (ARRAY(
			SELECT key FROM {table} WHERE expires <= statement_timestamp()
			ORDER BY expires LIMIT $1::bigint FOR UPDATE SKIP LOCKED))`, ""),
		evict:    sql(evictWhere("NOT ("+ownEntry+")"), ""),
		evictOwn: sql(evictWhere("true"), ""),

		invalidate: sql(invalidate, ""),

		// $1 is the greatest number of bytes to read, $2 the table's name.
		sample: sql(`SELECT (count(*) * greatest(1, pg_relation_size($2::text::regclass) / $1::float8))::bigint
			FROM {table} TABLESAMPLE SYSTEM (100 / greatest(1, (SELECT pg_relation_size($2::text::regclass) / $1::float8)))`, ""),
	}
}

// evictWhere removes of the rows that expire at $2 or later and meet the condition the
// $1 that expire soonest. It returns how many they were and when the last expires, which
// is where the next batch begins: to begin at the lower bound again would wade through
// the rows that do not meet the condition.
func evictWhere(condition string) string {
	return `WITH batch AS (
		SELECT key, expires FROM {table} AS t WHERE expires >= $2::timestamptz AND ` + condition + `
		ORDER BY expires LIMIT $1::bigint FOR UPDATE SKIP LOCKED),
		gone AS (DELETE FROM {table} WHERE key = ANY (ARRAY(SELECT key FROM batch)))
		SELECT count(*), max(expires) FROM batch`
}

// microseconds returns ttl as the statements take it: rounded up, or nil for
// one that never ends.
func microseconds(ttl time.Duration) any {
	if ttl == driver.Never {
		return nil
	}
	return int64((ttl-1)/time.Microsecond) + 1
}
