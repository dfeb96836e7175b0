package redisfaults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	_ "github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/e2e/load"
	"github.com/larder-go/larder/internal/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, load.OfProxy...) }

// poolSize is that of every cache here.
const poolSize = 6

// longTimeout is the time-out of a store that is to feel no fault, on a machine that
// is busy with other tests.
const longTimeout = "10s"

// options are those of a store that gives up soon. further are option and value
// in turn, and win.
func options(further ...any) map[string]any {
	opts := map[string]any{
		"pool_size":     poolSize,
		"dial_timeout":  "500ms",
		"read_timeout":  "500ms",
		"write_timeout": "500ms",
	}
	for i := 0; i < len(further); i += 2 {
		opts[further[i].(string)] = further[i+1]
	}
	return opts
}

// site is a program with one cache.
type site struct {
	cache.Cache
	handler *cache.Handler
	servers []*redis.Client // which count the connections
}

// newSite returns a program whose cache is opened by its first operation. The
// servers, given by their addresses, are those on which it must leave no
// connection.
func newSite(t *testing.T, cfg cache.Config, servers ...string) *site {
	t.Helper()
	h, err := cache.NewHandler(cache.Settings{"default": cfg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, h) })
	s := &site{Cache: h.Proxy("default"), handler: h}
	for _, addr := range servers {
		s.servers = append(s.servers, admin(t, addr))
	}
	return s
}

// open is newSite with the cache opened.
func open(t *testing.T, cfg cache.Config, servers ...string) *site {
	t.Helper()
	s := newSite(t, cfg, servers...)
	if err := s.handler.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func shutdown(t *testing.T, h *cache.Handler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// finish ends the traffic, and counts the connections before and after the
// shutdown of the cache.
func (s *site) finish(t *testing.T, traffic *load.Traffic) load.Report {
	t.Helper()
	report := traffic.Stop()
	s.awaitConnections(t, poolSize)
	shutdown(t, s.handler)
	s.awaitConnections(t, 0)
	return report
}

// awaitConnections waits until no server has more connections than most: it may
// notice late that one was closed.
func (s *site) awaitConnections(t *testing.T, most int) {
	t.Helper()
	for _, server := range s.servers {
		testserver.Await(t, func(ctx context.Context) error {
			list, err := connections(ctx, server)
			if err == nil && len(list) > most {
				err = fmt.Errorf("%s has %d connections, want at most %d:\n%s", server.Options().Addr, len(list), most, strings.Join(list, ""))
			}
			return err
		})
	}
}

// withoutError checks a report of traffic that should not have felt the fault.
func withoutError(t *testing.T, report load.Report) {
	t.Helper()
	if report.Errors > 0 {
		t.Errorf("%v %v", report.Counts, report.Examples)
	}
}

// connections returns what a server says of its ordinary clients, except for the
// test's own and for other servers.
func connections(ctx context.Context, server *redis.Client) ([]string, error) {
	text, err := server.Do(ctx, "client", "list", "type", "normal").Text()
	list := slices.Collect(strings.Lines(text))
	return slices.DeleteFunc(list, func(line string) bool {
		return slices.ContainsFunc(notCounted, func(mark string) bool { return strings.Contains(line, mark) })
	}), err
}

// notCounted marks connections of the test, of Sentinels, and of nodes of a
// cluster that have migrated keys.
var notCounted = []string{" name=admin ", " name=sentinel-", " cmd=restore-asking "}

// admin returns a client of the test's own.
func admin(t *testing.T, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr, ClientName: "admin"})
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// forms are the two ways in which operations reach a server.
func forms(t *testing.T, test func(t *testing.T, pipeline bool)) {
	for _, pipeline := range []bool{false, true} {
		t.Run(fmt.Sprintf("pipeline=%v", pipeline), func(t *testing.T) {
			load.Leaks(t)
			test(t, pipeline)
		})
	}
}
