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

	// A flight may have stored a key after a caller looked it up and before the caller
	// starts a flight for it.
	commits commits
}

type shard[V any] struct {
	mu   sync.Mutex
	keys map[string]*siblings[V]
}

// New returns an empty group.
func New[V any]() *Group[V] {
	g := &Group[V]{seed: maphash.MakeSeed()}
	for i := range g.shards {
		g.shards[i].keys = make(map[string]*siblings[V])
	}
	return g
}

func (g *Group[V]) hash(key []byte) uint64 { return maphash.Bytes(g.seed, key) }

func (g *Group[V]) shardOf(hash uint64) *shard[V] { return &g.shards[hash%shardCount] }

// Stamp returns the present moment.
func (g *Group[V]) Stamp() Stamp { return g.commits.stamp() }

// Tick returns a Stamp after all that were taken before.
func (g *Group[V]) Tick() Stamp { return g.commits.next() }

// Call is one caller's question for a key.
type Call[V any] struct {
	Key []byte

	// Since is the Stamp taken before the caller looked Key up and did not find it.
	Since Stamp

	// Found identifies what the caller has found instead, 0 for nothing: see [Flight.Begin].
	Found uint64

	// Runner is what the flight runs if this caller starts it.
	Runner Runner[V]

	JoinOptions

	queues bool      // the caller may be handed over to another flight than the one it joins
	flight Flight[V] // the one that it starts, if it does
}

// Do is [Group.Wait] with a function and no options.
func (g *Group[V]) Do(ctx context.Context, key []byte, since Stamp, fn Func[V]) (v V, leader bool, err error) {
	return g.Wait(ctx, &Call[V]{Key: key, Since: since, Runner: fn})
}

// Wait joins the flight of the call's key or starts one, and waits until it has finished or
// ctx ends. leader reports that this caller started it. Of the options, only Partition,
// Alone and Inline count. The call is the flight's from now on, if it started one: use it once.
//
// The flight's context has the values of the starter's and no deadline; it is
// cancelled when the last caller has left, and is not joined after that.
// A panic in the function is a *PanicError and runtime.Goexit is ErrGoexit, for every
// caller. A caller whose ctx has ended before starts nothing.
func (g *Group[V]) Wait(ctx context.Context, c *Call[V]) (v V, leader bool, err error) {
	f, leader, outer, err := g.enter(ctx, c)
	if err != nil {
		return v, false, err
	}
	defer outer.stopWaiting(f)
	if leader {
		f.start()
	}
	v, err = f.wait(ctx)
	return v, leader, err
}

// enter joins a flight of a call's key or makes one, which the caller starts. The caller is
// counted as waiting. If it belongs to a run, outer is that, and waits for the flight until
// stopWaiting.
func (g *Group[V]) enter(ctx context.Context, c *Call[V]) (f *Flight[V], leader bool, outer *Flight[V], err error) {
	outer, recursive := g.runsUnder(ctx, c.Key)
	if recursive {
		return nil, false, nil, ErrRecursive
	}
	f, leader, err = g.join(ctx, c)
	if err != nil {
		return nil, false, nil, err
	}
	if outer != nil && !outer.waitFor(f) {
		f.leave()
		return nil, false, nil, ErrRecursive
	}
	return f, leader, outer, nil
}

// join returns a flight of a call's key, with the caller counted as waiting. leader reports
// that the flight is new.
func (g *Group[V]) join(ctx context.Context, c *Call[V]) (f *Flight[V], leader bool, err error) {
	hash := g.hash(c.Key)
	var asked *Flight[V]
	for {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		f, leader, retry := g.tryJoin(ctx, hash, c, asked)
		switch {
		case retry != nil:
			if err := await(ctx, retry); err != nil {
				return nil, false, err
			}
		case !leader && f.inline && f != asked:
			f.noteStarter()
			asked = f
		default:
			return f, leader, nil
		}
	}
}

// tryJoin returns a flight of a call's key, with the caller counted as waiting, or a channel
// to wait for before trying again. An inline flight other than asked is returned without
// counting the caller: its starter may have left, which is to be asked without a lock.
func (g *Group[V]) tryJoin(ctx context.Context, hash uint64, c *Call[V], asked *Flight[V]) (f *Flight[V], leader bool, retry <-chan struct{}) {
	s := g.shardOf(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if fs := s.keys[string(c.Key)]; fs != nil {
		if undoing := fs.commitToUndo(); undoing != nil {
			// A stale flight is storing. The caller that made it stale waits to undo
			// that; a flight that started now could store before the undoing.
			return nil, false, undoing
		}
		switch f := fs.joinable(c.JoinOptions); {
		case f == nil:
		case !f.admits(c):
			if f.makeStale() {
				return nil, false, f.commitEnd()
			}
		case f.inline && f != asked:
			return f, false, nil
		default:
			f.callers++
			f.awaited()
			if c.queues {
				f.enqueue(c.Interval)
			}
			return f, false, nil
		}
	}
	f = &c.flight
	f.init(ctx, g, hash, string(c.Key), c)
	s.add(f, c.Alone)
	return f, true, nil
}

// init makes f a flight with one caller, its starter.
func (f *Flight[V]) init(ctx context.Context, g *Group[V], hash uint64, key string, c *Call[V]) {
	f.group, f.shard, f.hash, f.key = g, g.shardOf(hash), hash, key
	f.runner, f.parent, f.partition, f.inline = c.Runner, ctx, c.Partition, c.Inline
	f.context.values = runValues{ctx, runKey[V]{}, f}
	f.missed = g.commits.since(c.Since, hash)
	f.started = time.Now()
	f.callers = 1
	if f.inline {
		f.context.starter = f
	} else {
		f.answered = make(chan struct{})
	}
}

// Invalidate makes the flights of key stale: they will not commit, and callers
// from now on do not join them. If one is committing at this moment, Invalidate
// waits until it has, or ctx ends; so when it returns nil, no flight that
// started before stores key afterwards. If a flight calls it while committing, the error
// is ErrRecursive.
//
// A caller that changes what is stored under key calls Invalidate before the change and
// Forget after it.
func (g *Group[V]) Invalidate(ctx context.Context, key []byte) error {
	return awaitCommits(ctx, g.makeStale(key))
}

// InvalidateAll is Invalidate for all keys that match.
func (g *Group[V]) InvalidateAll(ctx context.Context, match func(key string) bool) error {
	return awaitCommits(ctx, g.makeAllStale(match))
}

func awaitCommits[V any](ctx context.Context, committing []*Flight[V]) error {
	for _, f := range committing {
		if err := f.awaitCommit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Forget makes the flights of key stale and does not block. A flight that started after
// Invalidate and before the store was changed may have read the old value. Its waiting
// callers asked before the change was complete and may receive it; later callers may not.
func (g *Group[V]) Forget(key []byte) { g.makeStale(key) }

// ForgetAll is Forget for all keys that match.
func (g *Group[V]) ForgetAll(match func(key string) bool) { g.makeAllStale(match) }

// makeStale returns those of the flights that are committing.
func (g *Group[V]) makeStale(key []byte) (committing []*Flight[V]) {
	if g.active.Load() == 0 {
		return nil
	}
	s := g.shardOf(g.hash(key))
	s.mu.Lock()
	defer s.mu.Unlock()
	if fs := s.keys[string(key)]; fs != nil {
		return fs.makeStale(nil)
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
		for key, fs := range s.keys {
			if match(key) {
				committing = fs.makeStale(committing)
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
