package cachetest_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// addAfterLooking is an Add in two steps.
func addAfterLooking(b *bent) {
	b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
		if found, err := b.memory.Get(ctx, key); err == nil {
			return found, false, nil
		}
		dawdle()
		return nil, true, b.memory.Set(ctx, key, value, ttl)
	}
}

var addMutants = []mutant{{
	how:   "Add sets",
	fails: []string{"add/leaves-what-is-there", "native/add"},
	bend: func(b *bent) {
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			return nil, true, b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "Add stores nothing",
	fails: []string{"add/stores-if-absent"},
	bend: func(b *bent) {
		b.add = func(context.Context, []byte, []byte, time.Duration) ([]byte, bool, error) {
			return nil, true, nil
		}
	},
}, {
	how:   "Add touches what is there",
	fails: []string{"add/leaves-expiry-of-what-is-there"},
	bend: func(b *bent) {
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			head, added, err := b.memory.Add(ctx, key, value, ttl)
			if !added {
				_, _ = b.memory.Touch(ctx, key, ttl)
			}
			return head, added, err
		}
	},
}, {
	how:   "Add finds what has expired",
	fails: []string{"add/replaces-expired"},
	bend: func(b *bent) {
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			if e, there := b.raw(key); there {
				return head(e), false, nil
			}
			return b.memory.Add(ctx, key, value, ttl)
		}
	},
}, {
	how:   "Add returns no head",
	fails: []string{"add/returns-head-of-what-is-there"},
	bend: func(b *bent) {
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			_, added, err := b.memory.Add(ctx, key, value, ttl)
			return nil, added, err
		}
	},
}, {
	how:   "Add looks and then sets",
	fails: []string{"add/one-of-many-adds", "reopen/one-of-many-adds"},
	bend:  addAfterLooking,
}, {
	how:   "Add removes what has expired and then adds",
	fails: []string{"add/one-of-many-replaces-expired"},
	bend: func(b *bent) {
		b.add = func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
			if _, there := b.raw(key); there {
				dawdle()
				_, _, _ = b.memory.Delete(ctx, key)
			}
			return b.memory.Add(ctx, key, value, ttl)
		}
	},
}}

var touchMutants = []mutant{{
	how:   "Touch changes nothing",
	fails: []string{"touch/extends", "touch/shortens", "native/touched-entry-ends", "expirer/after-touch"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, _ time.Duration) ([]byte, error) {
			return b.memory.Peek(ctx, key)
		}
	},
}, {
	how:   "Touch stores the head",
	fails: []string{"touch/leaves-value"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			head, err := b.memory.Touch(ctx, key, ttl)
			b.alter(key, func(e *entry) { e.value = head })
			return head, err
		}
	},
}, {
	how:   "Touch returns half a head",
	fails: []string{"touch/returns-head"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			head, err := b.memory.Touch(ctx, key, ttl)
			return head[:len(head)/2], err
		}
	},
}, {
	how:   "Touch creates",
	fails: []string{"touch/missing-is-not-found"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			head, _, err := b.memory.Add(ctx, key, nil, ttl)
			if head != nil {
				return b.memory.Touch(ctx, key, ttl)
			}
			return head, err
		}
	},
}, {
	how:   "Touch revives what has expired",
	fails: []string{"touch/does-not-revive-expired"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			b.alter(key, func(e *entry) { e.expiry = time.Time{} })
			return b.memory.Touch(ctx, key, ttl)
		}
	},
}, {
	how:   "Touch finds nothing where nothing would change",
	fails: []string{"touch/never-on-never"},
	bend: func(b *bent) {
		b.touch = func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
			if e, there := b.raw(key); there && e.expiry.IsZero() && ttl == driver.Never {
				return nil, driver.ErrNotFound
			}
			return b.memory.Touch(ctx, key, ttl)
		}
	},
}}

var deleteMutants = []mutant{{
	how:   "Delete keeps the entry",
	fails: []string{"delete/removes"},
	bend: func(b *bent) {
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			head, err := b.memory.Peek(ctx, key)
			return head, err == nil, nil
		}
	},
}, {
	how:   "Delete of nothing is an error",
	fails: []string{"delete/missing-is-no-error"},
	bend: func(b *bent) {
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			head, deleted, err := b.memory.Delete(ctx, key)
			if err == nil && !deleted {
				err = driver.ErrNotFound
			}
			return head, deleted, err
		}
	},
}, {
	how:   "Delete reports what had expired",
	fails: []string{"delete/expired-was-not-there"},
	bend: func(b *bent) {
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			_, there := b.raw(key)
			head, _, err := b.memory.Delete(ctx, key)
			return head, there, err
		}
	},
}, {
	how:   "Delete removes all that begin so",
	fails: []string{"delete/leaves-others"},
	bend: func(b *bent) {
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			head, deleted, err := b.memory.Delete(ctx, key)
			b.removeIf(func(k string) bool { return strings.HasPrefix(k, string(key)) })
			return head, deleted, err
		}
	},
}, {
	how:   "Delete returns no head",
	fails: []string{"delete/returns-head"},
	bend: func(b *bent) {
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			_, deleted, err := b.memory.Delete(ctx, key)
			return nil, deleted, err
		}
	},
}, {
	how:   "Delete returns half a head",
	fails: []string{"delete/returns-head"},
	bend: func(b *bent) {
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			head, deleted, err := b.memory.Delete(ctx, key)
			return head[:len(head)/2], deleted, err
		}
	},
}, {
	how:   "Delete returns the head of what this store has written last",
	fails: []string{"reopen/delete-returns-head-of-what-was-there"},
	bend: func(b *bent) {
		var mu sync.Mutex
		written := make(map[string][]byte)
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			mu.Lock()
			written[string(key)] = bytes.Clone(value)
			mu.Unlock()
			return b.memory.Set(ctx, key, value, ttl)
		}
		b.remove = func(ctx context.Context, key []byte) ([]byte, bool, error) {
			head, deleted, err := b.memory.Delete(ctx, key)
			mu.Lock()
			defer mu.Unlock()
			if value, ok := written[string(key)]; ok && deleted {
				head = value
			}
			return head, deleted, err
		}
	},
}}

