package cachetest_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var manyMutants = []mutant{{
	how:   "GetMany returns values in the order of sorted keys",
	fails: []string{"many/get-in-order-of-keys"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			return b.memory.GetMany(ctx, slices.SortedFunc(slices.Values(keys), bytes.Compare))
		}
	},
}, {
	how:   "GetMany returns a repeated key once",
	fails: []string{"many/get-repeated-keys"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			values, err := b.memory.GetMany(ctx, keys)
			seen := make(map[string]bool)
			for i := range values {
				if seen[string(keys[i])] {
					values[i] = nil
				}
				seen[string(keys[i])] = true
			}
			return values, err
		}
	},
}, {
	how:   "GetMany leaves missing keys out",
	fails: []string{"many/get-missing-is-nil"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			values, err := b.memory.GetMany(ctx, keys)
			return slices.DeleteFunc(values, func(v []byte) bool { return v == nil }), err
		}
	},
}, {
	how:   "GetMany returns a missing key as empty",
	fails: []string{"many/get-missing-is-nil"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			values, err := b.memory.GetMany(ctx, keys)
			for i, value := range values {
				values[i] = append([]byte{}, value...)
			}
			return values, err
		}
	},
}, {
	how:   "GetMany returns an empty value as missing",
	fails: []string{"many/get-zero-length-is-not-nil"},
	bend: func(b *bent) {
		b.getMany = func(ctx context.Context, keys [][]byte) ([][]byte, error) {
			values, err := b.memory.GetMany(ctx, keys)
			for i, value := range values {
				values[i] = append([]byte(nil), value...)
			}
			return values, err
		}
	},
}, {
	how:   "GetMany returns what has expired",
	fails: []string{"many/get-expired-is-nil"},
	bend: func(b *bent) {
		b.getMany = func(_ context.Context, keys [][]byte) (values [][]byte, _ error) {
			for _, key := range keys {
				e, _ := b.raw(key)
				values = append(values, e.value)
			}
			return values, nil
		}
	},
}, {
	how:   "SetMany forgets the last item",
	fails: []string{"many/set-stores-all"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			return b.memory.SetMany(ctx, items[:len(items)-1], ttl)
		}
	},
}, {
	how:   "SetMany returns errors that are all nil",
	fails: []string{"many/set-stores-all"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			_, err := b.memory.SetMany(ctx, items, ttl)
			return make([]error, len(items)), err
		}
	},
}, {
	how:   "SetMany ignores the ttl",
	fails: []string{"many/set-same-ttl"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, _ time.Duration) ([]error, error) {
			return b.memory.SetMany(ctx, items, driver.Never)
		}
	},
}, {
	how:   "SetMany keeps the first of equal keys",
	fails: []string{"many/set-last-wins"},
	bend: func(b *bent) {
		b.setMany = func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
			items = slices.Clone(items)
			slices.Reverse(items)
			return b.memory.SetMany(ctx, items, ttl)
		}
	},
}, {
	how:   "DeleteMany removes the first only",
	fails: []string{"many/delete-removes", "many/a-thousand"},
	bend: func(b *bent) {
		b.removeMany = func(ctx context.Context, keys [][]byte) error {
			return b.memory.DeleteMany(ctx, keys[:1])
		}
	},
}}

var counterMutants = []mutant{{
	how:   "Incr returns the old value",
	fails: []string{"counter/adds"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			n, err := b.memory.Incr(ctx, key, delta)
			return n - delta, err
		}
	},
}, {
	how:   "Incr stops at zero",
	fails: []string{"counter/adds-below-zero"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			n, err := b.memory.Incr(ctx, key, delta)
			return max(n, 0), err
		}
	},
}, {
	how:   "Incr counts in float64",
	fails: []string{"counter/is-exact"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			n, err := b.memory.Incr(ctx, key, delta)
			n = int64(float64(n))
			if err == nil {
				b.alter(key, func(e *entry) { e.value = driver.AppendInteger(nil, n) })
			}
			return n, err
		}
	},
}, {
	how:   "Incr counts apart from Set",
	fails: []string{"counter/continues"},
	bend: func(b *bent) {
		counts := make(map[string]int64)
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			if n, ok := counts[string(key)]; ok {
				counts[string(key)] = n + delta
				return n + delta, nil
			}
			n, err := b.memory.Incr(ctx, key, delta)
			counts[string(key)] = n
			return n, err
		}
	},
}, {
	how:   "Incr loses the expiry",
	fails: []string{"counter/keeps-expiry", "counter/keeps-expiry-to-the-tick", "expirer/after-incr"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			n, err := b.memory.Incr(ctx, key, delta)
			b.alter(key, func(e *entry) { e.expiry = time.Time{} })
			return n, err
		}
	},
}, {
	how:   "Incr creates",
	fails: []string{"counter/missing-is-not-found"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			_, _, _ = b.memory.Add(ctx, key, []byte("0"), driver.Never)
			return b.memory.Incr(ctx, key, delta)
		}
	},
}, {
	how:   "Incr revives what has expired",
	fails: []string{"counter/expired-is-not-found"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			b.alter(key, func(e *entry) { e.expiry = time.Time{} })
			return b.memory.Incr(ctx, key, delta)
		}
	},
}, {
	how:   "Incr takes what it cannot read for zero",
	fails: []string{"counter/not-an-integer"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			b.alter(key, func(e *entry) {
				if _, ok := driver.ParseInteger(e.value); !ok {
					e.value = []byte("0")
				}
			})
			return b.memory.Incr(ctx, key, delta)
		}
	},
}, {
	how:   "Incr reads integers as strconv does",
	fails: []string{"counter/not-quite-an-integer"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			b.alter(key, func(e *entry) {
				if n, err := strconv.ParseInt(string(e.value), 10, 64); err == nil {
					e.value = driver.AppendInteger(nil, n)
				}
			})
			return b.memory.Incr(ctx, key, delta)
		}
	},
}, {
	how:   "Incr wraps",
	fails: []string{"counter/overflow", "counter/overflow-leaves-entry"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			n, err := b.memory.Incr(ctx, key, delta)
			if errors.Is(err, driver.ErrOverflow) {
				return math.MinInt64, nil
			}
			return n, err
		}
	},
}, {
	how:   "Incr removes what overflows",
	fails: []string{"counter/overflow-leaves-entry"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			n, err := b.memory.Incr(ctx, key, delta)
			if errors.Is(err, driver.ErrOverflow) {
				_, _, _ = b.memory.Delete(ctx, key)
			}
			return n, err
		}
	},
}, {
	how:   "Incr gets and sets",
	fails: []string{"counter/is-atomic", "reopen/incr-is-atomic"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			value, err := b.memory.Get(ctx, key)
			n, _ := driver.ParseInteger(value)
			dawdle()
			return n + delta, errors.Join(err, b.memory.Set(ctx, key, driver.AppendInteger(nil, n+delta), driver.Never))
		}
	},
}}

