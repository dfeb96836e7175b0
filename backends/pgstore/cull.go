package pgstore

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// sampleBytes is how much of the table is read to estimate how many rows it
// has: a thousand pages, so that the cost of a round does not grow with the
// table.
const sampleBytes = 8 << 20

func (s *Store) startCulling() {
	if s.opts.CullInterval < 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stopCulling = cancel
	s.culling.Go(func() { s.cullUntil(ctx) })
}

// cullUntil works until ctx ends. Failures are logged when they begin, since a
// server that is down would fill the log otherwise.
func (s *Store) cullUntil(ctx context.Context) {
	failing := false
	timer := time.NewTimer(s.untilNextRound())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		err := s.cull(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.opts.Logger.WarnContext(ctx, "larder: culling fails", "table", s.target.table, "server", s.target.server, "error", err)
		case err == nil && failing:
			s.opts.Logger.InfoContext(ctx, "larder: culling works again", "table", s.target.table, "server", s.target.server)
		}
		failing = err != nil
		timer.Reset(s.untilNextRound())
	}
}

func (s *Store) untilNextRound() time.Duration {
	return s.opts.CullInterval + rand.N(s.opts.CullInterval/10+1)
}

// cull removes all expired rows and then what is over the bound.
func (s *Store) cull(ctx context.Context) error {
	for {
		removed, err := s.removeExpired(ctx)
		if err != nil {
			return err
		}
		if removed < int64(s.opts.CullBatch) {
			return s.evict(ctx)
		}
	}
}

// evict removes the rows that expire soonest if there are more than
// MaxEntries, until nine tenths of that are left. Records and leases of larder's own go
// if there are still more when nothing else is left.
func (s *Store) evict(ctx context.Context) error {
	for _, sql := range [...]string{s.sql.evict, s.sql.evictOwn} {
		rows, err := s.estimate(ctx) // again the second time: others may cull, too
		if err != nil || rows <= s.opts.MaxEntries {
			return err
		}
		if err := s.remove(ctx, sql, rows-(s.opts.MaxEntries-s.opts.MaxEntries/10)); err != nil {
			return err
		}
	}
	return nil
}

// remove runs one of the statements of evict until n rows are removed or it finds no
// more.
func (s *Store) remove(ctx context.Context, sql string, n int64) error {
	next := pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	for n > 0 {
		var removed int64
		err := s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
			return conn.QueryRow(ctx, sql, min(n, int64(s.opts.CullBatch)), next).Scan(&removed, &next)
		})
		if err != nil || removed == 0 {
			return err
		}
		n -= removed
	}
	return nil
}

// removeExpired removes at most CullBatch expired rows.
func (s *Store) removeExpired(ctx context.Context) (removed int64, err error) {
	err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, s.sql.cull, int64(s.opts.CullBatch))
		removed = tag.RowsAffected()
		return err
	})
	return removed, err
}

// estimate returns about how many rows the table has: exactly as many, if it
// is no larger than sampleBytes.
func (s *Store) estimate(ctx context.Context) (rows int64, err error) {
	err = s.read(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, s.sql.sample, sampleBytes, s.target.table).Scan(&rows)
	})
	return rows, err
}
