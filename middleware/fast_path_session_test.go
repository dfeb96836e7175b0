package middleware_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/middleware"
)

// buffering is a store of bytes. What a request writes is stored when it is over, and
// it alone sees it before.
type buffering struct{ driver.Store }

func (s buffering) OpenSession(context.Context) (driver.Store, error) {
	return &bufferingSession{Store: s.Store, written: make(map[string][]byte)}, nil
}

type bufferingSession struct {
	driver.Store
	mu      sync.Mutex
	written map[string][]byte
}

func (s *bufferingSession) Get(ctx context.Context, key []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, ok := s.written[string(key)]; ok {
		return value, nil
	}
	return s.Store.Get(ctx, key)
}

func (s *bufferingSession) Set(_ context.Context, key, value []byte, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written[string(key)] = append([]byte(nil), value...)
	return nil
}

func (s *bufferingSession) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range s.written {
		if err := s.Store.Set(ctx, []byte(key), value, ttl); err != nil {
			return err
		}
	}
	clear(s.written)
	return nil
}

// A request that has purged a page does not get it from the fast path.
func TestAMemoizedPageIsNotForTheRequestThatHasPurgedIt(t *testing.T) {
	runs := answering("page")
	page := middleware.CachePage(ttl)(runs)
	h := within(newCaches(t, withStore(func() (driver.Store, error) {
		s, err := memstore.New(memstore.Options{})
		return buffering{bytesOnly{s}}, err
	})), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Purge") != "" {
			if err := plainPages.Purge(r.Context(), "http://example.com/"); err != nil {
				t.Error(err)
			}
		}
		page.ServeHTTP(w, r)
	}))
	for range 4 {
		ask(h, "/").wantBody(t, "page")
	}
	if n := runs.runs.Load(); n != 1 {
		t.Fatalf("the handler has run %d times", n)
	}
	if a := ask(h, "/", "X-Purge: 1"); a.isHit() {
		t.Errorf("who has purged it gets %q, %s", a.body, a.cacheStatus())
	}
}
