package flight

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// shardCount bounds how many flights contend for one lock.
const shardCount = 64

// Group is a set of flights with values of type V. Use New.
type Group[V any] struct {
	seed   maphash.Seed
	active atomic.Int64 // flights in the shards, so that invalidation is free when there are none
	shards [shardCount]shard[V]

	// A flight may have stored a key between the look-up of a caller and his
	// starting a flight for it.
	commits commits
}

type shard[V any] struct {
	mu      sync.Mutex
	flights map[string]*Flight[V]
}

// New returns an empty group.
func New[V any]() *Group[V] {
	g := &Group[V]{seed: maphash.MakeSeed()}
	for i := range g.shards {
		g.shards[i].flights = make(map[string]*Flight[V])
	}
	return g
}

func (g *Group[V]) hash(key []byte) uint64 { return maphash.Bytes(g.seed, key) }

func (g *Group[V]) shardOf(hash uint64) *shard[V] { return &g.shards[hash%shardCount] }

// Mark returns the present moment.
func (g *Group[V]) Mark() Mark { return g.commits.mark() }

// Func produces the value of a flight. ctx is the flight's.
type Func[V any] func(ctx context.Context, f *Flight[V]) (V, error)

// Do joins the flight of key or starts one with fn, and waits until it has
// landed or ctx ends. leader reports that this caller started it. since is the
// Mark taken before the caller looked key up and did not find it.
//
// The flight's context has the values of the starter's and no deadline; it is
// cancelled when the last caller has left, and then nobody joins it any more.
// A panic in fn is a *PanicError and runtime.Goexit is ErrGoexit, for every
// caller. A caller whose ctx has ended before starts nothing.
func (g *Group[V]) Do(ctx context.Context, key []byte, since Mark, fn Func[V]) (v V, leader bool, err error) {
	f, leader, done, err := g.enter(ctx, key, since, fn)
	if err != nil {
		return v, false, err
	}
	defer done()
	v, err = f.wait(ctx)
	return v, leader, err
}

// Attend is Do for a caller who can make use of a value that is announced: then
// v is that value, and attendance is not nil. Until it ends, the caller counts as
// one who waits. One who joins another's flight and gets nothing within patience
// leaves it with ErrPatience; zero or less is no limit.
//
// A caller who is himself a run of a group waits for the landing: who reads what
// another run writes waits for it, too, and nobody would see it if that run then
// waited for his.
func (g *Group[V]) Attend(ctx context.Context, key []byte, since Mark, patience time.Duration, fn Func[V]) (v V, leader bool, attendance *Attendance[V], err error) {
	f, leader, done, err := g.enter(ctx, key, since, fn)
	if err != nil {
		return v, false, nil, err
	}
	defer done()
	if Current[V](ctx) != nil {
		v, err = f.wait(ctx)
		return v, leader, nil, err
	}
	if leader {
		patience = 0
	}
	v, attendance, err = f.attend(ctx, patience)
	return v, leader, attendance, err
}

// enter joins the flight of key or starts it. The caller is counted among those
// who wait, and calls done when he waits no more.
func (g *Group[V]) enter(ctx context.Context, key []byte, since Mark, fn Func[V]) (f *Flight[V], leader bool, done func(), err error) {
	outer, recursive := g.runsUnder(ctx, key)
	if recursive {
		return nil, false, nil, ErrRecursive
	}
	f, leader, err = g.board(ctx, key, since)
	if err != nil {
		return nil, false, nil, err
	}
	done = func() {}
	if outer != nil {
		if !outer.waitFor(f) {
			f.leave()
			return nil, false, nil, ErrRecursive
		}
		done = func() { outer.stopWaiting(f) }
	}
	if leader {
		go f.run(fn)
	}
	return f, leader, done, nil
}

// board returns the flight of key, with the caller counted among those who
// wait. leader reports that it is new.
func (g *Group[V]) board(ctx context.Context, key []byte, since Mark) (f *Flight[V], leader bool, err error) {
	hash := g.hash(key)
	for {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		f, leader, retry := g.join(ctx, hash, key, since)
		if retry == nil {
			return f, leader, nil
		}
		if err := await(ctx, retry); err != nil {
			return nil, false, err
		}
	}
}

// join returns the flight of key, with the caller counted among those who
// wait, or a channel to wait for before trying again.
func (g *Group[V]) join(ctx context.Context, hash uint64, key []byte, since Mark) (f *Flight[V], leader bool, retry <-chan struct{}) {
	s := g.shardOf(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.flights[string(key)]; ok {
		if f.stale {
			// It is storing what must not be used any more. Whoever made it
			// stale waits to undo that; starting now could store before.
			return nil, false, f.committing
		}
		f.callers++
		return f, false, nil
	}
	f = &Flight[V]{
		group:   g,
		shard:   s,
		key:     string(key),
		hash:    hash,
		parent:  ctx,
		callers: 1,
		missed:  g.commits.since(since, hash),
		landed:  make(chan struct{}),

		announced: make(chan struct{}),
	}
	f.ctx, f.cancel = context.WithCancel(context.WithValue(context.WithoutCancel(ctx), runKey[V]{}, f))
	s.flights[f.key] = f
	g.active.Add(1)
	return f, true, nil
}

// Invalidate makes the flight of key stale: it will not commit, and callers
// from now on do not join it. If it is committing at this moment, Invalidate
// waits until it has, or ctx ends; so when it returns nil, no flight that
// began before stores key afterwards. Called by what the flight itself does to
// commit it is ErrRecursive.
//
// Whoever changes what is stored under key calls Invalidate before and Forget
// after.
func (g *Group[V]) Invalidate(ctx context.Context, key []byte) error {
	if f := g.makeStale(key); f != nil {
		return f.awaitCommit(ctx)
	}
	return nil
}

// InvalidateAll is Invalidate for all keys that match.
func (g *Group[V]) InvalidateAll(ctx context.Context, match func(key string) bool) error {
	for _, f := range g.makeAllStale(match) {
		if err := f.awaitCommit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Forget makes the flight of key stale and waits for nothing. A flight that
// began after Invalidate, and before what is stored was changed, may have
// found the old value there: those who wait for it asked before the change was
// done and may have it, but nobody who comes later.
func (g *Group[V]) Forget(key []byte) { g.makeStale(key) }

// ForgetAll is Forget for all keys that match.
func (g *Group[V]) ForgetAll(match func(key string) bool) { g.makeAllStale(match) }

// makeStale returns the flight of key if it is committing.
func (g *Group[V]) makeStale(key []byte) (committing *Flight[V]) {
	if g.active.Load() == 0 {
		return nil
	}
	s := g.shardOf(g.hash(key))
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[string(key)]; f != nil && f.makeStale() {
		return f
	}
	return nil
}

// makeAllStale returns those of the flights that are committing.
func (g *Group[V]) makeAllStale(match func(key string) bool) (committing []*Flight[V]) {
	if g.active.Load() == 0 {
		return nil
	}
	for i := range g.shards {
		s := &g.shards[i]
		s.mu.Lock()
		for key, f := range s.flights {
			if match(key) && f.makeStale() {
				committing = append(committing, f)
			}
		}
		s.mu.Unlock()
	}
	return committing
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
