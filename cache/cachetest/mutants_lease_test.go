package cachetest_test

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var leaseMutants = []mutant{{
	how:   "Add returns a head without the blanks at its end",
	fails: []string{"lease/bytes-come-back-whole"},
	bend: func(b *bent) {
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			head, added, err := b.memory.Add(ctx, key, value, ttl)
			return bytes.TrimRight(head, " "), added, err
		}
	},
}, {
	how:   "Replace compares up to the first zero byte",
	fails: []string{"lease/another-byte-is-another-lease"},
	bend: func(b *bent) {
		text := func(value []byte) []byte { before, _, _ := bytes.Cut(value, []byte{0}); return before }
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			there, err := b.memory.Get(ctx, key)
			if err != nil || !bytes.Equal(text(there), text(old)) {
				return false, nil
			}
			return b.memory.Replace(ctx, key, there, value, ttl)
		}
	},
}, {
	how:   "Replace adds what it has seen before",
	fails: []string{"lease/what-was-removed-is-not-replaced"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			if _, err := b.memory.Get(ctx, key); err == driver.ErrNotFound && len(old) == driver.HeadSize {
				return true, b.memory.Set(ctx, key, value, ttl)
			}
			return b.memory.Replace(ctx, key, old, value, ttl)
		}
	},
}, {
	how:   "Replace does not shorten what is left",
	fails: []string{"lease/replace-shortens"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			before, _ := b.raw(key)
			replaced, err := b.memory.Replace(ctx, key, old, value, ttl)
			b.alter(key, func(e *entry) {
				if !before.expiry.IsZero() && before.expiry.After(e.expiry) {
					e.expiry = before.expiry
				}
			})
			return replaced, err
		}
	},
}, {
	how:   "Replace compares with what this store has added",
	fails: []string{"reopen/what-another-removed-is-not-replaced"},
	bend: func(b *bent) {
		var mu sync.Mutex
		var last []byte
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			mu.Lock()
			defer mu.Unlock()
			last = bytes.Clone(value)
			return b.memory.Add(ctx, key, value, ttl)
		}
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			if bytes.Equal(last, old) {
				return true, b.memory.Set(ctx, key, value, ttl)
			}
			return b.memory.Replace(ctx, key, old, value, ttl)
		}
	},
}}
