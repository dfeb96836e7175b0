package cachetest_test

import (
	"context"
	"time"
)

// ignoreHooks makes the store call no hook.
func ignoreHooks(b *bent) { b.onStored, b.onRemoved = func(any) {}, func(any) {} }

var hookMutants = []mutant{{
	how:   "hooks are declared and ignored",
	fails: []string{"hook/as-declared"},
	bend:  ignoreHooks,
}, {
	how: "OnRemoved is never called",
	fails: []string{
		"hook/once-for-each-key", "hook/stored-again-under-its-key", "hook/removed-by-every-operation",
		"hook/removed-by-a-value-that-is-refused", "hook/expired-and-replaced",
	},
	bend: func(b *bent) { b.onRemoved = func(any) {} },
}, {
	how:   "OnStored is called after the value is stored",
	fails: []string{"hook/stored-before-found"},
	bend: func(b *bent) {
		stored := b.onStored
		b.onStored = func(any) {}
		b.setNative = func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error {
			err := b.memory.SetNative(ctx, key, native, size, ttl)
			if err == nil {
				stored(native)
			}
			return err
		}
	},
}, {
	how:   "OnRemoved is called after the operation",
	fails: []string{"hook/removed-by-every-operation"},
	bend: func(b *bent) {
		removed := b.onRemoved
		b.onRemoved = func(native any) { go func() { dawdle(); removed(native) }() }
	},
}, {
	how:   "a value that is too large removes the old one without its hook",
	fails: []string{"hook/removed-by-a-value-that-is-refused"},
	bend: func(b *bent) {
		removed := b.onRemoved
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			b.onRemoved = func(any) {}
			defer func() { b.onRemoved = removed }()
			return b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "an expired value has no OnRemoved where it is replaced",
	fails: []string{"hook/expired-and-replaced"},
	bend: func(b *bent) {
		removed := b.onRemoved
		b.addNative = func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error) {
			b.onRemoved = func(any) {}
			defer func() { b.onRemoved = removed }()
			return b.memory.AddNative(ctx, key, native, size, ttl)
		}
	},
}, {
	how:   "Touch removes the entry and does not store it again",
	fails: []string{"hook/not-removed-by-what-keeps-it"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			e, there := b.raw(key)
			head, err := b.memory.Touch(ctx, key, ttl)
			if there && err == nil {
				b.onRemoved(e.native)
			}
			return head, err
		}
	},
}, {
	how:   "OnStored is called before AddNative looks",
	fails: []string{"hook/not-stored-by-a-refused-add"},
	bend: func(b *bent) {
		stored := b.onStored
		b.addNative = func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error) {
			stored(native)
			b.onStored = func(any) {}
			defer func() { b.onStored = stored }()
			return b.memory.AddNative(ctx, key, native, size, ttl)
		}
	},
}}
