package cache

import (
	"context"
	"time"

	"github.com/larder-go/larder/cache/driver"
)

// unopenedStore stands for a store that could not be opened, where that must not
// be the end of an operation: all its methods fail as the opening did.
type unopenedStore struct{ err error }

func (s unopenedStore) Get(context.Context, []byte) ([]byte, error) { return nil, s.err }

func (s unopenedStore) Set(context.Context, []byte, []byte, time.Duration) error { return s.err }

func (s unopenedStore) Add(context.Context, []byte, []byte, time.Duration) ([]byte, bool, error) {
	return nil, false, s.err
}

func (s unopenedStore) Touch(context.Context, []byte, time.Duration) ([]byte, error) {
	return nil, s.err
}

func (s unopenedStore) Delete(context.Context, []byte) ([]byte, bool, error) {
	return nil, false, s.err
}

func (s unopenedStore) Clear(context.Context, driver.Namespace) error { return s.err }

func (s unopenedStore) Incr(context.Context, []byte, int64) (int64, error) { return 0, s.err }

func (s unopenedStore) Invalidate(context.Context, driver.Invalidation) error { return s.err }

func (s unopenedStore) InvalidatesAtOnce() bool { return true }

func (s unopenedStore) Shutdown(context.Context) error { return nil }