var replacerMutants = []mutant{{
	how:   "Replace never does",
	fails: []string{"replacer/replaces-equal"},
	bend: func(b *bent) {
		b.replace = func(context.Context, []byte, []byte, []byte, time.Duration) (bool, error) { return false, nil }
	},
}, {
	how:   "Replace compares heads",
	fails: []string{"replacer/leaves-unequal"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			there, err := b.memory.Get(ctx, key)
			if err != nil || !bytes.Equal(head(entry{value: there}), head(entry{value: old})) {
				return false, nil
			}
			return true, b.memory.Set(ctx, key, value, ttl)
		}
	},
}, {
	how:   "Replace takes nothing for empty",
	fails: []string{"replacer/leaves-missing"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			if _, there := b.raw(key); !there && len(old) == 0 {
				return true, b.memory.Set(ctx, key, value, ttl)
			}
			return b.memory.Replace(ctx, key, old, value, ttl)
		}
	},
}, {
	how:   "Replace finds what has expired",
	fails: []string{"replacer/leaves-expired"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			b.alter(key, func(e *entry) { e.expiry = time.Time{} })
			return b.memory.Replace(ctx, key, old, value, ttl)
		}
	},
}, {
	how:   "Replace keeps the expiry",
	fails: []string{"replacer/sets-expiry"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			there, _ := b.raw(key)
			replaced, err := b.memory.Replace(ctx, key, old, value, ttl)
			b.alter(key, func(e *entry) { e.expiry = there.expiry })
			return replaced, err
		}
	},
}, {
	how:   "Replace touches what is unequal",
	fails: []string{"replacer/leaves-expiry-of-unequal"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			replaced, err := b.memory.Replace(ctx, key, old, value, ttl)
			_, _ = b.memory.Touch(ctx, key, ttl)
			return replaced, err
		}
	},
}, {
	how:   "Replace gets and sets",
	fails: []string{"replacer/is-atomic", "reopen/replace-is-atomic"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			if there, err := b.memory.Get(ctx, key); err != nil || !bytes.Equal(there, old) {
				return false, nil
			}
			dawdle()
			return true, b.memory.Set(ctx, key, value, ttl)
		}
	},
}}

var peekMutants = []mutant{{
	how:   "Peek returns eight bytes",
	fails: []string{"peeker/returns-head"},
	bend: func(b *bent) {
		b.peek = func(ctx context.Context, key []byte) ([]byte, error) {
			head, err := b.memory.Peek(ctx, key)
			return head[:min(len(head), 8)], err
		}
	},
}, {
	how:   "Peek finds everything",
	fails: []string{"peeker/missing-is-not-found", "peeker/expired-is-not-found"},
	bend: func(b *bent) {
		b.peek = func(_ context.Context, key []byte) ([]byte, error) {
			e, _ := b.raw(key)
			return head(e), nil
		}
	},
}, {
	how:   "TTL takes seconds for nanoseconds",
	fails: []string{"expirer/remaining"},
	bend: func(b *bent) {
		b.ttl = func(ctx context.Context, key []byte) (time.Duration, error) {
			left, err := b.memory.TTL(ctx, key)
			return left / time.Second, err
		}
	},
}, {
	how:   "TTL returns what the ttl was",
	fails: []string{"expirer/remaining-shrinks"},
	bend: func(b *bent) {
		first := b.now()
		b.ttl = func(ctx context.Context, key []byte) (time.Duration, error) {
			left, err := b.memory.TTL(ctx, key)
			return left + b.now().Sub(first), err
		}
	},
}, {
	how:   "TTL finds everything",
	fails: []string{"expirer/missing-is-not-found", "expirer/expired-is-not-found"},
	bend: func(b *bent) {
		b.ttl = func(_ context.Context, key []byte) (time.Duration, error) {
			e, _ := b.raw(key)
			return e.expiry.Sub(b.now()), nil
		}
	},
}}
