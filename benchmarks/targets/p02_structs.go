package targets

import (
	"context"

	"github.com/larder-go/larder/cache"
)

// user is a value of ordinary size.
type user struct {
	ID    int64
	Name  string
	Email string
	Roles []string
}

func structsFromMemory(ctx context.Context, l *Lab) error {
	keys := keys()
	users, err := l.users(ctx, keys)
	if err != nil {
		return err
	}
	l.report("typed Get of a struct", Allocations, allocations(func() { mustFind(users.Get(ctx, keys[1])) }), AtMost(1))
	get := usersRead(ctx, "Get", func(users cache.View[user], key string) { mustFind(users.Get(ctx, key)) })
	one, two, err := l.compareReads(keys, get)
	if err != nil {
		return err
	}
	l.ratio("otter's Get and a look at the value's first byte, 1 core", one, "look", Bound{})
	l.ratio("typed Get of a struct to otter's Get, 1 core", one, "Get", AtMost(1.2))
	l.ratio("typed Get of a struct to otter's Get, 2 cores", two, "Get", AtMost(1.2))
	return nil
}

// usersRead returns the reader of native structs by get.
func usersRead(ctx context.Context, name string, get func(users cache.View[user], key string)) reader {
	return reader{name, func(l *Lab, keys []string) (func(key string), error) {
		users, err := l.users(ctx, keys)
		return func(key string) { get(users, key) }, err
	}}
}

// users returns a view of native structs with one under each key.
func (l *Lab) users(ctx context.Context, keys []string) (cache.View[user], error) {
	c, err := l.memoryCache(ctx)
	if err != nil {
		return cache.View[user]{}, err
	}
	users := cache.For[user](c, cache.Native)
	for i, key := range keys {
		if err := users.Set(ctx, key, user{ID: int64(i), Name: "Ada", Email: "ada@bench.example"}); err != nil {
			return users, err
		}
	}
	return users, nil
}
