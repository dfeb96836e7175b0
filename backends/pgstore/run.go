package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// writeGrace is how long after the end of its context a write that was
	// sent is waited for.
	writeGrace = 250 * time.Millisecond
)

// job is the part of an operation that has a connection.
type job func(ctx context.Context, conn *pgx.Conn) error

// read runs a job that changes nothing.
func (s *Store) read(ctx context.Context, do job) error {
	return s.run(ctx, s.opts.Timeout, repeated(do, unchanged))
}

// write runs a job that changes rows, which is why its statement outlives its
// context a little. When pgx gives up a statement, it closes the connection
// while the server may still be about to run it: after a later write of the
// same key, on another connection.
func (s *Store) write(ctx context.Context, do job) error {
	return s.run(ctx, s.opts.Timeout, repeated(do, outliving))
}

// outliving returns do with a context that ends writeGrace later.
func outliving(do job) job {
	return func(ctx context.Context, conn *pgx.Conn) error {
		late, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		stop := context.AfterFunc(ctx, func() { time.AfterFunc(writeGrace, cancel) })
		defer stop()
		return do(late, conn)
	}
}

// run is one operation: it is counted as in flight, finds a connection and runs do
// with it. A limit of zero is none.
func (s *Store) run(ctx context.Context, limit time.Duration, do job) error {
	if err := s.inFlight.Start(); err != nil {
		return err
	}
	defer s.inFlight.End()
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if limit > 0 {
		limited, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	return s.target.explain(ctx, s.withConn(limited, do))
}

// withConn runs do with a connection of the pool.
func (s *Store) withConn(ctx context.Context, do job) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.late(ctx, err, func() string {
			stat := s.pool.Stat()
			return s.target.noConnection(fmt.Sprintf("%d of %d connections are in use, and none became free or was opened",
				stat.AcquiredConns(), stat.MaxConns()))
		})
	}
	defer conn.Release()
	if err := s.version.check(conn.Conn(), &s.target); err != nil {
		return err
	}
	err = do(ctx, conn.Conn())
	return s.late(ctx, err, func() string { return "no answer from PostgreSQL at " + s.target.server })
}

// late returns err, or in its place a lateError if it is because time ran out.
// Where it was the caller's time, target.explain says so instead.
func (s *Store) late(ctx context.Context, err error, text func() string) error {
	if err == nil || errors.Is(err, pgx.ErrNoRows) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	return &lateError{text(), s.opts.Timeout}
}
