package cache

import (
	"context"
	"errors"
	"iter"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// Scope is one request's set of caches. It is a context itself, so that a
// request needs no other: pass it on, and [From] finds the caches of the
// request.
//
// Goroutines that a request starts share its scope. Work that outlives the
// request needs a scope of its own: see [Detached].
type Scope struct {
	context.Context
	handler *Handler

	mu      sync.Mutex
	used    []*scopedCache // in the order of their first use
	memory  [1]*scopedCache
	first   scopedCache // most requests use one cache
	pending pending     // asynchronous operations of wrappers
}

// scopedCache is a cache for one request, with its session.
type scopedCache struct {
	BaseCache
	own session
}

// Scope begins a request's use of the caches. Close it when the request ends.
// middleware.Lifecycle does both for an http.Handler.
func (h *Handler) Scope(ctx context.Context) *Scope {
	return &Scope{Context: ctx, handler: h}
}

type scopeKey struct{}

// Value implements [context.Context].
func (s *Scope) Value(key any) any {
	if key == (scopeKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// scopeFrom returns the scope that ctx belongs to, or nil.
func scopeFrom(ctx context.Context) *Scope {
	s, _ := ctx.Value(scopeKey{}).(*Scope)
	return s
}

// Cache returns this request's cache of an alias, the same one each time. An
// alias that is not in the settings is ErrUnknownAlias.
func (s *Scope) Cache(alias string) (*BaseCache, error) {
	shared, err := s.handler.Cache(alias)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.find(shared.name); c != nil {
		return c, nil
	}
	c := &s.first
	if c.alias != nil { // taken
		c = new(scopedCache)
	}
	c.alias = shared.alias
	c.session = &c.own
	if s.used == nil {
		s.used = s.memory[:0]
	}
	s.used = append(s.used, c)
	return &c.BaseCache, nil
}

// find returns the cache of an alias if the request has used it; mu is held.
func (s *Scope) find(alias string) *BaseCache {
	for _, c := range s.used {
		if c.name == alias {
			return &c.BaseCache
		}
	}
	return nil
}

// Detached returns a context for work that outlives the request of ctx: with the
// values of ctx, without a deadline, and with a [Scope] of its own if ctx has one. Call
// it before the request ends, and call close when the work is done. Shutdown of the
// handler of ctx, or without a Scope of the default one, waits until then. Further calls
// of close do nothing and return the result of the first.
func Detached(ctx context.Context) (detached context.Context, close func() error) {
	detached = context.WithoutCancel(ctx)
	s, h := scopeFrom(ctx), DefaultHandler()
	if s != nil {
		h = s.handler
	}
	if h == nil {
		return detached, func() error { return nil }
	}
	h.async.pending.add()
	if !h.closing.Load() {
		detached = admitted(detached)
	}
	if s == nil {
		return detached, sync.OnceValue(func() error { h.async.pending.done(); return nil })
	}
	own := h.Scope(detached)
	return own, sync.OnceValue(func() error {
		defer h.async.pending.done()
		return own.Close(detached)
	})
}

// All ranges over the caches that the request has used so far, by alias. It
// creates none.
func (s *Scope) All() iter.Seq2[string, *BaseCache] {
	return func(yield func(string, *BaseCache) bool) {
		s.mu.Lock()
		used := slices.Clone(s.used)
		s.mu.Unlock()
		for _, c := range byAlias(used) {
			if !yield(c.name, &c.BaseCache) {
				return
			}
		}
	}
}

// byAlias sorts the caches by alias, in place.
func byAlias(caches []*scopedCache) []*scopedCache {
	slices.SortFunc(caches, func(a, b *scopedCache) int { return strings.Compare(a.name, b.name) })
	return caches
}

// isIdle reports whether closing the scope has nothing to wait for.
func (s *Scope) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending.isIdle() && !slices.ContainsFunc(s.used, func(c *scopedCache) bool { return !c.isIdle() })
}

func (c *scopedCache) isIdle() bool { return c.pending.isIdle() && !c.own.isOpen() }

func (s *Scope) isUsed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.used) > 0 || !s.pending.isIdle()
}

// Close closes each cache that the request has used, once, and creates none. A
// cache that fails to close does not stop the others; the errors are joined.
// It is idempotent. Caches stay usable. A cache that the request first uses
// afterwards is closed by the next Close.
func (s *Scope) Close(ctx context.Context) error {
	s.mu.Lock()
	used := s.used
	s.used = used[len(used):]
	s.mu.Unlock()
	waited := s.pending.wait(ctx)
	errs := closeAll(ctx, byAlias(used))
	if waited != nil {
		errs = append(errs, waited)
	}
	return errors.Join(errs...) // no errors, no allocation: most requests
}

// closeAll closes every cache, even if closing one panics or ends the
// goroutine.
func closeAll(ctx context.Context, caches []*scopedCache) (errs []error) {
	if len(caches) == 0 {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			errs = append(errs, &PanicError{Value: v, Stack: debug.Stack()})
		}
		errs = append(errs, closeAll(ctx, caches[1:])...)
	}()
	if err := caches[0].Close(ctx); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// CloseTimeout is how long CloseCaches waits at most.
const CloseTimeout = 10 * time.Second

// CloseCaches closes the caches that the request of ctx has used, if ctx has a
// [Scope]. It does so even if the request's context has ended, since its client
// left. It waits up to [CloseTimeout] for asynchronous operations that the request
// has started and not awaited. The response is not complete before, so await what
// you start, or start it outside of the request. middleware.Lifecycle connects it
// to request_finished.
func CloseCaches(ctx context.Context) error {
	s := scopeFrom(ctx)
	if s == nil || !s.isUsed() {
		return nil
	}
	if s.isIdle() && ctx.Err() == nil {
		return s.Close(ctx) // most requests: there is nothing to wait for
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), CloseTimeout)
	defer cancel()
	return s.Close(ctx)
}

// From returns the cache of an alias for the request of ctx: from its [Scope],
// or without one from the default handler, set or implied, see [SetDefault]. It
// never returns nil and costs little: an alias that does not exist, or a missing
// default handler, is the error of every operation.
func From(ctx context.Context, alias string) *BaseCache {
	if s := scopeFrom(ctx); s != nil {
		c, err := s.Cache(alias)
		return orInvalid(c, alias, err)
	}
	h := defaultHandler.Load()
	if h == nil {
		var err error
		if h, err = implyDefault(); err != nil {
			return orInvalid(nil, alias, err)
		}
	}
	c, err := h.Cache(alias)
	return orInvalid(c, alias, err)
}

// orInvalid returns c, or a cache of which every operation returns err.
func orInvalid(c *BaseCache, alias string, err error) *BaseCache {
	if err == nil {
		return c
	}
	a, _ := newAlias(newHandler(nil), alias, Config{}) // the defaults are valid
	a.use(brokenStore{err}, Config{})
	return &BaseCache{alias: a}
}

// brokenStore is the source of a cache that does not exist.
type brokenStore struct{ err error }

func (b brokenStore) open(context.Context) (*opened, error) { return nil, b.err }

// flightGroup is not asked for: that the cache does not exist is no failure to
// open it.
func (b brokenStore) flightGroup() *loads { return nil }
