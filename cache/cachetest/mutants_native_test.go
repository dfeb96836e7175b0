package cachetest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var nativeMutants = []mutant{{
	how:   "SetNative stores text",
	fails: []string{"native/is-kept-as-it-is"},
	bend: func(b *bent) {
		b.setNative = func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error {
			return b.memory.SetNative(ctx, key, fmt.Sprint(native), size, ttl)
		}
	},
}, {
	how:   "a nil is a miss",
	fails: []string{"native/nil-is-a-value"},
	bend: func(b *bent) {
		b.getNative = func(ctx context.Context, key []byte) ([]byte, any, bool, error) {
			value, native, isNative, err := b.memory.GetNative(ctx, key)
			if isNative && native == nil {
				err = driver.ErrNotFound
			}
			return value, native, isNative, err
		}
	},
}, {
	how:   "a native []byte comes back as bytes",
	fails: []string{"native/bytes-in-either-form"},
	bend: func(b *bent) {
		b.getNative = func(ctx context.Context, key []byte) ([]byte, any, bool, error) {
			value, native, isNative, err := b.memory.GetNative(ctx, key)
			if boxed, ok := native.([]byte); ok {
				return boxed, nil, false, err
			}
			return value, native, isNative, err
		}
	},
}, {
	how:   "GetNative says that bytes are native",
	fails: []string{"native/get-returns-either-form"},
	bend: func(b *bent) {
		b.getNative = func(ctx context.Context, key []byte) ([]byte, any, bool, error) {
			value, native, isNative, err := b.memory.GetNative(ctx, key)
			if value != nil {
				return nil, value, true, err
			}
			return nil, native, isNative, err
		}
	},
}, {
	how:   "GetNative finds everything",
	fails: []string{"native/get-missing-is-not-found", "native/get-expired-is-not-found"},
	bend: func(b *bent) {
		b.getNative = func(_ context.Context, key []byte) ([]byte, any, bool, error) {
			e, _ := b.raw(key)
			return e.value, e.native, e.isNative, nil
		}
	},
}, {
	how:   "Get prints a native value",
	fails: []string{"native/has-no-bytes"},
	bend: func(b *bent) {
		b.get = func(ctx context.Context, key []byte) ([]byte, error) {
			value, native, isNative, err := b.memory.GetNative(ctx, key)
			if isNative {
				value = fmt.Append(nil, native)
			}
			return value, err
		}
	},
}, {
	how:   "AddNative looks and then sets",
	fails: []string{"native/one-of-many-adds"},
	bend: func(b *bent) {
		b.addNative = func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error) {
			if _, err := b.memory.Get(ctx, key); err == nil {
				return false, nil
			}
			dawdle()
			return true, b.memory.SetNative(ctx, key, native, size, ttl)
		}
	},
}, {
	how:   "AddNative finds what has expired",
	fails: []string{"native/add-replaces-expired"},
	bend: func(b *bent) {
		b.addNative = func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error) {
			if _, there := b.raw(key); there {
				return false, nil
			}
			return b.memory.AddNative(ctx, key, native, size, ttl)
		}
	},
}, {
	how:   "Clear leaves native entries",
	fails: []string{"native/touch-delete-clear"},
	bend: func(b *bent) {
		b.clear = func(_ context.Context, ns driver.Namespace) error {
			b.removeIf(func(key string) bool { return ns.Contains([]byte(key)) && !b.entries[key].isNative })
			return nil
		}
	},
}, {
	how:   "Incr counts a native integer",
	fails: []string{"native/incr-is-not-integer"},
	bend: func(b *bent) {
		b.incr = func(ctx context.Context, key []byte, delta int64) (int64, error) {
			if e, _ := b.raw(key); e.isNative {
				n := int64(e.native.(int)) + delta
				return n, b.memory.Set(ctx, key, driver.AppendInteger(nil, n), driver.Never)
			}
			return b.memory.Incr(ctx, key, delta)
		}
	},
}, {
	how:   "Replace compares a native value as text",
	fails: []string{"native/replace-finds-it-unequal"},
	bend: func(b *bent) {
		b.replace = func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
			if e, _ := b.raw(key); e.isNative && bytes.Equal(fmt.Append(nil, e.native), old) {
				return true, b.memory.Set(ctx, key, value, ttl)
			}
			return b.memory.Replace(ctx, key, old, value, ttl)
		}
	},
}, {
	how:   "TTL of a native entry is Never",
	fails: []string{"native/expires-as-ttl-says"},
	bend: func(b *bent) {
		b.ttl = func(ctx context.Context, key []byte) (time.Duration, error) {
			if e, _ := b.raw(key); e.isNative {
				return driver.Never, nil
			}
			return b.memory.TTL(ctx, key)
		}
	},
}, {
	how:   "NativeByDefault changes its mind",
	fails: []string{"native/answers-never-change"},
	bend: func(b *bent) {
		native := false
		b.nativeByDefault = func() bool { native = !native; return native }
	},
}}

