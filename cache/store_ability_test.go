package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// The types of this file are the optional abilities of a mapStore, each by
// itself. A store with several embeds several.

type withCounter struct{ s *mapStore }

var _ driver.Counter = withCounter{}

func (w withCounter) Incr(ctx context.Context, key []byte, delta int64) (int64, error) {
	if err := w.s.enter(ctx, "Incr", key); err != nil {
		return 0, err
	}
	defer w.s.mu.Unlock()
	e, ok := w.s.find(key)
	if !ok {
		return 0, driver.ErrNotFound
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
	w.s.entries[string(key)] = e
	return sum, nil
}

type withReplacer struct{ s *mapStore }

var _ driver.Replacer = withReplacer{}

func (w withReplacer) Replace(ctx context.Context, key, old, value []byte, ttl time.Duration) (bool, error) {
	if err := w.s.enter(ctx, "Replace", key); err != nil {
		return false, err
	}
	defer w.s.mu.Unlock()
	e, ok := w.s.find(key)
	if !ok || e.isNative || !bytes.Equal(e.value, old) {
		return false, nil
	}
	w.s.put(key, bytesEntry(value), ttl)
	return true, nil
}

type withHeadReplacer struct{ s *mapStore }

var _ driver.HeadReplacer = withHeadReplacer{}

func (w withHeadReplacer) ReplaceHead(ctx context.Context, key, head, value []byte, ttl time.Duration) (bool, error) {
	if err := w.s.enter(ctx, "ReplaceHead", key); err != nil {
		return false, err
	}
	defer w.s.mu.Unlock()
	e, ok := w.s.find(key)
	if !ok || e.isNative || len(head) != driver.HeadSize || !bytes.HasPrefix(e.value, head) {
		return false, nil
	}
	w.s.put(key, bytesEntry(value), ttl)
	return true, nil
}

type withPeeker struct{ s *mapStore }

var _ driver.Peeker = withPeeker{}

func (w withPeeker) Peek(ctx context.Context, key []byte) ([]byte, error) {
	if err := w.s.enter(ctx, "Peek", key); err != nil {
		return nil, err
	}
	defer w.s.mu.Unlock()
	e, ok := w.s.find(key)
	if !ok {
		return nil, driver.ErrNotFound
	}
	return bytes.Clone(e.value[:min(len(e.value), driver.HeadSize)]), nil
}

type withExpirer struct{ s *mapStore }

var _ driver.Expirer = withExpirer{}

func (w withExpirer) TTL(ctx context.Context, key []byte) (time.Duration, error) {
	if err := w.s.enter(ctx, "TTL", key); err != nil {
		return 0, err
	}
	defer w.s.mu.Unlock()
	e, ok := w.s.find(key)
	switch {
	case !ok:
		return 0, driver.ErrNotFound
	case e.expires.IsZero():
		return driver.Never, nil
	}
	return e.expires.Sub(w.s.clock.Now()), nil
}

type withMany struct{ s *mapStore }

var _ driver.Many = withMany{}

func (w withMany) GetMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	if err := w.s.enter(ctx, "GetMany", bytes.Join(keys, []byte(" "))); err != nil {
		return nil, err
	}
	defer w.s.mu.Unlock()
	values := make([][]byte, len(keys))
	for i, key := range keys {
		if e, ok := w.s.find(key); ok {
			values[i] = append([]byte{}, e.value...)
		}
	}
	return values, nil
}

func (w withMany) SetMany(ctx context.Context, items []driver.Item, ttl time.Duration) ([]error, error) {
	if err := w.s.enter(ctx, "SetMany", nil); err != nil {
		return nil, err
	}
	defer w.s.mu.Unlock()
	for _, item := range items {
		w.s.put(item.Key, bytesEntry(item.Value), ttl)
	}
	return nil, nil
}

func (w withMany) DeleteMany(ctx context.Context, keys [][]byte) error {
	if err := w.s.enter(ctx, "DeleteMany", bytes.Join(keys, []byte(" "))); err != nil {
		return err
	}
	defer w.s.mu.Unlock()
	for _, key := range keys {
		delete(w.s.entries, string(key))
	}
	return nil
}

// withNative keeps Go values. If bounded, it asks for their sizes.
type withNative struct {
	s         *mapStore
	byDefault bool
	bounded   bool
}

var _ driver.Native = withNative{}

func (w withNative) GetNative(ctx context.Context, key []byte) (value []byte, native any, isNative bool, err error) {
	if err := w.s.enter(ctx, "GetNative", key); err != nil {
		return nil, nil, false, err
	}
	defer w.s.mu.Unlock()
	e, ok := w.s.find(key)
	if !ok {
		return nil, nil, false, driver.ErrNotFound
	}
	return bytes.Clone(e.value), e.native, e.isNative, nil
}

