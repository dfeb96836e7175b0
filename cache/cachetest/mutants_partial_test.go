package cachetest_test

import (
	"context"
	"errors"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var partialMutants = []mutant{{
	how:   "GetMany returns nothing if one server is down",
	fails: []string{"partial/get-what-the-others-have"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			values, err := b.memory.GetMany(ctx, keys)
			if err != nil {
				return nil, err
			}
			return values, nil
		}
	},
}, {
	how:   "GetMany takes what it could not look up for missing",
	fails: []string{"partial/get-what-the-others-have"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			values, _ := b.memory.GetMany(ctx, keys)
			return values, nil
		}
	},
}, {
	how:   "GetMany returns an error without the keys",
	fails: []string{"partial/get-what-the-others-have"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			values, err := b.memory.GetMany(ctx, keys)
			if err != nil {
				err = errDown
			}
			return values, err
		}
	},
}, {
	how:   "SetMany fails for all items if one server is down",
	fails: []string{"partial/set-what-the-others-take"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			errs, err := b.memory.SetMany(ctx, items, ttl)
			if errs != nil {
				return nil, errors.Join(errs...)
			}
			return nil, err
		}
	},
}, {
	how:   "SetMany does not store what comes after the first failure",
	fails: []string{"partial/set-what-the-others-take"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			errs := make([]error, len(items))
			for i, item := range items {
				if errs[i] = b.memory.Set(ctx, item.Key, item.Value, ttl); errs[i] != nil {
					for rest := i + 1; rest < len(errs); rest++ {
						errs[rest] = errs[i]
					}
					return errs, nil
				}
			}
			return nil, nil
		}
	},
}, {
	how:   "SetMany reports no failure",
	fails: []string{"partial/set-what-the-others-take"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			_, err := b.memory.SetMany(ctx, items, ttl)
			return nil, err
		}
	},
}, {
	how:   "DeleteMany stops at the first failure",
	fails: []string{"partial/delete-what-the-others-have"},
	bend: func(b *bent) {
		b.removeMany = func(ctx context.Context, keys [][]byte) error {
			errs := make([]error, len(keys))
			for i, key := range keys {
				b.mu.Lock()
				errs[i] = b.reach(key)
				b.mu.Unlock()
			}
			if driver.Partial(errs) != nil {
				return driver.Partial(errs)
			}
			return b.memory.DeleteMany(ctx, keys)
		}
	},
}, {
	how:   "DeleteMany returns an error without the keys",
	fails: []string{"partial/delete-what-the-others-have"},
	bend: func(b *bent) {
		b.removeMany = func(ctx context.Context, keys [][]byte) error {
			if b.memory.DeleteMany(ctx, keys) != nil {
				return errDown
			}
			return nil
		}
	},
}}
