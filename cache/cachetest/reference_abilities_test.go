package cachetest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

var (
	_ driver.Many     = (*memory)(nil)
	_ driver.Counter  = (*memory)(nil)
	_ driver.Replacer = (*memory)(nil)
	_ driver.Peeker   = (*memory)(nil)
	_ driver.Expirer  = (*memory)(nil)
	_ driver.Sharer   = (*memory)(nil)

	_ driver.HeadReplacer = (*memory)(nil)
	_ driver.Verifier     = (*memory)(nil)
	_ driver.KeyChecker   = (*memory)(nil)
	_ driver.Native       = (*memory)(nil)
	_ driver.Sessions     = (*memory)(nil)
	_ driver.Async        = (*memory)(nil)
	_ driver.Replicated   = (*memory)(nil)
	_ driver.Invalidator  = (*memory)(nil)
)

func (m *memory) Primary() (driver.Store, error) { return m, nil }

func (m *memory) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	if err := m.begin(ctx, keys...); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	for i, key := range keys {
		errs[i] = m.reach(key)
		if e, err := m.live(key); err == nil {
			values[i] = bytes.Clone(e.value)
		}
	}
	return values, driver.Partial(errs)
}

func (m *memory) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	var keys [][]byte
	for _, item := range items {
		keys = append(keys, item.Key)
	}
	if err := m.begin(ctx, keys...); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	errs := make([]error, len(items))
	for i, item := range items {
		errs[i] = m.put(item.Key, entry{value: item.Value}, ttl)
	}
	if errors.Join(errs...) == nil {
		return nil, nil
	}
	return errs, nil
}

func (m *memory) DeleteMany(ctx context.Context, keys [][]byte) error {
	if err := m.begin(ctx, keys...); err != nil {
		return err
	}
	defer m.mu.Unlock()
	errs := make([]error, len(keys))
	for i, key := range keys {
		if errs[i] = m.reach(key); errs[i] == nil {
			m.drop(string(key))
		}
	}
	return driver.Partial(errs)
}

func (m *memory) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	if err := m.begin(ctx, key); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	if err != nil {
		return 0, err
	}
	n, ok := driver.ParseInteger(e.value)
	if !ok {
		return 0, driver.ErrNotInteger
	}
	sum, overflow := driver.AddIntegers(n, delta)
	if overflow {
		return 0, driver.ErrOverflow
	}
	e.value = driver.AppendInteger(nil, sum)
	m.entries[string(key)] = e // an integer, which has no hook
	return sum, nil
}

func (m *memory) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
	if err := m.begin(ctx, key); err != nil {
		return false, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	if err == driver.ErrNotFound || e.isNative || !bytes.Equal(e.value, old) {
		return false, nil
	}
	if err == nil {
		err = m.put(key, entry{value: value}, ttl)
	}
	return err == nil, err
}

func (m *memory) ReplaceHead(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
	if err := m.begin(ctx, key); err != nil {
		return false, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	if err == driver.ErrNotFound || e.isNative || len(head) != driver.HeadSize || !bytes.HasPrefix(e.value, head) {
		return false, nil
	}
	if err == nil {
		err = m.put(key, entry{value: value}, ttl)
	}
	return err == nil, err
}

func (m *memory) Peek(ctx context.Context, key []byte) ([]byte, error) {
	if err := m.begin(ctx, key); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	return head(e), err
}

func (m *memory) TTL(ctx context.Context, key []byte) (time.Duration, error) {
	if err := m.begin(ctx, key); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	if e.expiry.IsZero() {
		return driver.Never, err
	}
	return e.expiry.Sub(m.now()), err
}

func (m *memory) SharesMemory() bool { return false }

func (m *memory) VerifiesValues() bool { return true }

func (m *memory) CheckKey(key []byte) error {
	if len(key) > longestKey {
		return fmt.Errorf("%w: %d bytes, of at most %d", driver.ErrInvalidKey, len(key), longestKey)
	}
	return nil
}

func (m *memory) GetNative(ctx context.Context, key []byte) ([]byte, any, bool, error) {
	if err := m.begin(ctx, key); err != nil {
		return nil, nil, false, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	return bytes.Clone(e.value), e.native, e.isNative, err
}

func (m *memory) SetNative(ctx context.Context, key []byte, native any, _ int64, ttl time.Duration) error {
	if err := m.begin(ctx, key); err != nil {
		return err
	}
	defer m.mu.Unlock()
	return m.put(key, entry{native: native, isNative: true}, ttl)
}

func (m *memory) AddNative(ctx context.Context, key []byte, native any, _ int64, ttl time.Duration) (bool, error) {
	_, added, err := m.addEntry(ctx, key, entry{native: native, isNative: true}, ttl)
	return added, err
}

func (m *memory) NativeByDefault() bool { return false }
func (m *memory) BoundedByBytes() bool  { return false }

// OpenSession returns another store over the same data, which can be shut down
// by itself.
func (m *memory) OpenSession(ctx context.Context) (driver.Store, error) {
	if err := m.begin(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return &memory{data: m.data}, nil
}

func (m *memory) Start(ctx context.Context, op driver.Op, done func(driver.Result)) {
	done(perform(ctx, m, op))
}

// perform does op at once.
func perform(ctx context.Context, store driver.Store, op driver.Op) (r driver.Result) {
	switch op.Kind {
	case driver.OpGet:
		r.Value, r.Err = store.Get(ctx, op.Key)
	case driver.OpSet:
		r.Err = store.Set(ctx, op.Key, op.Value, op.TTL)
	case driver.OpAdd:
		r.Value, r.OK, r.Err = store.Add(ctx, op.Key, op.Value, op.TTL)
	case driver.OpTouch:
		r.Value, r.Err = store.Touch(ctx, op.Key, op.TTL)
	case driver.OpDelete:
		r.Value, r.OK, r.Err = store.Delete(ctx, op.Key)
	case driver.OpIncr:
		r.N, r.Err = store.(driver.Counter).Incr(ctx, op.Key, op.Delta)
	default:
		r.Err = driver.ErrUnsupported
	}
	return r
}

func (m *memory) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	if err := m.begin(ctx, append([][]byte{inv.Count}, inv.Records...)...); err != nil {
		return err
	}
	defer m.mu.Unlock()
	count, err := m.addToCount(inv.Count)
	if err != nil {
		return err
	}
	for _, key := range inv.Records {
		m.changeRecord(key, &inv, count)
	}
	return nil
}

func (m *memory) InvalidatesAtOnce() bool { return true }

// addToCount returns the count to which it has added one, if there is one. The lock is held.
func (d *data) addToCount(key []byte) (text string, err error) {
	e, err := d.live(key)
	if err != nil {
		return "", ignoreMissing(err)
	}
	count, ok := driver.ParseCount(string(e.value))
	if !ok {
		return "", driver.ErrNotInteger
	}
	count.Number++
	e.value = []byte(count.String())
	d.entries[string(key)] = e
	return count.String(), nil
}

// changeRecord changes a record if there is one. The lock is held.
func (d *data) changeRecord(key []byte, inv *driver.Invalidation, count string) {
	if e, err := d.live(key); err == nil {
		d.drop(string(key))
		d.entries[string(key)] = entry{value: inv.Record(e.value, count), expiry: e.expiry}
	}
}

func ignoreMissing(err error) error {
	if err == driver.ErrNotFound {
		return nil
	}
	return err
}
