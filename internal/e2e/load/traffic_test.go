package load_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
)

// memory returns a cache in memory, where nothing fails.
func memory(t *testing.T) cache.Cache {
	t.Helper()
	h, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h.Proxy("default")
}

func TestACacheThatIsRightPasses(t *testing.T) {
	traffic := load.Start(t, memory(t), load.Options{Pace: time.Millisecond})
	traffic.Until(t, load.Recovered(2000))
	report := traffic.Stop()
	if report.Hits == 0 || report.Misses == 0 || report.Errors != 0 {
		t.Error(report.Counts)
	}
}

// recorder is the test of a cache that is wrong: what fails it is the point.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (r *recorder) Error(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, args[0].(string))
}

func (r *recorder) Helper()    {}
func (r *recorder) Log(...any) {}

// broken is a cache that is wrong in one way, from now and then.
type broken struct {
	cache.Cache
	calls atomic.Int64

	get  func(key string, value []byte, found bool) ([]byte, bool, error)
	set  func(ctx context.Context, key string, value []byte) (done bool, err error)
	add  func(added bool) bool
	incr func(n int64) int64
}

// turn reports whether it is the time to be wrong.
func (b *broken) turn() bool { return b.calls.Add(1)%50 == 0 }

func (b *broken) GetBytes(ctx context.Context, key string, opts ...cache.Option) ([]byte, bool, error) {
	value, found, err := b.Cache.GetBytes(ctx, key, opts...)
	if b.get != nil && err == nil && found && b.turn() {
		return b.get(key, value, found)
	}
	return value, found, err
}

func (b *broken) SetBytes(ctx context.Context, key string, value []byte, opts ...cache.Option) error {
	if b.set != nil && b.turn() {
		if done, err := b.set(ctx, key, value); done {
			return err
		}
	}
	return b.Cache.SetBytes(ctx, key, value, opts...)
}

func (b *broken) Add(ctx context.Context, key string, value any, opts ...cache.Option) (bool, error) {
	added, err := b.Cache.Add(ctx, key, value, opts...)
	if _, counter := value.(int); b.add != nil && err == nil && !counter {
		added = b.add(added)
	}
	return added, err
}

func (b *broken) Incr(ctx context.Context, key string, delta int64, opts ...cache.Option) (int64, error) {
	n, err := b.Cache.Incr(ctx, key, delta, opts...)
	if b.incr != nil && err == nil && b.turn() {
		n = b.incr(n)
	}
	return n, err
}

func TestACacheThatIsWrongIsFoundOut(t *testing.T) {
	outage := &cache.Error{Op: "Set", Alias: "default", Err: context.DeadlineExceeded}
	for name, test := range map[string]struct {
		want    string
		breakIt func(b *broken)
	}{
		"another key's value": {want: "a value that is not the key's", breakIt: func(b *broken) {
			b.get = func(_ string, value []byte, _ bool) ([]byte, bool, error) {
				return append([]byte("other"), value...), true, nil
			}
		}},
		"half a value": {want: "a damaged value", breakIt: func(b *broken) {
			b.get = func(_ string, value []byte, _ bool) ([]byte, bool, error) {
				return value[:len(value)/2], true, nil
			}
		}},
		"a value of the future": {want: "was never stored", breakIt: func(b *broken) {
			b.get = func(key string, _ []byte, _ bool) ([]byte, bool, error) {
				return load.MakeValue(key, 1_000_000), true, nil
			}
		}},
		"a hit that is a miss": {want: "missed after number", breakIt: func(b *broken) {
			b.get = func(string, []byte, bool) ([]byte, bool, error) { return nil, false, nil }
		}},
		"a write that is not done": {want: "after number", breakIt: func(b *broken) {
			b.set = func(context.Context, string, []byte) (bool, error) { return true, nil }
		}},
		"a write that is done later": {want: "found number", breakIt: func(b *broken) {
			var mu sync.Mutex
			held := make(map[string][]byte)
			b.set = func(ctx context.Context, key string, value []byte) (bool, error) {
				mu.Lock()
				defer mu.Unlock()
				if old := held[key]; old != nil {
					delete(held, key)
					return true, b.Cache.SetBytes(ctx, key, old)
				}
				held[key] = value
				return true, outage
			}
		}},
		"an Add that is not done": {want: "missed after number", breakIt: func(b *broken) {
			b.add = func(bool) bool { return true }
		}},
		"an Add that is denied": {want: "was never stored", breakIt: func(b *broken) {
			b.add = func(bool) bool { return false }
		}},
		"a count that goes back": {want: "counted to 1 ", breakIt: func(b *broken) {
			b.incr = func(int64) int64 { return 1 }
		}},
		"a count that is too high": {want: "counted to 1000000 after", breakIt: func(b *broken) {
			b.incr = func(int64) int64 { return 1_000_000 }
		}},
		"an error of no kind": {want: "an error that is not documented", breakIt: func(b *broken) {
			b.set = func(context.Context, string, []byte) (bool, error) { return true, errors.New("odd") }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &broken{Cache: memory(t)}
			test.breakIt(b)
			rec := &recorder{TB: t}
			traffic := load.Start(rec, b, load.Options{Workers: 4, Keys: 1, Pace: time.Millisecond})
			traffic.Until(t, func(c load.Counts) bool {
				found := strings.Contains(strings.Join(traffic.Report().Wrong, "\n"), test.want)
				return found || c.OK+c.Errors >= 50_000
			})
			traffic.Stop()
			if text := strings.Join(rec.errors, "\n"); !strings.Contains(text, test.want) {
				t.Errorf("want %q, got %.2000q", test.want, text)
			}
		})
	}
}
