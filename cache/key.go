package cache

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/keys"
)

// KeyFunc makes the final key from an alias's prefix, a version and the
// caller's key. It must give different keys for different input, none of them
// empty, and be the same in all programs that share a backend.
//
// Clear needs to recognise the keys of an alias. If they do not begin with
// prefix:version: as those of [DefaultKey] do, Clear is ErrUnsupported, except on a
// backend that knows the namespace of each key by itself ([driver.Namespacer]), such
// as Memcached.
type KeyFunc func(prefix string, version int, key string) string

// DefaultKey is prefix:version:key, as in Django, so that key "foo" without a
// prefix is ":1:foo". The form is ambiguous: prefix "a:1" with key "b" gives
// what prefix "a" with key "1:b" gives. [Handler.Check] refuses two aliases with
// one location whose prefixes can collide.
func DefaultKey(prefix string, version int, key string) string {
	return string(appendDefaultKey(nil, prefix, version, key))
}

func appendDefaultKey(dst []byte, prefix string, version int, key string) []byte {
	dst = append(dst, prefix...)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, int64(version), 10)
	dst = append(dst, ':')
	return append(dst, key...)
}

var keyFuncs = struct {
	sync.RWMutex
	byName map[string]KeyFunc
}{byName: map[string]KeyFunc{defaultKeyName: DefaultKey}}

// defaultKeyName is what settings call DefaultKey.
const defaultKeyName = "default"

// RegisterKeyFunc makes f available to settings in JSON and URLs as name. It
// panics if name is taken or f is nil.
func RegisterKeyFunc(name string, f KeyFunc) {
	keyFuncs.Lock()
	defer keyFuncs.Unlock()
	if f == nil {
		panic("larder: RegisterKeyFunc: nil function for " + strconv.Quote(name))
	}
	if _, taken := keyFuncs.byName[name]; taken {
		panic("larder: RegisterKeyFunc: " + strconv.Quote(name) + " is registered twice")
	}
	keyFuncs.byName[name] = f
}

func lookupKeyFunc(name string) (KeyFunc, bool) {
	keyFuncs.RLock()
	defer keyFuncs.RUnlock()
	f, ok := keyFuncs.byName[name]
	return f, ok
}

// keepsPrefix reports whether f keeps its keys in the namespace of their
// prefix. It tries keys of the kinds that functions treat differently.
func keepsPrefix(f KeyFunc, prefix string) bool {
	ns := driver.Namespace{Prefix: prefix}
	for _, key := range []string{"k", "a b\x00c", "é", strings.Repeat("long", 100), "1:2:3"} {
		for _, version := range []int{0, 1, 12} {
			if !ns.Contains([]byte(f(prefix, version, key))) {
				return false
			}
		}
	}
	return true
}

// MakeKey returns the final key of key, as operations with the same options use it:
// for the version and with the prefix of the alias. It may open the backend. A key
// that the backend cannot take is ErrInvalidKey; the other errors are those of any
// operation, such as ErrInvalidVersion and ErrOpenFailed. To check a key for all
// backends, see [ValidateKey].
func (c *BaseCache) MakeKey(ctx context.Context, key string, opts ...Option) (string, error) {
	var o options
	_, k, err := c.start(ctx, "MakeKey", key, opts, &o)
	if err != nil {
		return "", err
	}
	defer k.release()
	return string(k.b), nil
}

// ValidateKey returns an error that matches ErrInvalidKey, and says why, unless a final
// key works on every backend, Memcached included. See [BaseCache.MakeKey].
func ValidateKey(final string) error {
	if final == "" {
		return fmt.Errorf("%w: it is empty", ErrInvalidKey)
	}
	if len(final) > MaxKeyLength {
		return fmt.Errorf("%w: it has %d bytes, and Memcached takes %d", ErrInvalidKey, len(final), MaxKeyLength)
	}
	if problem := keyProblem([]byte(final)); problem != "" {
		return fmt.Errorf("%w: %s", ErrInvalidKey, problem)
	}
	return nil
}

// keyBuffer is a buffer for a final key. Stores do not keep the keys that they
// are passed, so buffers are reused.
type keyBuffer struct{ b []byte }

