package acceptance_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

func init() {
	roles["idle, entries that expire"] = idleAfter(useCache(cache.After(time.Hour)))
	roles["idle, entries for ever"] = idleAfter(useCache(cache.Never))
	roles["idle, pages"] = idleAfter(visitPage)
}

// A memory cache wakes an idle program at most once a second, to sweep what has
// expired, and not at all while no entry expires. Here the threads are counted
// that go on: a few for each wake-up, and those of the runtime and of the
// counting itself. A timer that ticks every few milliseconds is many hundreds.
func TestAnIdleProgramIsNotWokenByItsMemoryCache(t *testing.T) {
	const atMost = 150
	for _, name := range []string{"idle, entries that expire", "idle, pages", "idle, entries for ever"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			woken := inAnotherProcess(t, name, "memory://").Woken
			t.Logf("woken %d times in %v", woken, idleTime)
			if woken > atMost {
				t.Errorf("the threads of an idle program were woken %d times in %v, want at most %d", woken, idleTime, atMost)
			}
		})
	}
}

// idleTime is how long a program is watched that does nothing.
const idleTime = 3 * time.Second

// idleAfter uses a cache so much that all timers run that ever do, and then
// nothing. It reports how often threads were woken meanwhile.
func idleAfter(use func(context.Context, cache.Cache) error) role {
	return func(ctx context.Context, c cache.Cache) (r report, err error) {
		if err := use(ctx, c); err != nil {
			return r, err
		}
		time.Sleep(time.Second) // until what goes on for a moment after use has ended
		before, err := wakeUps()
		if err != nil {
			return r, err
		}
		time.Sleep(idleTime)
		after, err := wakeUps()
		r.Woken = after - before
		return r, err
	}
}

const muchUse = 50_000

func useCache(timeout cache.Timeout) func(context.Context, cache.Cache) error {
	return func(ctx context.Context, c cache.Cache) error {
		// What expired or was deleted leaves nothing to wake up for.
		for key, ttl := range map[string]cache.Timeout{"deleted": cache.After(time.Hour), "expired": cache.After(time.Millisecond), "key": timeout} {
			if err := c.SetBytes(ctx, key, []byte("value"), ttl); err != nil {
				return err
			}
		}
		if _, err := c.Delete(ctx, "deleted"); err != nil {
			return err
		}
		for range muchUse {
			if _, _, err := c.GetBytes(ctx, "key"); err != nil {
				return err
			}
		}
		return nil
	}
}

func visitPage(ctx context.Context, _ cache.Cache) error {
	h, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: {Backend: "memory"}})
	if err != nil {
		return err
	}
	page := middleware.CachePage(time.Hour)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("page"))
	}))
	page = middleware.Lifecycle(middleware.WithCaches(h))(page)
	for range muchUse {
		page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	}
	return nil
}

// wakeUps returns how often the threads of this process have gone on after
// they had nothing to do.
func wakeUps() (n int, err error) {
	files, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		return 0, err
	}
	for _, name := range files {
		status, err := os.ReadFile(name)
		if err != nil {
			return 0, err
		}
		const field = "\nvoluntary_ctxt_switches:"
		_, after, _ := bytes.Cut(status, []byte(field))
		var switches int
		if _, err := fmt.Fscan(bytes.NewReader(after), &switches); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		n += switches
	}
	return n, nil
}
