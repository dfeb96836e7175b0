package acceptance_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	_ "github.com/larder-go/larder/backends/filestore"
	_ "github.com/larder-go/larder/backends/memcachestore"
	_ "github.com/larder-go/larder/backends/memstore"
	"github.com/larder-go/larder/backends/pgstore"
	_ "github.com/larder-go/larder/backends/redisstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/internal/testserver"
)

// backend is one of those that settings can name.
type backend struct {
	name    string
	private bool // to a process: no other finds its entries

	// unsigned says that it counts from 0, and notices after the fact that
	// others have counted past the end meanwhile; see package memcachestore.
	unsigned bool

	// fresh returns the URL of a place that is empty and no other test's.
	fresh func(t *testing.T) string
}

var backends = []backend{
	{name: "memory", private: true, fresh: func(*testing.T) string { return "memory://" }},
	{name: "file", fresh: func(t *testing.T) string { return "file://" + t.TempDir() + "/cache" }},
	{name: "redis", fresh: func(t *testing.T) string { return "redis://" + testserver.StartRedis(t).Addr() }},
	{name: "memcached", unsigned: true, fresh: func(t *testing.T) string {
		return "memcached://" + testserver.StartMemcached(t).Addr() + "?io_timeout=10s"
	}},
	{name: "postgres", fresh: newTable},
}

// onEach runs a test on every backend.
func onEach(t *testing.T, test func(t *testing.T, b backend)) { on(t, backends, test) }

// onEachShared runs a test on every backend that processes can share.
func onEachShared(t *testing.T, test func(t *testing.T, b backend)) {
	on(t, slices.DeleteFunc(slices.Clone(backends), func(b backend) bool { return b.private }), test)
}

func on(t *testing.T, backends []backend, test func(t *testing.T, b backend)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

// newTable returns the URL of a table that is dropped when the test ends.
func newTable(t *testing.T) string {
	server, err := url.Parse(testserver.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	opts := pgstore.Options{URL: server.String(), Table: "acceptance_" + strings.ToLower(rand.Text())}
	if _, err := pgstore.CreateTable(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(opts); err != nil {
			t.Error(err)
		}
	})
	return withParameter(server.String(), "table", opts.Table)
}

func drop(opts pgstore.Options) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, opts.URL)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DROP TABLE "+pgx.Identifier{opts.Table}.Sanitize())
	return errors.Join(err, conn.Close(ctx))
}

// withParameter adds a parameter to a URL that may have some.
func withParameter(address, name, value string) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + url.Values{name: {value}}.Encode()
}

// parse reads a URL, with a prefix of the test's own.
func parse(address string) (cache.Config, error) {
	return cache.ParseURL(withParameter(address, "prefix", "acceptance"))
}

// open returns the cache at a URL.
func open(t *testing.T, address string) *cache.BaseCache {
	t.Helper()
	return openHandler(t, settingsOf(t, address))[cache.DefaultAlias]
}

func settingsOf(t *testing.T, address string) cache.Settings {
	t.Helper()
	config, err := parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return cache.Settings{cache.DefaultAlias: config}
}

// openHandler opens the caches of settings, which are shut down when the test
// ends, and returns them by alias. Events go to the receivers.
func openHandler(t *testing.T, settings cache.Settings, receivers ...receiver) map[string]*cache.BaseCache {
	t.Helper()
	h, err := cache.NewHandler(settings, cache.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	for _, r := range receivers {
		t.Cleanup(h.Events().Connect(r))
	}
	caches := make(map[string]*cache.BaseCache)
	for _, alias := range h.Aliases() {
		if caches[alias], err = h.Cache(alias); err != nil {
			t.Fatal(err)
		}
	}
	return caches
}

// receiver is told of what caches do.
type receiver = func(context.Context, any, cache.Event) error
