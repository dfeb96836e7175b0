package cachetest_test

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// bent is the reference store with some methods replaced. Each function, where
// it is not nil, stands in for the method of its name.
type bent struct {
	*memory

	get             func(ctx context.Context, key []byte) ([]byte, error)
	set             func(ctx context.Context, key, value []byte, ttl time.Duration) error
	add             func(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error)
	touch           func(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error)
	remove          func(ctx context.Context, key []byte) ([]byte, bool, error)
	clear           func(ctx context.Context, ns driver.Namespace) error
	shutdown        func(ctx context.Context) error
	getMany         func(ctx context.Context, keys [][]byte) ([][]byte, error)
	setMany         func(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error)
	removeMany      func(ctx context.Context, keys [][]byte) error
	incr            func(ctx context.Context, key []byte, delta int64) (int64, error)
	replace         func(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error)
	replaceHead     func(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error)
	peek            func(ctx context.Context, key []byte) ([]byte, error)
	ttl             func(ctx context.Context, key []byte) (time.Duration, error)
	getNative       func(ctx context.Context, key []byte) ([]byte, any, bool, error)
	setNative       func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error
	addNative       func(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error)
	openSession     func(ctx context.Context) (driver.Store, error)
	start           func(ctx context.Context, op driver.Op, done func(driver.Result))
	sharesMemory    func() bool
	verifiesValues  func() bool
	primary         func() (driver.Store, error)
	invalidate      func(ctx context.Context, inv driver.Invalidation) error
	inSteps         bool // what InvalidatesAtOnce denies
	checkKey        func(key []byte) error
	nativeByDefault func() bool
}

func (b *bent) Get(ctx context.Context, key []byte) ([]byte, error) {
	if b.get != nil {
		return b.get(ctx, key)
	}
	return b.memory.Get(ctx, key)
}

func (b *bent) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if b.set != nil {
		return b.set(ctx, key, value, ttl)
	}
	return b.memory.Set(ctx, key, value, ttl)
}

func (b *bent) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if b.add != nil {
		return b.add(ctx, key, value, ttl)
	}
	return b.memory.Add(ctx, key, value, ttl)
}

func (b *bent) Touch(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
	if b.touch != nil {
		return b.touch(ctx, key, ttl)
	}
	return b.memory.Touch(ctx, key, ttl)
}

func (b *bent) Delete(ctx context.Context, key []byte) ([]byte, bool, error) {
	if b.remove != nil {
		return b.remove(ctx, key)
	}
	return b.memory.Delete(ctx, key)
}

func (b *bent) Clear(ctx context.Context, ns driver.Namespace) error {
	if b.clear != nil {
		return b.clear(ctx, ns)
	}
	return b.memory.Clear(ctx, ns)
}

func (b *bent) Shutdown(ctx context.Context) error {
	if b.shutdown != nil {
		return b.shutdown(ctx)
	}
	return b.memory.Shutdown(ctx)
}

func (b *bent) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	if b.getMany != nil {
		return b.getMany(ctx, keys)
	}
	return b.memory.GetMany(ctx, keys)
}

func (b *bent) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	if b.setMany != nil {
		return b.setMany(ctx, items, ttl)
	}
	return b.memory.SetMany(ctx, items, ttl)
}

func (b *bent) DeleteMany(ctx context.Context, keys [][]byte) error {
	if b.removeMany != nil {
		return b.removeMany(ctx, keys)
	}
	return b.memory.DeleteMany(ctx, keys)
}

func (b *bent) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	if b.incr != nil {
		return b.incr(ctx, key, delta)
	}
	return b.memory.Incr(ctx, key, delta)
}

func (b *bent) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
	if b.replace != nil {
		return b.replace(ctx, key, old, value, ttl)
	}
	return b.memory.Replace(ctx, key, old, value, ttl)
}

func (b *bent) ReplaceHead(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
	if b.replaceHead != nil {
		return b.replaceHead(ctx, key, head, value, ttl)
	}
	return b.memory.ReplaceHead(ctx, key, head, value, ttl)
}

func (b *bent) Peek(ctx context.Context, key []byte) ([]byte, error) {
	if b.peek != nil {
		return b.peek(ctx, key)
	}
	return b.memory.Peek(ctx, key)
}

func (b *bent) TTL(ctx context.Context, key []byte) (time.Duration, error) {
	if b.ttl != nil {
		return b.ttl(ctx, key)
	}
	return b.memory.TTL(ctx, key)
}

func (b *bent) GetNative(ctx context.Context, key []byte) ([]byte, any, bool, error) {
	if b.getNative != nil {
		return b.getNative(ctx, key)
	}
	return b.memory.GetNative(ctx, key)
}

func (b *bent) SetNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) error {
	if b.setNative != nil {
		return b.setNative(ctx, key, native, size, ttl)
	}
	return b.memory.SetNative(ctx, key, native, size, ttl)
}

func (b *bent) AddNative(ctx context.Context, key []byte, native any, size int64, ttl time.Duration) (bool, error) {
	if b.addNative != nil {
		return b.addNative(ctx, key, native, size, ttl)
	}
	return b.memory.AddNative(ctx, key, native, size, ttl)
}

func (b *bent) OpenSession(ctx context.Context) (driver.Store, error) {
	if b.openSession != nil {
		return b.openSession(ctx)
	}
	return b.memory.OpenSession(ctx)
}

func (b *bent) Start(ctx context.Context, op driver.Op, done func(driver.Result)) {
	if b.start != nil {
		b.start(ctx, op, done)
		return
	}
	b.memory.Start(ctx, op, done)
}

func (b *bent) SharesMemory() bool {
	if b.sharesMemory != nil {
		return b.sharesMemory()
	}
	return b.memory.SharesMemory()
}

func (b *bent) VerifiesValues() bool {
	if b.verifiesValues != nil {
		return b.verifiesValues()
	}
	return b.memory.VerifiesValues()
}

func (b *bent) CheckKey(key []byte) error {
	if b.checkKey != nil {
		return b.checkKey(key)
	}
	return b.memory.CheckKey(key)
}

func (b *bent) NativeByDefault() bool {
	if b.nativeByDefault != nil {
		return b.nativeByDefault()
	}
	return b.memory.NativeByDefault()
}

func (b *bent) Primary() (driver.Store, error) {
	if b.primary != nil {
		return b.primary()
	}
	return b, nil
}

func (b *bent) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	if b.invalidate != nil {
		return b.invalidate(ctx, inv)
	}
	return b.memory.Invalidate(ctx, inv)
}

func (b *bent) InvalidatesAtOnce() bool { return !b.inSteps }
