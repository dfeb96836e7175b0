// Package pgstore keeps cache entries in a table of a PostgreSQL database: a
// [driver.Store] for programs that have such a server already and want a cache
// that all their processes share, without running another one.
//
// A program imports it for its side effect, which registers the backend
// "postgres", also called "postgresql", and names a database in its settings:
//
//	import _ "github.com/larder-go/larder/backends/pgstore"
//
//	postgres://shop:secret@db.example.com:5432/shop?table=larder_cache&sslmode=require
//
// A program that has a pool already shares it with [New].
//
// # The table
//
// The table must be there before the store is opened. The command larder
// createcachetable makes it, and so does [CreateTable]; [TableSQL] returns the
// one statement that does, for those who keep migrations of their own. It is
// UNLOGGED unless the options say otherwise: writes cost a fraction of those
// to a logged table, and the entries are gone after a crash of the server and
// are not on its replicas.
//
// A row is an entry. The column key holds the key, so that one can look for
// an entry in psql; of a key longer than [MaxPlainKey] bytes, which an index
// could not hold, it has the first MaxPlainKey bytes and the SHA-256 of the
// whole. The column expires is 'infinity' for an entry that never expires.
// Integers are stored in decimal.
//
// # Statements
//
// Every operation is one statement and one round trip, the many-operations
// included, and is atomic. There are two exceptions: Clear, which deletes in
// batches, and an Add or Incr that meets another write of the same key, which
// may have to look again. Time is that of the server's clock_timestamp(), to
// the microsecond. Statements that write several rows lock them in the order
// of their keys and so do not deadlock with each other; one that fails by a
// deadlock or for want of serialisability all the same is repeated.
//
// The statements are prepared, once for each connection. That does not work
// through PgBouncer in transaction mode (before its version 1.21, or without
// max_prepared_statements), for which there is the query mode "exec".
//
// # Contexts
//
// A read ends when its context does. A write that has been sent waits up to
// a quarter of a second longer for the server's answer, so that it is not
// applied after the caller was told that it failed. If there is no answer
// then either, the connection is closed and the server asked to cancel; only
// then does nobody know whether it was applied. A connection closed so is
// replaced by the pool.
//
// # Failures
//
// Where the connection breaks, the error is that of pgx: a [net.Error], [io.EOF]
// or [io.ErrUnexpectedEOF]. Where the server, or PgBouncer before it, ends a
// session or refuses one, it is a [*pgconn.PgError] of the class 08 or 57. An
// operation that ran out of [Options.Timeout] matches [os.ErrDeadlineExceeded].
// Nobody knows whether a write was applied whose connection broke; it is not
// repeated. After a restart of the server each connection that the pool had may
// cost one operation such an error.
//
// # Culling and bounds
//
// Expired rows are invisible at once and deleted in the background, a batch
// at a time, passing over rows that others have locked. The same goroutine
// keeps the table to MaxEntries: it estimates the number of rows from a sample
// of at most 8 MiB of the table, and when there are too many, deletes those
// that expire soonest until nine tenths are left, larder's own records and leases
// only if nothing else is left. So the bound is kept to
// within the error of the sample and what is written in one CullInterval. No
// write ever counts or culls. Any number of processes may do this at once.
package pgstore
