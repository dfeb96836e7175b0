package memcachestore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// openURL opens a store as a handler does for a URL in its settings.
func openURL(tb testing.TB, url string) driver.Store {
	tb.Helper()
	cfg, err := cache.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	backend, ok := driver.DefaultRegistry.Lookup(cfg.Backend)
	if !ok {
		tb.Fatalf("no backend is registered as %s", cfg.Backend)
	}
	s, err := backend.Open(tb.Context(), driver.Config{Location: cfg.Location, Options: cfg.Options})
	if err != nil {
		tb.Fatalf("%s: %v", url, err)
	}
	return closing(tb, s.(*memcachestore.Store))
}

// A store can be opened by a URL.
func TestURLsOpenStores(t *testing.T) {
	one, two := testserver.StartMemcached(t).Addr(), testserver.StartMemcached(t).Addr()
	socket := testserver.StartMemcachedUnix(t).Addr()
	for _, url := range []string{
		"memcached://" + one + "?ping=true&io_timeout=10s",
		"memcached://?addrs=" + one + "," + two + "," + socket + "&ping=true&io_timeout=10&max_conns=4&max_idle=2&clear_lag=0",
		"memcached://" + socket + "?ping=true&io_timeout=10s",
	} {
		s := openURL(t, url)
		for _, key := range []string{":1:a", ":1:b", ":1:c", ":1:d"} {
			set(t, s, key, url)
			wantValue(t, s, key, url)
		}
	}
}

// Servers can be named in several forms in settings.
func TestSettingsNameServersInManyForms(t *testing.T) {
	for name, test := range map[string]struct {
		location string
		options  map[string]any
		want     string
	}{
		"nothing":             {"", nil, "127.0.0.1:11211"},
		"a scheme":            {"memcached:", nil, "127.0.0.1:11211"},
		"a host":              {"memcached://cache.local", nil, "cache.local:11211"},
		"a host and slash":    {"memcached://cache.local/", nil, "cache.local:11211"},
		"no scheme":           {"cache.local:1234", nil, "cache.local:1234"},
		"IPv6":                {"memcached://[::1]", nil, "[::1]:11211"},
		"IPv6 with a port":    {"memcached://[::1]:1234", nil, "[::1]:1234"},
		"IPv6 with a zone":    {"memcached://[fe80::1%25eth0]", nil, "[fe80::1%eth0]:11211"},
		"bare IPv6":           {"", map[string]any{"addrs": "::1"}, "[::1]:11211"},
		"a socket":            {"memcached:///run/mem%20cached.sock", nil, "/run/mem cached.sock"},
		"a socket as option":  {"", map[string]any{"addrs": []string{"/run/m.sock"}}, "/run/m.sock"},
		"a list from JSON":    {"", map[string]any{"addrs": []any{"a:1"}}, "a:1"},
		"an option and blank": {"memcached://", map[string]any{"addrs": " a:1"}, "a:1"},
	} {
		s, err := memcachestore.Backend().Open(t.Context(), driver.Config{Location: test.location, Options: test.options})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := closing(t, s.(*memcachestore.Store)).ServerOf("k"); got != test.want {
			t.Errorf("%s: the server is %s, want %s", name, got, test.want)
		}
	}
}

// A location may name several servers.
func TestALocationMayNameSeveralServers(t *testing.T) {
	for _, location := range []string{"memcached://a,b:2,[::1]:3", "a,b:2,[::1]:3"} {
		s, err := memcachestore.Backend().Open(t.Context(), driver.Config{Location: location})
		if err != nil {
			t.Fatal(err)
		}
		store, seen := closing(t, s.(*memcachestore.Store)), make(map[string]bool)
		for i := range 100 {
			seen[store.ServerOf(string(rune('A'+i)))] = true
		}
		for _, want := range []string{"a:11211", "b:2", "[::1]:3"} {
			if !seen[want] {
				t.Errorf("%s: no key is on %s, but on %v", location, want, seen)
			}
		}
	}
}