func (w withNative) SetNative(ctx context.Context, key []byte, native any, _ int64, ttl time.Duration) error {
	if err := w.s.enter(ctx, "SetNative", key); err != nil {
		return err
	}
	defer w.s.mu.Unlock()
	w.s.put(key, mapEntry{native: native, isNative: true}, ttl)
	return nil
}

func (w withNative) AddNative(ctx context.Context, key []byte, native any, _ int64, ttl time.Duration) (bool, error) {
	if err := w.s.enter(ctx, "AddNative", key); err != nil {
		return false, err
	}
	defer w.s.mu.Unlock()
	_, added, err := w.s.addEntry(key, mapEntry{native: native, isNative: true}, ttl)
	return added, err
}

func (w withNative) NativeByDefault() bool { return w.byDefault }
func (w withNative) BoundedByBytes() bool  { return w.bounded }

// withKeyChecker refuses keys with blanks.
type withKeyChecker struct{ s *mapStore }

var _ driver.KeyChecker = withKeyChecker{}

func (withKeyChecker) CheckKey(key []byte) error {
	if bytes.ContainsRune(key, ' ') {
		return fmt.Errorf("%w: it contains a blank", driver.ErrInvalidKey)
	}
	return nil
}

// withSessions gives each request a session: the store itself, except for the
// operations that the session counts and its own end.
type withSessions struct{ s *mapStore }

var _ driver.Sessions = withSessions{}

func (w withSessions) OpenSession(ctx context.Context) (driver.Store, error) {
	if err := w.s.enter(ctx, "OpenSession", nil); err != nil {
		return nil, err
	}
	defer w.s.mu.Unlock()
	session := &sessionStore{mapStore: w.s}
	w.s.sessions = append(w.s.sessions, session)
	return session, nil
}

// sessionStore is the store of one request.
type sessionStore struct {
	*mapStore
	shutdowns int // guarded by the store's mu
}

var errSessionEnded = errors.New("the session has ended")

func (s *sessionStore) Get(ctx context.Context, key []byte) ([]byte, error) {
	if s.ended() {
		return nil, errSessionEnded
	}
	return s.mapStore.Get(ctx, key)
}

func (s *sessionStore) Set(ctx context.Context, key, value []byte, ttl time.Duration) error {
	if s.ended() {
		return errSessionEnded
	}
	return s.mapStore.Set(ctx, key, value, ttl)
}

func (s *sessionStore) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shutdowns > 0
}

func (s *sessionStore) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.shutdowns++
	s.mu.Unlock()
	if s.hook != nil {
		return s.hook(ctx, "session.Shutdown", "")
	}
	return nil
}

// withAsync runs each operation in a goroutine.
type withAsync struct{ s *mapStore }

var _ driver.Async = withAsync{}

func (w withAsync) Start(ctx context.Context, op driver.Op, done func(driver.Result)) {
	w.s.mu.Lock()
	w.s.calls["Start"]++
	w.s.mu.Unlock()
	go func() { done(w.run(ctx, op)) }()
}

func (w withAsync) run(ctx context.Context, op driver.Op) (r driver.Result) {
	switch op.Kind {
	case driver.OpGet:
		r.Value, r.Err = w.s.Get(ctx, op.Key)
	case driver.OpSet:
		r.Err = w.s.Set(ctx, op.Key, op.Value, op.TTL)
	case driver.OpAdd:
		r.Value, r.OK, r.Err = w.s.Add(ctx, op.Key, op.Value, op.TTL)
	case driver.OpTouch:
		r.Value, r.Err = w.s.Touch(ctx, op.Key, op.TTL)
	case driver.OpDelete:
		r.Value, r.OK, r.Err = w.s.Delete(ctx, op.Key)
	case driver.OpIncr:
		r.N, r.Err = withCounter(w).Incr(ctx, op.Key, op.Delta)
	}
	return r
}

// withInvalidator is a store that invalidates in one step.
type withInvalidator struct{ s *mapStore }

func (i withInvalidator) InvalidatesAtOnce() bool { return true }

func (i withInvalidator) Invalidate(ctx context.Context, inv driver.Invalidation) error {
	s := i.s
	if err := s.enter(ctx, "Invalidate", inv.Count); err != nil {
		return err
	}
	defer s.mu.Unlock()
	text := ""
	if e, ok := s.find(inv.Count); ok {
		count, isCount := driver.ParseCount(string(e.value))
		if !isCount {
			return driver.ErrNotInteger
		}
		count.Number++
		text = count.String()
		e.value = []byte(text)
		s.entries[string(inv.Count)] = e
	}
	for _, key := range inv.Records {
		if e, ok := s.find(key); ok {
			e.value = inv.Record(e.value, text)
			s.entries[string(key)] = e
		}
	}
	return nil
}