var sessionMutants = []mutant{{
	how:   "a session has a store of its own",
	fails: []string{"session/reads-the-store", "session/writes-last-beyond-it", "session/many-at-once"},
	bend: func(b *bent) {
		b.openSession = func(context.Context) (driver.Store, error) { return newMemory(b.clock), nil }
	},
}, {
	how:   "a session shows its writes only at its end",
	fails: []string{"session/reads-its-own-writes"},
	bend: func(b *bent) {
		b.openSession = func(context.Context) (driver.Store, error) {
			session := &bent{memory: &memory{data: b.data}}
			session.set = func(context.Context, []byte, []byte, time.Duration) error { return nil }
			return session, nil
		}
	},
}, {
	how:   "Shutdown of a session does nothing",
	fails: []string{"session/shutdown-ends-the-session"},
	bend: func(b *bent) {
		b.openSession = func(context.Context) (driver.Store, error) {
			session := &bent{memory: &memory{data: b.data}}
			session.shutdown = func(context.Context) error { return nil }
			return session, nil
		}
	},
}, {
	how:   "a session is the store",
	fails: []string{"session/shutdown-leaves-the-store"},
	bend:  func(b *bent) { b.openSession = func(context.Context) (driver.Store, error) { return b, nil } },
}}

var asyncMutants = []mutant{{
	how:   "OpDelete always deletes",
	fails: []string{"async/results-are-those-of-the-methods"},
	bend: func(b *bent) {
		bendResults(b, func(op driver.Op, r *driver.Result) { r.OK = r.OK || op.Kind == driver.OpDelete })
	},
}, {
	how:   "OpDelete returns no head",
	fails: []string{"async/results-are-those-of-the-methods"},
	bend: func(b *bent) {
		bendResults(b, func(op driver.Op, r *driver.Result) {
			if op.Kind == driver.OpDelete {
				r.Value = nil
			}
		})
	},
}, {
	how:   "OpIncr returns the delta",
	fails: []string{"async/incr"},
	bend: func(b *bent) {
		bendResults(b, func(op driver.Op, r *driver.Result) { r.N = op.Delta })
	},
}, {
	how:   "OpTouch ignores the ttl",
	fails: []string{"async/ttl"},
	bend: func(b *bent) {
		b.start = func(ctx context.Context, op driver.Op, done func(driver.Result)) {
			if op.Kind == driver.OpTouch {
				op.TTL = driver.Never
			}
			b.memory.Start(ctx, op, done)
		}
	},
}, {
	how:   "done is called twice",
	fails: []string{"async/done-exactly-once"},
	bend: func(b *bent) {
		b.start = func(ctx context.Context, op driver.Op, done func(driver.Result)) {
			b.memory.Start(ctx, op, func(r driver.Result) {
				done(r)
				go func() { dawdle(); done(r) }()
			})
		}
	},
}, {
	how:   "done is called by the operation and by the end of the context",
	fails: []string{"async/done-exactly-once-when-cancelled"},
	bend: func(b *bent) {
		b.start = func(ctx context.Context, op driver.Op, done func(driver.Result)) {
			dawdle()
			b.memory.Start(ctx, op, done)
			if ctx.Err() != nil {
				done(driver.Result{Err: ctx.Err()})
			}
		}
	},
}, {
	how:   "a hundred in flight are too many",
	fails: []string{"async/many-in-flight"},
	bend: func(b *bent) {
		slots := make(chan struct{}, 100)
		b.start = func(ctx context.Context, op driver.Op, done func(driver.Result)) {
			select {
			case slots <- struct{}{}:
			default:
				done(driver.Result{Err: errors.New("queue full")})
				return
			}
			go func() {
				dawdle()
				b.memory.Start(ctx, op, done)
				<-slots
			}()
		}
	},
}, {
	how:   "Shutdown drops what is in flight",
	fails: []string{"async/shutdown-completes-operations"},
	bend: func(b *bent) {
		b.start = func(ctx context.Context, op driver.Op, done func(driver.Result)) {
			go func() {
				dawdle()
				if !b.isClosed() {
					b.memory.Start(ctx, op, done)
				}
			}()
		}
	},
}}

// bendResults changes the results of asynchronous operations.
func bendResults(b *bent, change func(op driver.Op, r *driver.Result)) {
	b.start = func(ctx context.Context, op driver.Op, done func(driver.Result)) {
		b.memory.Start(ctx, op, func(r driver.Result) {
			change(op, &r)
			done(r)
		})
	}
}