// Wrong settings are refused with a line that says what is right.
func TestBadSettingsAreRefusedWithALineThatHelps(t *testing.T) {
	const secret = "hunter2"
	option := func(name string, value any) driver.Config {
		return driver.Config{Options: map[string]any{name: value}}
	}
	for _, test := range []struct {
		cfg  driver.Config
		want string
	}{
		{option("max_connections", 5), `unknown option "max_connections": the options are addrs, clear_lag, dial, io_timeout, max_conns, max_idle, ping`},
		{option("io_timeout", 0), "greater than zero"},
		{option("io_timeout", "-1s"), "not negative"},
		{option("clear_lag", "soon"), "a duration"},
		{option("max_conns", 0), "from 1 to"},
		{option("max_idle", 65), "from 1 to 64"},
		{option("ping", "maybe"), "true or false"},
		{option("dial", net.Dial), "a func(ctx context.Context"},
		{option("addrs", 5), "a list of strings"},
		{option("addrs", []any{5}), "each must be a string"},
		{option("addrs", []string{}), "at least one server"},
		{option("addrs", "a,,b"), "server 2 of 3: it is not the address of a server"},
		{option("addrs", "a,a:11211"), "a:11211 is given twice"},
		{option("addrs", "a:port"), "server 1 of 1: it is not the address of a server"},
		{option("addrs", "a:0"), "not the address"},
		{option("addrs", "a:65536"), "not the address"},
		{option("addrs", "a:1:2"), "not the address"},
		{option("addrs", "user:"+secret+"@a"), "cannot log in"},
		{driver.Config{Location: "memcached://user:" + secret + "@a"}, "cannot log in"},
		{driver.Config{Location: "memcached://a;b"}, "write commas"},
		{driver.Config{Location: "a:1;b:1"}, "write commas"},
		{option("addrs", "a:1;b:1"), "write commas"},
		{driver.Config{Location: "memcached://a/0"}, "Memcached has no databases"},
		{driver.Config{Location: "memcached:///%zz"}, "percent-encoding"},
		{driver.Config{Location: "memcached://a", Options: map[string]any{"addrs": "b"}}, "in one place"},
	} {
		err := memcachestore.Backend().Validate(test.cfg)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("Validate(%+v): %v, want %q", test.cfg, err, test.want)
		}
		if s, openErr := memcachestore.Backend().Open(t.Context(), test.cfg); openErr == nil || s != nil {
			t.Errorf("Open(%+v) = %v, %v, want the same error", test.cfg, s, openErr)
		}
	}
}

// All wrong options from Go are reported in one error.
func TestOptionsFromGoAreCheckedAllAtOnce(t *testing.T) {
	_, err := memcachestore.Open(t.Context(), memcachestore.Options{
		Addrs: []string{"a:b"}, IOTimeout: -1, MaxConns: -1, MaxIdle: 5,
	})
	for _, want := range []string{"server 1 of 1", "IOTimeout", "MaxConns is -1", "MaxIdle is 5"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The error about a server that cannot be reached names it and the time that it took.
func TestAnUnreachableServerIsNamedWithTheTimeItTook(t *testing.T) {
	closed := fmt.Sprint("127.0.0.1:", testserver.FreePort(t))
	_, err := memcachestore.Open(t.Context(), memcachestore.Options{Addrs: []string{closed}, Ping: true})
	wantServerError(t, err, closed, 0)

	s := open(t, memcachestore.Options{Addrs: []string{closed}})
	_, err = s.Get(t.Context(), []byte(":1:k"))
	wantServerError(t, err, closed, 0)

	unresponsive, _ := unresponsiveServer(t)
	const limit = 50 * time.Millisecond
	s = open(t, memcachestore.Options{Addrs: []string{unresponsive}, IOTimeout: limit})
	_, err = s.Get(t.Context(), []byte(":1:k"))
	wantServerError(t, err, unresponsive, limit)

	blackHole := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s = open(t, memcachestore.Options{Addrs: []string{"10.255.255.1"}, IOTimeout: limit, Dial: blackHole})
	err = s.Set(t.Context(), []byte(":1:k"), nil, driver.Never)
	wantServerError(t, err, "10.255.255.1:11211", limit)
}

func wantServerError(tb testing.TB, err error, addr string, atLeast time.Duration) {
	tb.Helper()
	var failure *memcachestore.ServerError
	if !errors.As(err, &failure) || failure.Addr != addr || failure.After < atLeast {
		tb.Fatalf("error %v, want one of server %s after %v or more", err, addr, atLeast)
	}
	if !strings.Contains(err.Error(), "memcached server "+addr+", after ") {
		tb.Errorf("the text is %q", err)
	}
}
