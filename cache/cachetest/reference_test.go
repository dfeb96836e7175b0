package cachetest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// memory is the reference: a store with every ability that is right because it
// is simple. One lock guards all, for the whole of each operation.
type memory struct {
	*data
	closed bool
}

// data outlive the stores over them, and may have several.
type data struct {
	mu      sync.Mutex
	entries map[string]entry
	clock   driver.Clock          // nil for the system's
	down    func(key []byte) bool // whose server is down; nil while none is

	// onStored and onRemoved call the hooks of native values; like the rules of
	// time below, they are here for mutants to bend.
	onStored, onRemoved func(native any)

	expiry  func(now time.Time, ttl time.Duration) time.Time
	expired func(now, expiry time.Time) bool
}

type entry struct {
	value    []byte
	native   any
	isNative bool
	damaged  bool
	expiry   time.Time // zero for never
}

const (
	longestKey   = 1024
	largestValue = 1 << 20
)

func newMemory(clock driver.Clock) *memory {
	return &memory{data: &data{
		entries: make(map[string]entry),
		clock:   clock,
		onStored: func(native any) {
			if hook, ok := native.(driver.StoreHook); ok {
				hook.OnStored()
			}
		},
		onRemoved: func(native any) {
			if hook, ok := native.(driver.StoreHook); ok {
				hook.OnRemoved()
			}
		},
		expiry: func(now time.Time, ttl time.Duration) time.Time {
			if ttl == driver.Never {
				return time.Time{}
			}
			return now.Add(ttl)
		},
		expired: func(now, expiry time.Time) bool { return !expiry.IsZero() && !now.Before(expiry) },
	}}
}

func (d *data) now() time.Time {
	if d.clock == nil {
		return time.Now()
	}
	return d.clock.Now()
}

var errDown = errors.New("the server is down")

// reach returns an error if the server of key is down.
func (d *data) reach(key []byte) error {
	if d.down != nil && d.down(key) {
		return errDown
	}
	return nil
}

// partDown is [cachetest.Harness].PartDown.
func (d *data) partDown() (isDown func(key []byte) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = func(key []byte) bool { return key[len(key)-1]%2 == 0 }
	return d.down
}

// live returns the entry under key unless it is missing or expired.
func (d *data) live(key []byte) (entry, error) {
	if err := d.reach(key); err != nil {
		return entry{}, err
	}
	e, ok := d.entries[string(key)]
	switch {
	case !ok || d.expired(d.now(), e.expiry):
		return entry{}, driver.ErrNotFound
	case e.damaged:
		return entry{}, driver.ErrCorrupt
	}
	return e, nil
}

// put stores a copy of e with a new expiry, within the limit.
func (d *data) put(key []byte, e entry, ttl time.Duration) error {
	if err := d.reach(key); err != nil {
		return err
	}
	if len(e.value) > largestValue {
		d.drop(string(key))
		return fmt.Errorf("%w: %d bytes", driver.ErrTooLarge, len(e.value))
	}
	if !e.isNative {
		e.value = append([]byte{}, e.value...)
	}
	e.expiry = d.expiry(d.now(), ttl)
	d.onStored(e.native)
	d.drop(string(key))
	d.entries[string(key)] = e
	return nil
}

// drop removes the entry under key, if there is one.
func (d *data) drop(key string) {
	if e, ok := d.entries[key]; ok {
		delete(d.entries, key)
		d.onRemoved(e.native)
	}
}

// begin takes the lock, which the caller releases, if the operation may go on.
func (m *memory) begin(ctx context.Context, keys ...[]byte) error {
	if err := ctx.Err(); err != nil && !m.isClosed() {
		return err
	}
	for _, key := range keys {
		if err := m.CheckKey(key); err != nil {
			return err
		}
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return driver.ErrClosed
	}
	return nil
}

func (m *memory) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

func (m *memory) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, _, _, err := m.GetNative(ctx, key)
	return value, err
}

func (m *memory) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if err := m.begin(ctx, key); err != nil {
		return err
	}
	defer m.mu.Unlock()
	return m.put(key, entry{value: value}, ttl)
}

func (m *memory) Add(ctx context.Context, key, value []byte, ttl time.Duration) ([]byte, bool, error) {
	return m.addEntry(ctx, key, entry{value: value}, ttl)
}

func (m *memory) addEntry(ctx context.Context, key []byte, e entry, ttl time.Duration) ([]byte, bool, error) {
	if err := m.begin(ctx, key); err != nil {
		return nil, false, err
	}
	defer m.mu.Unlock()
	there, err := m.live(key)
	if err == driver.ErrNotFound {
		err = m.put(key, e, ttl)
		return nil, err == nil, err
	}
	return head(there), false, err
}

func (m *memory) Touch(ctx context.Context, key []byte, ttl time.Duration) ([]byte, error) {
	if err := m.begin(ctx, key); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	if err != nil {
		return nil, err
	}
	return head(e), m.put(key, e, ttl)
}

func (m *memory) Delete(ctx context.Context, key []byte) ([]byte, bool, error) {
	if err := m.begin(ctx, key); err != nil {
		return nil, false, err
	}
	defer m.mu.Unlock()
	e, err := m.live(key)
	m.drop(string(key))
	return head(e), err != driver.ErrNotFound, nil
}

func (m *memory) Clear(ctx context.Context, ns driver.Namespace) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for key := range m.entries {
		if ns.Contains([]byte(key)) {
			m.drop(key)
		}
	}
	return nil
}

func (m *memory) Shutdown(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// head returns a copy of the head of e.
func head(e entry) []byte {
	return bytes.Clone(e.value[:min(len(e.value), driver.HeadSize)])
}
