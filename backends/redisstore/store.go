package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/inflight"
)

// Store keeps entries in Redis. It is safe for concurrent use. [Open] and [New]
// make one.
type Store struct {
	*servers
	atPrimary bool // no replica answers reads
}

// servers are what a store shares with the one at the primary.
type servers struct {
	opts     StoreOptions
	about    string   // what String returns
	secrets  []string // what no error may show
	primary  *node
	replicas *replicas // nil if there are none
	cluster  bool
	inFlight inflight.Counter
	owned    *owned // nil if the clients are the application's
}

// node is a server, or a whole cluster, with the pipelines to it.
type node struct {
	client redis.UniversalClient
	pipe   pipe
}

var (
	_ driver.Store    = (*Store)(nil)
	_ driver.Many     = (*Store)(nil)
	_ driver.Counter  = (*Store)(nil)
	_ driver.Replacer = (*Store)(nil)
	_ driver.Peeker   = (*Store)(nil)
	_ driver.Expirer  = (*Store)(nil)
	_ driver.Async    = (*Store)(nil)

	_ driver.HeadReplacer = (*Store)(nil)
	_ driver.Replicated   = (*Store)(nil)
	_ driver.Invalidator  = (*Store)(nil)
)

// New returns a Store on a client that the application has made: a
// *redis.Client, from NewFailoverClient too, or a *redis.ClusterClient. The
// client stays the application's: Shutdown does not close it, and it must live
// until then.
//
// New dials nothing and checks no version. The timeouts and retries are the client's
// own. Without its option ContextTimeoutEnabled it ignores the deadline of a context.
func New(client redis.UniversalClient, opts StoreOptions) (*Store, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	return newStore(client, opts.withDefaults())
}

func newStore(client redis.UniversalClient, opts StoreOptions) (*Store, error) {
	s := &Store{servers: &servers{opts: opts, about: "a client of the application"}}
	switch client.(type) {
	case *redis.Client:
	case *redis.ClusterClient:
		s.cluster = true
	default:
		// Clear has to know every primary.
		return nil, fmt.Errorf("redisstore: a client of type %T: it must be a *redis.Client or a *redis.ClusterClient", client)
	}
	s.primary = s.newNode(client)
	return s, nil
}

func (s *Store) newNode(client redis.UniversalClient) *node {
	n := &node{client: client}
	n.pipe.init(func(batch []*call) { s.performAll(n, batch) })
	return n
}

// String names the servers, without the secrets.
func (s *Store) String() string { return "redis store on " + s.about }

// Get implements [driver.Store] by GET.
func (s *Store) Get(ctx context.Context, key []byte) ([]byte, error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: driver.OpGet, Key: key}})
	return r.Value, r.Err
}

// Set implements [driver.Store] by SET PX.
func (s *Store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	return s.run(ctx, &operation{Op: driver.Op{Kind: driver.OpSet, Key: key, Value: value, TTL: ttl}}).Err
}

// Add implements [driver.Store] by SET NX PX, with a GETRANGE for the head in
// the same round trip. The head may be that of an entry written between the two,
// or empty if the entry has gone.
func (s *Store) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: driver.OpAdd, Key: key, Value: value, TTL: ttl}})
	return r.Value, r.OK, r.Err
}

// Touch implements [driver.Store] by a script of GETRANGE and PEXPIRE or
// PERSIST.
func (s *Store) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: driver.OpTouch, Key: key, TTL: ttl}})
	return r.Value, r.Err
}

// Delete implements [driver.Store] by UNLINK, with a GETRANGE for the head in the
// same round trip. The head may be that of an entry that was replaced between the
// two, or empty if the entry was written between them. When the connection broke
// and the commands were sent again, it reports what the second UNLINK found.
func (s *Store) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: driver.OpDelete, Key: key}})
	return r.Value, r.OK, r.Err
}

// Incr implements [driver.Counter] by a script of INCRBY, which refuses a
// missing key. An error of the network leaves it open whether it was done.
func (s *Store) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: driver.OpIncr, Key: key, Delta: delta}})
	return r.N, r.Err
}

// Replace implements [driver.Replacer] by a script that compares the bytes.
func (s *Store) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (replaced bool, err error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: opReplace, Key: key, Value: value, TTL: ttl}, old: old})
	return r.OK, r.Err
}

// ReplaceHead implements [driver.HeadReplacer] by a script that compares the head.
func (s *Store) ReplaceHead(ctx context.Context, key, head, value []byte, ttl time.Duration) (replaced bool, err error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: opReplaceHead, Key: key, Value: value, TTL: ttl}, old: head})
	return r.OK, r.Err
}

// Peek implements [driver.Peeker] by GETRANGE and EXISTS.
func (s *Store) Peek(ctx context.Context, key []byte) (head []byte, err error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: opPeek, Key: key}})
	return r.Value, r.Err
}

// TTL implements [driver.Expirer] by PTTL.
func (s *Store) TTL(ctx context.Context, key []byte) (time.Duration, error) {
	r := s.run(ctx, &operation{Op: driver.Op{Kind: opTTL, Key: key}})
	return time.Duration(r.N), r.Err
}

// Shutdown implements [driver.Store]. When ctx ends before the operations in
// flight have, it closes their connections under them.
func (s *Store) Shutdown(ctx context.Context) error {
	err := s.inFlight.CloseAndWait(ctx)
	if s.owned == nil {
		return err
	}
	return cmp.Or(err, s.owned.close(ctx))
}

// begin begins an operation, which ends with s.inFlight.End.
func (s *Store) begin(ctx context.Context) error {
	if err := s.inFlight.Start(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		s.inFlight.End()
		return err
	}
	return nil
}
