package memcachestore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

// server is one server with its connections.
type server struct {
	index   int  // among the servers of the store
	several bool // the store has others
	addr    address
	client  *memcache.Client

	// slots has room for one token for each connection that may be in use. The
	// client bounds only idle ones, and takes an idle one before it dials, so
	// there are never more connections than slots.
	slots chan struct{}
}

func newServer(index int, addr address, opts Options) *server {
	s := &server{index: index, addr: addr, slots: make(chan struct{}, opts.MaxConns)}
	s.client = memcache.NewFromSelector(s)
	s.client.Timeout = opts.IOTimeout
	s.client.MaxIdleConns = opts.MaxIdle
	s.client.DialContext = opts.Dial
	return s
}

var _ memcache.ServerSelector = (*server)(nil)

// PickServer implements memcache.ServerSelector. Each server has a client of
// its own: the ring has chosen before, since the slot is the server's.
func (s *server) PickServer(string) (net.Addr, error) { return &s.addr, nil }

// Each implements memcache.ServerSelector.
func (s *server) Each(f func(net.Addr) error) error { return f(&s.addr) }

// do calls f with a connection's worth of the client. What f does is not cut
// short when ctx ends: a request that was sent may be carried out at any time
// until it is answered, so the answer, or the timeout, has to be awaited.
func (s *server) do(ctx context.Context, f func(*memcache.Client) error) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer func() { <-s.slots }()
	began := time.Now()
	err := f(s.client)
	if err == nil || isReply(err) {
		return err
	}
	return s.failure(ctx, err, time.Since(began))
}

func (s *server) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure names the server in err, and the end of ctx if that has come, and
// drops idle connections that are as broken as the one that failed.
func (s *server) failure(ctx context.Context, err error, after time.Duration) error {
	if isBroken(err) {
		_ = s.client.Close() // what fails to close is closed
	}
	failure := &ServerError{Addr: s.addr.String(), After: after, Err: err, several: s.several}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), failure)
	}
	return failure
}

// get reads one item or memcache.ErrCacheMiss.
func (s *server) get(ctx context.Context, key string) (item *memcache.Item, err error) {
	err = s.do(ctx, func(c *memcache.Client) error {
		item, err = c.Get(key)
		return err
	})
	return item, err
}

// getMulti reads the items that are there, in one request.
func (s *server) getMulti(ctx context.Context, keys []string) (items map[string]*memcache.Item, err error) {
	err = s.do(ctx, func(c *memcache.Client) error {
		items, err = c.GetMulti(keys)
		return err
	})
	return items, err
}

func (s *server) set(ctx context.Context, item *memcache.Item) error {
	return s.do(ctx, func(c *memcache.Client) error { return c.Set(item) })
}

func (s *server) add(ctx context.Context, item *memcache.Item) error {
	return s.do(ctx, func(c *memcache.Client) error { return c.Add(item) })
}

// swap stores item if what is there is still what get returned, and reports
// whether it did.
func (s *server) swap(ctx context.Context, item *memcache.Item) (bool, error) {
	err := s.do(ctx, func(c *memcache.Client) error { return c.CompareAndSwap(item) })
	if isReply(err) {
		return false, nil
	}
	return err == nil, err
}

// touch gives an item a new expiry and returns it, or memcache.ErrCacheMiss.
func (s *server) touch(ctx context.Context, key string, expiration int32) (item *memcache.Item, err error) {
	err = s.do(ctx, func(c *memcache.Client) error {
		item, err = c.GetAndTouch(key, expiration)
		return err
	})
	return item, err
}

// delete reports whether there was an item.
func (s *server) delete(ctx context.Context, key string) (bool, error) {
	err := s.do(ctx, func(c *memcache.Client) error { return c.Delete(key) })
	if errors.Is(err, memcache.ErrCacheMiss) {
		return false, nil
	}
	return err == nil, err
}

// count adds up to the number under key, or down from it if down.
func (s *server) count(ctx context.Context, key string, by uint64, down bool) (n uint64, err error) {
	err = s.do(ctx, func(c *memcache.Client) error {
		if down {
			n, err = c.Decrement(key, by)
		} else {
			n, err = c.Increment(key, by)
		}
		return err
	})
	return n, err
}

func (s *server) ping(ctx context.Context) error {
	return s.do(ctx, func(c *memcache.Client) error { return c.Ping() })
}
