package memcachestore

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/keys"
)

// maxKey is the length in bytes of the longest key that Memcached takes.
const maxKey = 250

// CheckKey implements [driver.KeyChecker]. Memcached takes keys of at most 250
// bytes without blanks and control characters; those that begin with
// "larder-epoch:" are the store's own.
func (s *Store) CheckKey(key []byte) error { return checkKey(key) }

func checkKey(key []byte) error {
	if len(key) == 0 || len(key) > maxKey {
		return fmt.Errorf("%w: it has %d bytes, and Memcached takes 1 to %d", driver.ErrInvalidKey, len(key), maxKey)
	}
	if keys.HasControlOrBlank(key) {
		i := slices.IndexFunc(key, keys.IsControlOrBlank)
		return fmt.Errorf("%w: byte %#02x at place %d: Memcached takes no blanks and control characters", driver.ErrInvalidKey, key[i], i)
	}
	if bytes.HasPrefix(key, []byte(epochKeyPrefix)) {
		return fmt.Errorf("%w: keys that begin with %q are the store's own", driver.ErrInvalidKey, epochKeyPrefix)
	}
	return nil
}