// maxPooledKey bounds the memory that a few very long keys leave behind.
const maxPooledKey = 4096

var keyBuffers = sync.Pool{New: func() any { return &keyBuffer{b: make([]byte, 0, 256)} }}

func (k *keyBuffer) release() {
	if cap(k.b) <= maxPooledKey {
		keyBuffers.Put(k)
	}
}

// errEmptyKey reports what stores are never given.
var errEmptyKey = fmt.Errorf("%w: the KeyFunc made an empty one", ErrInvalidKey)

// key makes and checks the final key. The caller releases it.
func (a *alias) key(ctx context.Context, st *opened, version int, key string) (*keyBuffer, error) {
	k := keyBuffers.Get().(*keyBuffer)
	k.b = a.appendKey(k.b[:0], version, key)
	if st.keyChecker == nil && isPlain(k.b) {
		return k, nil
	}
	if err := a.checkKey(ctx, st, key, k.b); err != nil {
		k.release()
		return nil, err
	}
	return k, nil
}

func (a *alias) appendKey(dst []byte, version int, key string) []byte {
	if version != a.version || a.keyFunc != nil {
		return a.appendOtherKey(dst, version, key)
	}
	return append(append(dst, a.keyStart...), key...)
}

// appendOtherKey is appendKey for keys that do not begin with keyStart.
func (a *alias) appendOtherKey(dst []byte, version int, key string) []byte {
	if a.keyFunc == nil {
		return appendDefaultKey(dst, a.prefix, version, key)
	}
	return append(dst, a.keyFunc(a.prefix, version, key)...)
}

// checkKey returns an error if the store cannot take the final key of key, and
// warns if another could not.
func (a *alias) checkKey(ctx context.Context, st *opened, key string, final []byte) error {
	if len(final) == 0 {
		return errEmptyKey
	}
	if st.keyChecker != nil {
		return st.keyChecker.CheckKey(final)
	}
	if !isPlain(final) {
		if problem := keyProblem(final); problem != "" {
			a.keyWarnings.warn(ctx, a.logger, a.handler.keyWarningLevel, a.name, key, problem)
		}
	}
	return nil
}

// MaxKeyLength is how many bytes a final key may have before larder warns that
// Memcached would refuse it.
const MaxKeyLength = 250

// isPlain reports whether a final key works on every backend, by quick checks that may
// reject keys which do work.
func isPlain(key []byte) bool {
	return len(key) > 0 && len(key) <= MaxKeyLength && !keys.HasControlOrBlank(key)
}

// keyProblem says why a key would not work on every backend, or "".
func keyProblem(key []byte) string {
	if keys.HasControlOrBlank(key) {
		return "it contains a control character or a blank"
	}
	if len(key) > MaxKeyLength {
		return "it is longer than " + strconv.Itoa(MaxKeyLength) + " bytes"
	}
	return ""
}

// keyWarnings warns once for each shape of key, so that frequent use of one bad key does
// not fill the log.
type keyWarnings struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

// maxKeyShapes limits the shapes remembered, which clients may influence.
// After that many, another warning is of no use.
const maxKeyShapes = 100

func (w *keyWarnings) warn(ctx context.Context, logger *slog.Logger, level slog.Level, alias, key, problem string) {
	if !w.first(problem + keyShape(key)) {
		return
	}
	logger.Log(ctx, level, "larder: this cache key would be refused by Memcached", "alias", alias, "key", shortened(key), "problem", problem)
}

func (w *keyWarnings) first(shape string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, seen := w.seen[shape]; seen || len(w.seen) >= maxKeyShapes {
		return false
	}
	if w.seen == nil {
		w.seen = make(map[string]struct{})
	}
	w.seen[shape] = struct{}{}
	return true
}

// keyShape reduces a key to what its like have in common: its beginning, with
// each run of digits as one '#'.
func keyShape(key string) string {
	const most = 32
	shape := make([]byte, 0, most)
	for i := 0; i < len(key) && len(shape) < most; i++ {
		c := key[i]
		if '0' <= c && c <= '9' {
			if n := len(shape); n > 0 && shape[n-1] == '#' {
				continue
			}
			c = '#'
		}
		shape = append(shape, c)
	}
	return string(shape)
}
