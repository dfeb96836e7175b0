package pgstore

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// maxAttempts is how often a statement is sent that the server undoes.
	maxAttempts = 10

	// maxPause is the longest pause before the second attempt.
	maxPause = 2 * time.Millisecond
)

// repeated returns the job that runs do, each attempt in the form that around gives
// it, until the server does not undo its statement.
//
// The statements are written for READ COMMITTED. Under a stricter isolation, which a
// server, a database, a role or a connection may have for its default, the server
// undoes one that has met another write of the row. Such a statement is sent again in
// a transaction of its own that says READ COMMITTED: there it waits for the other
// write, so it is not undone for that reason again, however hot the row. A deadlock is
// undone at any isolation, and repeated as often as maxAttempts says.
func repeated(do job, around func(job) job) job {
	plain, explicit := around(do), around(readCommitted(do))
	return func(ctx context.Context, conn *pgx.Conn) error {
		err := plain(ctx, conn)
		for attempt := 1; repeatable(err) && attempt < maxAttempts && pause(ctx, attempt); attempt++ {
			err = explicit(ctx, conn)
		}
		return err
	}
}

// unchanged returns do.
func unchanged(do job) job { return do }

// readCommitted returns do in a transaction that says its isolation, which takes two
// more round trips.
func readCommitted(do job) job {
	return func(ctx context.Context, conn *pgx.Conn) error {
		options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted}
		return pgx.BeginTxFunc(ctx, conn, options, func(pgx.Tx) error { return do(ctx, conn) })
	}
}

// pause waits a random time, longer with each attempt, so that statements that
// met do not meet again. It reports false if ctx ended.
func pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(rand.N(time.Duration(attempt) * maxPause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
