package cachetest_test

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var contextMutants = []mutant{{
	how:   "Get ignores its context",
	fails: []string{"context/cancelled-is-an-error", "context/past-deadline-is-an-error"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			return b.memory.Get(context.WithoutCancel(ctx), key)
		}
	},
}, {
	how:   "a deadline is a cancellation",
	fails: []string{"context/past-deadline-is-an-error"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			if ctx.Err() != nil {
				return nil, context.Canceled
			}
			return b.memory.Get(ctx, key)
		}
	},
}, {
	how:   "Touch writes and then looks at its context",
	fails: []string{"context/cancelled-writes-nothing"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			head, err := b.memory.Touch(context.WithoutCancel(ctx), key, ttl)
			return head, errors.Join(err, ctx.Err())
		}
	},
}, {
	how:      "Set returns when its context ends, and writes later",
	fails:    []string{"context/no-late-write"},
	ownClock: true,
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			select {
			case <-ctx.Done():
				key, value := bytes.Clone(key), bytes.Clone(value)
				go func() {
					time.Sleep(10 * time.Millisecond)
					_ = b.memory.Set(context.WithoutCancel(ctx), key, value, ttl)
				}()
				return ctx.Err()
			case <-time.After(time.Millisecond):
				return b.memory.Set(ctx, key, value, ttl)
			}
		}
	},
}}

var shutdownMutants = []mutant{{
	how:   "Get works after Shutdown",
	fails: []string{"shutdown/then-closed"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			return (&memory{data: b.data}).Get(ctx, key)
		}
	},
}, {
	how:   "Set works after Shutdown",
	fails: []string{"shutdown/then-closed", "shutdown/refuses-new-operations"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			dawdle()
			return (&memory{data: b.data}).Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "a second Shutdown is an error",
	fails: []string{"shutdown/is-idempotent", "shutdown/from-many-goroutines"},
	bend: func(b *bent) {
		var down atomic.Bool
		b.shutdown = func(ctx context.Context) error {
			if down.Swap(true) {
				return driver.ErrClosed
			}
			return b.memory.Shutdown(ctx)
		}
	},
}, {
	how:   "Shutdown gives up when its context has ended",
	fails: []string{"shutdown/with-ended-context"},
	bend: func(b *bent) {
		b.shutdown = func(ctx context.Context) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return b.memory.Shutdown(ctx)
		}
	},
}, {
	how:   "Shutdown leaves operations in flight behind",
	fails: []string{"shutdown/waits-for-operations-in-flight"},
	bend: func(b *bent) {
		var calls atomic.Int32
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			if calls.Add(1) > 8 {
				time.Sleep(time.Minute)
			}
			return b.memory.Set(ctx, key, value, ttl)
		}
	},
}}

var reopenMutants = []mutant{{
	how:   "Shutdown deletes everything",
	fails: []string{"reopen/shutdown-keeps-entries"},
	bend: func(b *bent) {
		b.shutdown = func(ctx context.Context) error {
			b.removeIf(func(string) bool { return true })
			return b.memory.Shutdown(ctx)
		}
	},
}, {
	how:   "Shutdown forgets expiries",
	fails: []string{"reopen/keeps-expiry"},
	bend: func(b *bent) {
		b.shutdown = func(ctx context.Context) error {
			b.removeIf(func(key string) bool {
				e := b.entries[key]
				e.expiry = time.Time{}
				b.entries[key] = e
				return false
			})
			return b.memory.Shutdown(ctx)
		}
	},
}, {
	how:   "Shutdown loses a write that had returned",
	fails: []string{"reopen/shutdown-loses-no-write"},
	bend: func(b *bent) {
		b.shutdown = func(ctx context.Context) error {
			err := b.memory.Shutdown(ctx)
			lost := false
			b.removeIf(func(string) bool { first := !lost; lost = true; return first })
			return err
		}
	},
}, {
	how:   "Get remembers what it returned",
	fails: []string{"reopen/both-see-each-write"},
	bend: func(b *bent) {
		var remembered []byte
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			if remembered != nil {
				return remembered, nil
			}
			value, err := b.memory.Get(ctx, key)
			remembered = value
			return value, err
		}
	},
}}

var damageMutants = []mutant{{
	how:   "Get of a damaged entry is a miss",
	fails: []string{"damage/get-is-corrupt"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := b.memory.Get(ctx, key)
			if errors.Is(err, driver.ErrCorrupt) {
				err = driver.ErrNotFound
			}
			return value, err
		}
	},
}, {
	how:   "Add removes a damaged entry",
	fails: []string{"damage/add-leaves-it"},
	bend: func(b *bent) {
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			head, added, err := b.memory.Add(ctx, key, value, ttl)
			if errors.Is(err, driver.ErrCorrupt) {
				_, _, _ = b.memory.Delete(ctx, key)
			}
			return head, added, err
		}
	},
}, {
	how:   "Delete does not report a damaged entry",
	fails: []string{"damage/delete-removes-it"},
	bend: func(b *bent) {
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			e, _ := b.raw(key)
			head, deleted, err := b.memory.Delete(ctx, key)
			return head, deleted && !e.damaged, err
		}
	},
}, {
	how:   "GetMany fails for a damaged entry",
	fails: []string{"damage/get-many-returns-nil"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			for _, key := range keys {
				if e, _ := b.raw(key); e.damaged {
					return nil, driver.ErrCorrupt
				}
			}
			return b.memory.GetMany(ctx, keys)
		}
	},
}}

var limitMutants = []mutant{{
	how:   "the limit is a kilobyte",
	fails: []string{"limit/stores-what-is-below"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			if len(value) > 1024 {
				return driver.ErrTooLarge
			}
			return b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "Set of what is too large leaves the old value",
	fails: []string{"limit/too-large"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			if len(value) > largestValue {
				return driver.ErrTooLarge
			}
			return b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "SetMany fails for all if one is too large",
	fails: []string{"limit/one-of-many-too-large"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			errs, err := b.memory.SetMany(ctx, items, ttl)
			return nil, errors.Join(append(errs, err)...)
		}
	},
}}
