package memstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/larder-go/larder/cache/driver"
)

// Store is a bounded store in the memory of the process. Get, GetNative and TTL
// allocate nothing and wait for no lock; the other operations lock the key's
// bucket of the hash table while they change it. A store holds its bound to
// within one part in 32, plus the entries being written at the moment.
//
// It is made by [New] and safe for concurrent use.
type Store struct {
	// engine is nil after Shutdown, so one load tells an operation both
	// whether the store is open and where the entries are.
	engine   atomic.Pointer[engine]
	shutdown sync.Once
	native   bool
	inBytes  bool
}

var (
	_ driver.Store    = (*Store)(nil)
	_ driver.Counter  = (*Store)(nil)
	_ driver.Replacer = (*Store)(nil)
	_ driver.Expirer  = (*Store)(nil)
	_ driver.Sharer   = (*Store)(nil)
	_ driver.Native   = (*Store)(nil)
)

// New opens a store. The error reports everything that is wrong with opts.
// Shutdown ends the store's timers.
func New(opts Options) (*Store, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	e, err := newEngine(opts)
	if err != nil {
		return nil, err
	}
	s := &Store{native: opts.Native, inBytes: e.bound.inBytes}
	s.engine.Store(e)
	return s, nil
}

// enter begins an operation. It costs a Get 2 ns with a background context and
// 10 ns with a request's, a cancellable one under three values.
func (s *Store) enter(ctx context.Context) (*engine, error) {
	e := s.engine.Load()
	if e == nil {
		return nil, driver.ErrClosed
	}
	return e, ctx.Err()
}

// Get implements [driver.Store]. The slice is the store's own and read-only;
// that of a native entry is nil.
func (s *Store) Get(ctx context.Context, key []byte) ([]byte, error) {
	e, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	found, ok := e.cache.GetIfPresent(borrow(key))
	if !ok {
		return nil, driver.ErrNotFound
	}
	return found.bytes(), nil
}

// Set implements [driver.Store]. A store bounded by bytes refuses with
// driver.ErrTooLarge a value that cannot fit even alone.
func (s *Store) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	e, err := s.enter(ctx)
	if err != nil {
		return err
	}
	if !e.bound.fits(key, int64(len(value))) {
		return e.refuse(key)
	}
	e.set(string(key), bytesEntry(value, ttl))
	return nil
}

// Add implements [driver.Store]. It returns the whole value as the head. A
// value that is too large is ErrTooLarge only if nothing is stored under key.
func (s *Store) Add(ctx context.Context, key, value []byte, ttl time.Duration) (head []byte, added bool, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	if !e.bound.fits(key, int64(len(value))) {
		head, err := e.refuseAdd(key)
		return head, false, err
	}
	present, added := e.add(string(key), bytesEntry(value, ttl))
	if added {
		return nil, true, nil
	}
	return present.bytes(), false, nil
}

// refuseAdd answers an Add whose value is too large.
func (e *engine) refuseAdd(key []byte) (head []byte, err error) {
	present, ok := e.cache.GetIfPresent(borrow(key))
	if !ok {
		return nil, driver.ErrTooLarge
	}
	return present.bytes(), nil
}

// Touch implements [driver.Store]. It returns the whole value as the head.
func (s *Store) Touch(ctx context.Context, key []byte, ttl time.Duration) (head []byte, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	touched, ok := e.cache.ComputeIfPresent(string(key), func(current entry) (entry, otter.ComputeOp) {
		current.ttl = ttl
		e.stored(current) // it replaces itself, for which deleted is called
		return current, otter.WriteOp
	})
	if !ok {
		return nil, driver.ErrNotFound
	}
	return touched.bytes(), nil
}

// Delete implements [driver.Store]. It returns the whole value as the head.
func (s *Store) Delete(ctx context.Context, key []byte) (head []byte, deleted bool, err error) {
	e, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	removed, deleted := e.cache.Invalidate(borrow(key))
	return removed.bytes(), deleted, nil
}

// Clear implements [driver.Store]. It looks at every key of the store, whoever
// they belong to, and removes one entry at a time: a million cost about 0.3 s
// to look at and 1 s to remove. Other operations go on meanwhile.
func (s *Store) Clear(ctx context.Context, ns driver.Namespace) error {
	e, err := s.enter(ctx)
	if err != nil {
		return err
	}
	var buf []byte
	for key := range e.cache.Keys() {
		if err := ctx.Err(); err != nil {
			return err
		}
		buf = append(buf[:0], key...)
		if ns.Contains(buf) {
			e.cache.Invalidate(key)
		}
	}
	return nil
}

// Shutdown implements [driver.Store]. It frees the entries and returns at
// once, without an error and whatever ctx says: there is nothing to wait for.
// An operation that began before has its own hold of the entries, never waits
// for anything outside of the process, and leaves no trace that a later one
// could see. Counting such operations would make every request write to one
// word of memory that all processors share.
func (s *Store) Shutdown(context.Context) error {
	s.shutdown.Do(func() { s.engine.Swap(nil).stop() })
	return nil
}
