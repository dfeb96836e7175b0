package cachetest_test

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var entryMutants = []mutant{{
	how:   "a miss is an empty value",
	fails: []string{"get/missing-is-not-found"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := b.memory.Get(ctx, key)
			if errors.Is(err, driver.ErrNotFound) {
				err = nil
			}
			return value, err
		}
	},
}, {
	how:   "Set drops one write in ten",
	fails: []string{"set/is-there-when-it-returns"},
	bend: func(b *bent) {
		writes := 0
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			if writes++; writes%10 == 0 {
				return nil
			}
			return b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "Set adds",
	fails: []string{"set/replaces-value", "counter/continues", "damage/set-replaces-it"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			_, _, err := b.memory.Add(ctx, key, value, ttl)
			return err
		}
	},
}, {
	how:   "Set keeps the expiry of what was there",
	fails: []string{"set/replaces-expiry", "set/over-expired", "timeout/never-after-short"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			old, there := b.raw(key)
			err := b.memory.Set(ctx, key, value, ttl)
			if there {
				b.alter(key, func(e *entry) { e.expiry = old.expiry })
			}
			return err
		}
	},
}, {
	how:   "Set writes over half of the old value",
	fails: []string{"set/is-whole"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			old, _ := b.raw(key)
			half := min(len(value), len(old.value)) / 2
			return b.memory.Set(ctx, key, append(bytes.Clone(value[:half]), old.value[half:]...), ttl)
		}
	},
}, {
	how:   "a value of zero length is a miss",
	fails: []string{"value/zero-length"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := b.memory.Get(ctx, key)
			if err == nil && len(value) == 0 {
				err = driver.ErrNotFound
			}
			return value, err
		}
	},
}, {
	how:   "a value ends at its first NUL",
	fails: []string{"value/any-bytes", "value/any-length"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			value, _, _ = bytes.Cut(value, []byte{0})
			return b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "a value ends at 64 KiB",
	fails: []string{"value/any-length"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			return b.memory.Set(ctx, key, value[:min(len(value), 64<<10)], ttl)
		}
	},
}, {
	how:   "keys that differ in case are one",
	fails: []string{"key/any-bytes"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			return b.memory.Set(ctx, bytes.ToLower(key), value, ttl)
		}
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			return b.memory.Get(ctx, bytes.ToLower(key))
		}
	},
}, {
	how:   "CheckKey has an error of its own",
	fails: []string{"key/checked-key-is-invalid"},
	bend: func(b *bent) {
		b.checkKey = func(key []byte) error {
			if b.memory.CheckKey(key) != nil {
				return errors.New("too long")
			}
			return nil
		}
	},
}, {
	how:   "CheckKey accepts all",
	fails: []string{"key/checked-key-is-invalid"},
	bend: func(b *bent) {
		b.checkKey = func([]byte) error { return nil }
	},
}, {
	how:   "Get of an invalid key is a miss",
	fails: []string{"key/invalid-is-refused-by-every-operation"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			if b.memory.CheckKey(key) != nil {
				return nil, driver.ErrNotFound
			}
			return b.memory.Get(ctx, key)
		}
	},
}}

var ownershipMutants = []mutant{{
	how:   "Set keeps the caller's key",
	fails: []string{"ownership/keys-passed-in"},
	bend: func(b *bent) {
		var kept, value []byte
		b.set = func(ctx context.Context, k, v []byte, ttl time.Duration) error {
			kept, value = k, bytes.Clone(v)
			return b.memory.Set(ctx, k, v, ttl)
		}
		b.getNative = func(ctx context.Context, key []byte) ([]byte, any, bool, error) {
			_ = b.memory.Set(ctx, kept, value, driver.Never)
			return b.memory.GetNative(ctx, key)
		}
	},
}, {
	how:   "Set keeps the caller's value",
	fails: []string{"ownership/values-passed-in"},
	bend: func(b *bent) {
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			err := b.memory.Set(ctx, key, value, ttl)
			b.alter(key, func(e *entry) { e.value = value })
			return err
		}
	},
}, {
	how:   "SetMany keeps the caller's values",
	fails: []string{"ownership/values-passed-in", "many/memory-of-the-slices"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			errs, err := b.memory.SetMany(ctx, items, ttl)
			for _, item := range items {
				b.alter(item.Key, func(e *entry) { e.value = item.Value })
			}
			return errs, err
		}
	},
}, {
	how:   "Get returns the store's memory",
	fails: []string{"ownership/get-returns-a-copy"},
	bend:  func(b *bent) { b.get = sharing{b.memory}.Get },
}, {
	how:   "Set writes into memory that Get returned",
	fails: []string{"ownership/returned-bytes-do-not-change"},
	bend: func(b *bent) {
		b.get = sharing{b.memory}.Get
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			if old, there := b.raw(key); there && len(old.value) == len(value) {
				b.alter(key, func(e *entry) { copy(e.value, value) })
				return nil
			}
			return b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "SharesMemory changes its mind",
	fails: []string{"ownership/sharing-never-changes"},
	bend: func(b *bent) {
		shares := false
		b.sharesMemory = func() bool { shares = !shares; return shares }
	},
}, {
	how:   "VerifiesValues changes its mind",
	fails: []string{"verifier/answer-never-changes"},
	bend: func(b *bent) {
		verifies := false
		b.verifiesValues = func() bool { verifies = !verifies; return verifies }
	},
}, {
	how:   "Get of a store that verifies returns what is damaged",
	fails: []string{"verifier/finds-damage", "damage/get-is-corrupt"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			if e, there := b.raw(key); there && e.damaged {
				return bytes.Clone(e.value), nil
			}
			return b.memory.Get(ctx, key)
		}
	},
}}
