package pgstore

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
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
		removed, err := s.removeBatch(ctx, s.sql.cull, int64(s.opts.CullBatch))
		if err != nil {
			return err
		}
		if removed < int64(s.opts.CullBatch) {
			return s.evict(ctx)
		}
	}
}

// evict removes the rows that expire soonest if there are more than
// MaxEntries, until nine tenths of that are left.
func (s *Store) evict(ctx context.Context) error {
	rows, err := s.estimate(ctx)
	if err != nil || rows <= s.opts.MaxEntries {
		return err
	}
	surplus := rows - (s.opts.MaxEntries - s.opts.MaxEntries/10)
	for surplus > 0 {
		removed, err := s.removeBatch(ctx, s.sql.evict, min(surplus, int64(s.opts.CullBatch)))
		if err != nil || removed == 0 {
			return err
		}
		surplus -= removed
	}
	return nil
}

// removeBatch runs one of the two statements that remove at most n rows.
func (s *Store) removeBatch(ctx context.Context, sql string, n int64) (removed int64, err error) {
	err = s.write(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, sql, n)
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