// removeIf removes the entries whose key is in question.
func (d *data) removeIf(in func(key string) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range d.entries {
		if in(key) {
			d.drop(key)
		}
	}
}

var clearMutants = []mutant{{
	how:   "Clear removes a page of keys",
	fails: []string{"clear/removes-the-namespace"},
	bend: func(b *bent) {
		b.clear = func(_ context.Context, ns driver.Namespace) error {
			page := 100
			b.removeIf(func(key string) bool { page--; return page >= 0 && ns.Contains([]byte(key)) })
			return nil
		}
	},
}, {
	how:   "Clear removes what begins with the prefix",
	fails: []string{"clear/removes-no-other"},
	bend: func(b *bent) {
		b.clear = func(_ context.Context, ns driver.Namespace) error {
			b.removeIf(func(key string) bool { return strings.HasPrefix(key, ns.Prefix) })
			return nil
		}
	},
}, {
	how:   "Clear takes any digits for a version",
	fails: []string{"clear/removes-no-other"},
	bend: func(b *bent) {
		b.clear = func(_ context.Context, ns driver.Namespace) error {
			b.removeIf(func(key string) bool {
				rest, ok := strings.CutPrefix(key, ns.Prefix+":")
				version, _, versioned := strings.Cut(rest, ":")
				return ok && versioned && version != "" && strings.Trim(version, "0123456789") == ""
			})
			return nil
		}
	},
}, {
	how:   "Clear takes the prefix for a glob",
	fails: []string{"clear/removes-no-other"},
	bend: func(b *bent) {
		b.clear = func(ctx context.Context, ns driver.Namespace) error {
			if begin, isGlob := strings.CutSuffix(ns.Prefix, "*"); isGlob {
				b.removeIf(func(key string) bool { return strings.HasPrefix(key, begin) })
			}
			return b.memory.Clear(ctx, ns)
		}
	},
}, {
	how:   "Clear of nothing is an error",
	fails: []string{"clear/repeated-and-empty"},
	bend: func(b *bent) {
		b.clear = func(ctx context.Context, ns driver.Namespace) error {
			found := false
			b.removeIf(func(key string) bool { found = found || ns.Contains([]byte(key)); return false })
			if !found {
				return driver.ErrNotFound
			}
			return b.memory.Clear(ctx, ns)
		}
	},
}, {
	how:   "Clear leaves entries that cannot be read",
	fails: []string{"clear/then-the-namespace-is-as-new"},
	bend: func(b *bent) {
		b.clear = func(_ context.Context, ns driver.Namespace) error {
			b.removeIf(func(key string) bool {
				if e := b.entries[key]; ns.Contains([]byte(key)) {
					e.damaged = true
					b.entries[key] = e
				}
				return false
			})
			return nil
		}
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := b.memory.Get(ctx, key)
			if err != nil {
				err = driver.ErrNotFound
			}
			return value, err
		}
	},
}, {
	how:   "Clear leaves expiries that the next entry inherits",
	fails: []string{"clear/leaves-no-expiry-behind"},
	bend: func(b *bent) {
		left := make(map[string]time.Time)
		b.clear = func(ctx context.Context, ns driver.Namespace) error {
			b.removeIf(func(key string) bool { left[key] = b.entries[key].expiry; return false })
			return b.memory.Clear(ctx, ns)
		}
		b.set = func(ctx context.Context, key, value []byte, ttl time.Duration) error {
			err := b.memory.Set(ctx, key, value, ttl)
			if expiry, ok := left[string(key)]; ok {
				b.alter(key, func(e *entry) { e.expiry = expiry })
			}
			return err
		}
	},
}}

var concurrencyMutants = []mutant{{
	how:   "Get refuses a second caller",
	fails: []string{"concurrency/all-operations-at-once"},
	bend: func(b *bent) {
		busy := make(chan struct{}, 1)
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			select {
			case busy <- struct{}{}:
				defer func() { <-busy }()
			default:
				return nil, driver.ErrUnsupported
			}
			dawdle()
			return b.memory.Get(ctx, key)
		}
	},
}, {
	how:   "Get reads into a buffer that all share",
	fails: []string{"concurrency/entries-do-not-mix"},
	bend: func(b *bent) {
		var buffer []byte
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, err := b.memory.Get(ctx, key)
			b.mu.Lock()
			buffer = value
			b.mu.Unlock()
			dawdle()
			b.mu.Lock()
			defer b.mu.Unlock()
			return bytes.Clone(buffer), err
		}
	},
}}
