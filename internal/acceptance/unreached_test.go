package acceptance_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/cachetest"
	"github.com/larder-go/larder/internal/hooks"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

// Lookups with FailOpen call a server that refuses once in a second, for each alias. The clock is
// the test's, so only what a lookup does counts, and not how long it takes.
func TestLookUpsThatFailOpenAskAServerThatRefusesOnceInASecond(t *testing.T) {
	onEachServer(t, func(t *testing.T, addr string, through func(addr string) string) {
		for _, opened := range []bool{false, true} {
			f := newForwarder(t, addr)
			if opened {
				f.listen()
			}
			clock := cachetest.NewClock()
			c, failures := openWithClock(t, through(f.addr), clock)
			values := cache.For[string](c, cache.FailOpen)
			if opened {
				if err := c.Set(t.Context(), "k", "stored"); err != nil {
					t.Fatal(err)
				}
				f.refuse()
				_, _ = c.Has(t.Context(), "k") // meets connections that have broken
				clock.Advance(time.Second)
				failures.take()
			}
			for range 3 {
				for range 20 {
					got, err := values.GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "loaded", nil })
					if got != "loaded" || err != nil {
						t.Errorf("%q, %v", got, err)
					}
				}
				if asked := countAsked(failures.take()); asked != 1 || !hooks.Cache.IsUnresponsive(c) {
					t.Errorf("opened %t: of 20 look-ups in a second %d asked the server; silent %t", opened, asked, hooks.Cache.IsUnresponsive(c))
				}
				clock.Advance(time.Second)
			}
			f.listen()
			for range 2 { // one finds out, and the next one uses it
				if _, err := values.GetOrSet(t.Context(), "k", func(context.Context) (string, error) { return "stored", nil }); err != nil {
					t.Error(err)
				}
			}
			if found, err := c.Has(t.Context(), "k"); !found || err != nil || hooks.Cache.IsUnresponsive(c) {
				t.Errorf("opened %t: a second after its return: %t, %v, silent %t", opened, found, err, hooks.Cache.IsUnresponsive(c))
			}
			f.refuse()
		}
	})
}

// One of several Memcached servers that refuses leaves the keys of the others alone.
func TestOneServerOfSeveralThatRefusesCostsOnlyItsOwnKeys(t *testing.T) {
	up, down := testserver.Memcached(t), newForwarder(t, testserver.Memcached(t))
	clock := cachetest.NewClock()
	c, _ := openWithClock(t, "memcached://?io_timeout=10s&addrs="+url.QueryEscape(up+","+down.addr), clock)
	stored := 0
	for _, key := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		if err := c.Set(t.Context(), key, 1); err == nil {
			stored++
		}
	}
	found := 0
	for _, key := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		if ok, _ := c.Get(t.Context(), key, new(int), cache.FailOpen); ok {
			found++
		}
	}
	if stored == 0 || stored == 26 || found != stored || hooks.Cache.IsUnresponsive(c) {
		t.Errorf("%d of 26 are stored and %d found, silent %t", stored, found, hooks.Cache.IsUnresponsive(c))
	}
}

// A program that opens its caches at the start learns of each server that is not there.
func TestOpenNoticesEachServerThatIsNotThere(t *testing.T) {
	onEachServer(t, func(t *testing.T, addr string, through func(addr string) string) {
		f := newForwarder(t, addr)
		c, _ := openWithClock(t, through(f.addr), cachetest.NewClock())
		if err := hooks.Cache.HandlerOf(c).Open(t.Context()); !errors.Is(err, cache.ErrOpenFailed) || !strings.Contains(err.Error(), f.addr) {
			t.Errorf("Open of a server that refuses: %v", err)
		}
		f.listen()
		if err := hooks.Cache.HandlerOf(c).Open(t.Context()); err != nil {
			t.Errorf("after its return: %v", err)
		}
	})
	up, down := testserver.Memcached(t), newForwarder(t, testserver.Memcached(t))
	c, _ := openWithClock(t, "memcached://?io_timeout=10s&addrs="+url.QueryEscape(up+","+down.addr), cachetest.NewClock())
	if err := hooks.Cache.HandlerOf(c).Open(t.Context()); err != nil {
		t.Errorf("Open of two servers, one of which answers: %v", err)
	}
}

// onEachServer runs a test on a server of each backend that has one, at addr. through returns
// the URL of a cache on it for another address that leads there.
func onEachServer(t *testing.T, test func(t *testing.T, addr string, through func(string) string)) {
	for _, b := range testbackends.Networked() {
		t.Run(b.Name, func(t *testing.T) {
			server, at := b.Server.Start(t)
			test(t, server.Addr(), func(addr string) string { return b.Server.WithTimeout(at(addr), testbackends.LongTimeout) })
		})
	}
}

func openWithClock(t *testing.T, address string, clock *cachetest.Clock) (*cache.BaseCache, *events) {
	t.Helper()
	failures := &events{kind: cache.EventError}
	h, err := cache.NewHandler(settingsOf(t, address), cache.WithClock(clock), cache.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Shutdown(context.Background()) })
	t.Cleanup(h.Events().Connect(failures.receive))
	c, err := h.Cache(cache.DefaultAlias)
	if err != nil {
		t.Fatal(err)
	}
	return c, failures
}

// countAsked returns how many of the failures are the server's.
func countAsked(failures []cache.Event) (asked int) {
	for _, e := range failures {
		if !errors.Is(e.Err, cache.ErrUnavailable) {
			asked++
		}
	}
	return asked
}

// forwarder is an address that refuses connections, or forwards them to a server.
type forwarder struct {
	t        *testing.T
	addr, to string

	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	running  sync.WaitGroup
}

// newForwarder returns one that refuses.
func newForwarder(t *testing.T, to string) *forwarder {
	f := &forwarder{t: t, to: to, addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(testserver.FreePort(t)))}
	t.Cleanup(f.refuse)
	return f
}

func (f *forwarder) listen() {
	l, err := net.Listen("tcp", f.addr)
	if err != nil {
		f.t.Fatal(err)
	}
	f.listener = l
	f.running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", f.to)
			if err != nil {
				f.t.Error(err)
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, client, server)
			f.mu.Unlock()
			f.running.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
			f.running.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
		}
	})
}

// refuse closes all connections, and lets no more be made.
func (f *forwarder) refuse() {
	if f.listener == nil {
		return
	}
	_ = f.listener.Close()
	f.listener = nil
	f.mu.Lock()
	for _, conn := range f.conns {
		_ = conn.Close()
	}
	f.conns = nil
	f.mu.Unlock()
	f.running.Wait()
}
