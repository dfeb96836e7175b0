package main

import (
	"context"
	"strconv"

	"github.com/larder-go/larder/cache"
)

type touchCommand struct {
	keyFlags
	timeoutFlag
}

// Run gives an entry a new timeout.
func (c *touchCommand) Run(ctx context.Context, s *session) error {
	return s.use(ctx, c.Alias, func(ctx context.Context, store *cache.BaseCache) error {
		touched, err := store.Touch(ctx, c.Key, append(c.options(), c.Timeout.Timeout)...)
		if err != nil {
			return err
		}
		return s.out.answer(touched, "touched", c.notThere(), struct {
			keyed
			Touched bool `json:"touched"`
		}{c.result(), touched})
	})
}

type deleteCommand struct{ keyFlags }

// Run removes an entry.
func (c *deleteCommand) Run(ctx context.Context, s *session) error {
	return s.use(ctx, c.Alias, func(ctx context.Context, store *cache.BaseCache) error {
		deleted, err := store.Delete(ctx, c.Key, c.options()...)
		if err != nil {
			return err
		}
		return s.out.answer(deleted, "deleted", c.notThere(), struct {
			keyed
			Deleted bool `json:"deleted"`
		}{c.result(), deleted})
	})
}

// counting is what incr and decr have in common.
type counting struct {
	keyFlags
	By int64 `default:"1" help:"How much; a negative number is --by=-5."`
}

type incrCommand struct{ counting }

// Run adds to an integer.
func (c *incrCommand) Run(ctx context.Context, s *session) error {
	return c.count(ctx, s, (*cache.BaseCache).Incr)
}

type decrCommand struct{ counting }

// Run subtracts from an integer.
func (c *decrCommand) Run(ctx context.Context, s *session) error {
	return c.count(ctx, s, (*cache.BaseCache).Decr)
}

type counter func(c *cache.BaseCache, ctx context.Context, key string, delta int64, opts ...cache.Option) (int64, error)

func (c *counting) count(ctx context.Context, s *session, count counter) error {
	return s.use(ctx, c.Alias, func(ctx context.Context, store *cache.BaseCache) error {
		n, err := count(store, ctx, c.Key, c.By, c.options()...)
		if err != nil {
			return err
		}
		return s.out.result(strconv.FormatInt(n, 10), struct {
			keyed
			Value int64 `json:"value"`
		}{c.result(), n})
	})
}
