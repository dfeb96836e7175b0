package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/testserver"
	"github.com/larder-go/larder/middleware"
	"github.com/larder-go/larder/signals"
)

// site serves pages that say their path, and counts how often they are made.
type site struct {
	url  string
	made atomic.Int64
}

func newSite(t *testing.T, url string) *site {
	t.Helper()
	logger := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // CachePage tells it that the cache fails
	t.Cleanup(func() { slog.SetDefault(logger) })
	s := new(site)
	h := newHandler(t, url)
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.made.Add(1)
		fmt.Fprintf(w, "page %s", r.URL.Path)
	})
	lifecycle := middleware.Lifecycle(middleware.WithCaches(h), middleware.WithBus(new(signals.Bus)))
	server := httptest.NewServer(lifecycle(middleware.CachePage(time.Hour)(page)))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// visit gets a page, checks it, and returns what Cache-Status says of it.
func (s *site) visit(ctx context.Context, path string) (status string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || string(body) != "page "+path) {
		err = fmt.Errorf("%s: status %d, body %q", path, response.StatusCode, body)
	}
	return response.Header.Get("Cache-Status"), err
}

// wantCached visits a page until it comes from the cache.
func (s *site) wantCached(t *testing.T, path string) {
	t.Helper()
	testserver.Await(t, func(ctx context.Context) error {
		status, err := s.visit(ctx, path)
		if err == nil && !strings.HasPrefix(status, "larder; hit") {
			err = errors.New(status)
		}
		return err
	})
}

// visitMany visits a few pages, from several clients so many times each.
func (s *site) visitMany(t *testing.T, times int) {
	t.Helper()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range times {
				if _, err := s.visit(t.Context(), fmt.Sprintf("/%d", i%5)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestPagesAreServedThroughAnOutageAndCachedAgainAfterIt(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		t.Cleanup(http.DefaultClient.CloseIdleConnections)
		for _, options := range []string{"", "&on_error=miss", "&breaker_failures=3&breaker_cooldown=10ms"} {
			s := newSite(t, b.url+options)
			s.visitMany(t, 30)
			s.wantCached(t, "/0")
			b.server.Kill()
			before := s.made.Load()
			s.visitMany(t, 30)
			if s.made.Load() == before {
				t.Error("pages come from a server that is dead")
			}
			b.restart(t)
			s.wantCached(t, "/0")
		}
	})
}

func TestNoPageIsEverDamagedByACutReply(t *testing.T) {
	everyBackend(t, func(t *testing.T, b *backend) {
		t.Cleanup(http.DefaultClient.CloseIdleConnections)
		s := newSite(t, b.url)
		for _, bytes := range []int64{100, 700, 3000} {
			b.proxy.CutReplies(bytes)
			s.visitMany(t, 10)
			b.proxy.Heal()
			s.visitMany(t, 10)
		}
		s.wantCached(t, "/0")
	})
}
