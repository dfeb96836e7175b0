package memcachestore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

// target is a key within one operation: where it lives, and whose it is.
type target struct {
	*cluster
	key    string
	srv    *server
	spaces []*namespace
	began  time.Time // the operation
	recent time.Time // what a server has been asked for since then may be relied on
}

// init makes t, which is empty, the target for key within an operation on s that
// began at began. It copies the key.
func (t *target) init(s *Store, key []byte, began time.Time) {
	t.cluster, t.key, t.srv, t.spaces = s.cluster, string(key), s.servers[0], s.spaces
	t.began, t.recent = began, began.Add(-s.lag)
	if len(s.servers) > 1 {
		t.srv = s.servers[s.ring.pick(t.key)]
	}
	if t.spaces == nil {
		t.spaces = s.namespaces.of(t.key)
	}
}

// stale returns the namespaces of which the server was last asked before since.
func (t *target) stale(since time.Time) (stale []*namespace) {
	for _, n := range t.spaces {
		if n.on(t.srv).asked.Before(since) {
			stale = append(stale, n)
		}
	}
	return stale
}

// unsure returns the namespaces that have to be asked for before this
// operation may rely on them.
func (t *target) unsure() []*namespace { return t.stale(t.recent) }

// held returns the tag of a live entry by what is held.
func (t *target) held() uint32 {
	epochs := make([]epoch, 0, 1)
	for _, n := range t.spaces {
		epochs = append(epochs, n.on(t.srv).epoch)
	}
	return tagOf(epochs)
}

// tag returns the flags for a new entry.
func (t *target) tag(ctx context.Context) (uint32, error) {
	if unsure := t.unsure(); len(unsure) > 0 {
		if err := t.learn(ctx, t.srv, unsure); err != nil {
			return 0, err
		}
	}
	return t.held(), nil
}

// item returns a new entry.
func (t *target) item(ctx context.Context, value []byte, ttl time.Duration) (*memcache.Item, error) {
	tag, err := t.tag(ctx)
	if err != nil {
		return nil, err
	}
	return &memcache.Item{Key: t.key, Value: value, Flags: tag, Expiration: expiration(ttl, t.now)}, nil
}

// look returns the item under the key, dead or not, or nil. What the server
// has to be asked about namespaces goes into the same request.
func (t *target) look(ctx context.Context) (*memcache.Item, error) {
	unsure := t.unsure()
	if len(unsure) == 0 {
		item, err := t.srv.get(ctx, t.key)
		if errors.Is(err, memcache.ErrCacheMiss) {
			return nil, nil
		}
		return item, err
	}
	items, err := t.ask(ctx, t.srv, []string{t.key}, unsure)
	if err != nil {
		return nil, err
	}
	return items[t.key], nil
}

// isLive reports whether an item that the server has sent is an entry of the
// present epochs. If it is of others, either it is dead or what is held has
// been overtaken: the server is asked, unless that was done at since or later.
func (t *target) isLive(ctx context.Context, item *memcache.Item, since time.Time) (bool, error) {
	if len(t.unsure()) == 0 && item.Flags == t.held() {
		return true, nil
	}
	if stale := t.stale(since); len(stale) > 0 {
		if err := t.learn(ctx, t.srv, stale); err != nil {
			return false, err
		}
	}
	return item.Flags == t.held(), nil
}

// find returns the entry under the key, or driver.ErrNotFound.
func (t *target) find(ctx context.Context) (*memcache.Item, error) {
	item, err := t.look(ctx)
	if err != nil {
		return nil, err
	}
	if item == nil {
		return nil, driver.ErrNotFound
	}
	live, err := t.isLive(ctx, item, t.began)
	if err != nil {
		return nil, err
	}
	if !live {
		return nil, driver.ErrNotFound
	}
	return item, nil
}

// trimmed returns the value of an item without the blanks with which the server
// pads a number that was counted down to fewer digits.
func trimmed(value []byte) []byte {
	end := len(value)
	for end > 0 && value[end-1] == ' ' {
		end--
	}
	if end == len(value) || end == 0 || len(value) > maxPadded || slices.ContainsFunc(value[:end], isNotDigit) {
		return value
	}
	return value[:end:end]
}

// maxPadded is the length of the longest number that the server pads.
const maxPadded = 20

func isNotDigit(b byte) bool { return b < '0' || b > '9' }
