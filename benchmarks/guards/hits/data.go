package main

import (
	"context"
	"errors"
	"time"

	_ "github.com/larder-go/larder/backends/memstore" // the entries are there
	"github.com/larder-go/larder/cache"
)

// stopped is a clock that costs no goroutine, which would run or not run
// meanwhile.
type stopped struct{ now time.Time }

func (s stopped) Now() time.Time { return s.now }

// opener opens the caches of a path.
type opener func() (*cache.Handler, error)

func memory() (*cache.Handler, error) {
	return cache.NewHandler(cache.Settings{"default": {
		Backend: "memory",
		Timeout: cache.Never,
		Options: map[string]any{"clock": stopped{time.Now()}},
	}})
}

var errMiss = errors.New("a miss")

func bytesPath(open opener) func(context.Context) (func() error, error) {
	return func(ctx context.Context) (func() error, error) {
		caches, err := open()
		if err != nil {
			return nil, err
		}
		c, err := caches.Cache(cache.DefaultAlias)
		if err != nil {
			return nil, err
		}
		return func() error {
			_, found, err := c.GetBytes(ctx, userKey, cache.Shared)
			return wanted(found, err)
		}, c.SetBytes(ctx, userKey, make([]byte, 256))
	}
}

func wanted(found bool, err error) error {
	if err == nil && !found {
		return errMiss
	}
	return err
}

type user struct {
	ID    int64
	Name  string
	Email string
	Roles []string
}

func structPath(ctx context.Context) (func() error, error) {
	users, err := aUser(ctx)
	return func() error {
		_, found, err := users.Get(ctx, userKey)
		return wanted(found, err)
	}, err
}

func getOrSetPath(ctx context.Context) (func() error, error) {
	users, err := aUser(ctx)
	load := func(context.Context) (user, error) { return user{}, errMiss }
	return func() error {
		_, err := users.GetOrSet(ctx, userKey, load)
		return err
	}, err
}

const userKey = "user:0000001"

// aUser returns a view of native structs with one under userKey.
func aUser(ctx context.Context) (cache.View[user], error) {
	caches, err := memory()
	if err != nil {
		return cache.View[user]{}, err
	}
	c, err := caches.Cache(cache.DefaultAlias)
	if err != nil {
		return cache.View[user]{}, err
	}
	users := cache.For[user](c, cache.Native)
	return users, users.Set(ctx, userKey, user{ID: 1, Name: "Ada"})
}
