package cachetest_test

import (
	"bytes"
	"context"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var headReplacerMutants = []mutant{{
	how:   "ReplaceHead compares the whole",
	fails: []string{"head-replacer/replaces-equal-head"},
	bend: func(b *bent) {
		b.replaceHead = b.memory.Replace
	},
}, {
	how:   "ReplaceHead overlooks the last byte of the head",
	fails: []string{"head-replacer/leaves-unequal-head", "head-replacer/leaves-shorter"},
	bend: func(b *bent) {
		b.replaceHead = func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
			if there, err := b.memory.Get(ctx, key); err != nil || !bytes.HasPrefix(there, head[:driver.HeadSize-1]) {
				return false, nil
			}
			return true, b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "ReplaceHead adds what is missing",
	fails: []string{"head-replacer/leaves-missing", "head-replacer/leaves-expired"},
	bend: func(b *bent) {
		b.replaceHead = func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
			if _, err := b.memory.Get(ctx, key); err == driver.ErrNotFound {
				return true, b.memory.Set(ctx, key, value, ttl)
			}
			return b.memory.ReplaceHead(ctx, key, head, value, ttl)
		}
	},
}, {
	how:   "ReplaceHead keeps the expiry",
	fails: []string{"head-replacer/sets-expiry"},
	bend: func(b *bent) {
		b.replaceHead = func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
			there, _ := b.raw(key)
			replaced, err := b.memory.ReplaceHead(ctx, key, head, value, ttl)
			b.alter(key, func(e *entry) { e.expiry = there.expiry })
			return replaced, err
		}
	},
}, {
	how:   "ReplaceHead gets and sets",
	fails: []string{"head-replacer/is-atomic"},
	bend: func(b *bent) {
		b.replaceHead = func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
			if there, err := b.memory.Get(ctx, key); err != nil || !bytes.HasPrefix(there, head) {
				return false, nil
			}
			dawdle()
			return true, b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "ReplaceHead keeps the caller's value",
	fails: []string{"head-replacer/copies-what-it-keeps"},
	bend: func(b *bent) {
		b.replaceHead = func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
			replaced, err := b.memory.ReplaceHead(ctx, key, head, value, ttl)
			if replaced {
				b.alter(key, func(e *entry) { e.value = value })
			}
			return replaced, err
		}
	},
}, {
	how:   "ReplaceHead stores what is too large",
	fails: []string{"head-replacer/too-large"},
	bend: func(b *bent) {
		b.replaceHead = func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
			if len(value) <= largestValue {
				return b.memory.ReplaceHead(ctx, key, head, value, ttl)
			}
			return true, nil
		}
	},
}, {
	how:   "ReplaceHead takes every head for that of a native entry",
	fails: []string{"head-replacer/native-has-no-head"},
	bend: func(b *bent) {
		b.replaceHead = func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
			if e, there := b.raw(key); there && e.isNative {
				return true, b.memory.Set(ctx, key, value, ttl)
			}
			return b.memory.ReplaceHead(ctx, key, head, value, ttl)
		}
	},
}}
