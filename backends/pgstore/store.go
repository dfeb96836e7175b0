package pgstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/inflight"
)

// Store keeps entries in one table. It is safe for concurrent use, also with
// other Stores on the same table, in this process and in others. [Open] and
// [New] make one.
type Store struct {
	pool     *pgxpool.Pool
	ownPool  bool
	opts     Options // without the URL
	sql      statements
	target   target
	version  versionCheck
	inFlight inflight.Counter

	stopCulling context.CancelFunc
	culling     sync.WaitGroup
	shutdown    sync.Once
	released    chan struct{} // closed when Shutdown has nothing left to do
}

var (
	_ driver.Store    = (*Store)(nil)
	_ driver.Many     = (*Store)(nil)
	_ driver.Counter  = (*Store)(nil)
	_ driver.Replacer = (*Store)(nil)
	_ driver.Peeker   = (*Store)(nil)
	_ driver.Expirer  = (*Store)(nil)

	_ driver.HeadReplacer = (*Store)(nil)
	_ driver.Invalidator  = (*Store)(nil)
)

// Open connects to the database of opts.URL, checks that the server is of
// version 15 or later and the table there and as it should be, and returns a
// Store with a pool of its own. Each of these failures is one line that names
// the server, and none shows the password.
func Open(ctx context.Context, opts Options) (*Store, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	config, err := poolConfig(opts)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	s := newStore(pool, opts)
	s.ownPool = true
	began := time.Now()
	if err := s.checkTable(ctx); err != nil {
		// The pool waits for a connection whose statement was given up, which pgx
		// closes within 15 s.
		_ = s.Shutdown(ctx) // why the store cannot be opened is the error to report
		return nil, s.target.unopened(ctx, err, time.Since(began))
	}
	s.startCulling()
	return s, nil
}

// New returns a Store that uses a pool of the program's, which [Store.Shutdown]
// leaves open. It dials nothing: what [Open] would report, the first operation
// does. The pool decides how statements are sent, see [PoolOptions.QueryMode]; behind
// PgBouncer in transaction mode its DefaultQueryExecMode must be pgx.QueryExecModeExec
// or pgx.QueryExecModeCacheDescribe, and pgx.QueryExecModeDescribeExec is an error. It
// is an error to give options that are for a pool of the store's own.
//
// The store holds a connection only during an operation, and culling one at a
// time. A caller that holds one itself meanwhile, as in a transaction, can
// exhaust a small pool.
func New(pool *pgxpool.Pool, opts Options) (*Store, error) {
	switch {
	case pool == nil:
		return nil, errors.New("pgstore: New needs a pool")
	case opts.URL != "" || opts.Pool != PoolOptions{}:
		return nil, errors.New("pgstore: New uses the pool that it is given, so URL and Pool must be empty")
	}
	opts, err := opts.withDefaults()
	if err := errors.Join(err, checkQueryMode(pool.Config().ConnConfig.DefaultQueryExecMode)); err != nil {
		return nil, err
	}
	s := newStore(pool, opts)
	s.startCulling()
	return s, nil
}

// newStore returns a store that does not cull yet. opts have their defaults.
func newStore(pool *pgxpool.Pool, opts Options) *Store {
	opts.URL = ""
	table := opts.identifier().Sanitize()
	return &Store{
		pool:        pool,
		opts:        opts,
		sql:         newStatements(table),
		target:      newTarget(pool.Config().ConnConfig, opts),
		stopCulling: func() {},
		released:    make(chan struct{}),
	}
}

// Shutdown refuses new operations, waits until ctx ends for those in flight
// and for culling to stop, and closes the pool unless it was passed in. If ctx
// ends first, that goes on in the background. Entries stay in the table.
func (s *Store) Shutdown(ctx context.Context) error {
	s.shutdown.Do(func() {
		idle := s.inFlight.Close()
		s.stopCulling()
		go s.release(idle)
	})
	select {
	case <-s.released:
		return nil
	default:
	}
	select {
	case <-s.released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release waits for the operations in flight and ends what the store began.
func (s *Store) release(idle <-chan struct{}) {
	<-idle
	s.culling.Wait()
	if s.ownPool {
		s.pool.Close()
	}
	close(s.released)
}

// String names the table.
func (s *Store) String() string { return "pgstore.Store on the table " + s.target.table }
