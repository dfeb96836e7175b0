package memcachestore_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/backends/memcachestore"
	"github.com/larder-go/larder/cache/driver"
)

// TestMain lets many cases run at once whatever the number of processors: most
// of them wait for the seconds of Memcached's clock.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "36"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goleak.VerifyTestMain(m)
}

// longTimeout is the timeout of stores that no test wants to see time out, on a
// machine however busy.
const longTimeout = 10 * time.Second

// open returns a store that is shut down when the test ends.
func open(tb testing.TB, opts memcachestore.Options) *memcachestore.Store {
	tb.Helper()
	if opts.IOTimeout == 0 {
		opts.IOTimeout = longTimeout
	}
	s, err := memcachestore.Open(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	return closing(tb, s)
}

func closing(tb testing.TB, s *memcachestore.Store) *memcachestore.Store {
	tb.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func set(tb testing.TB, s driver.Store, key, value string) {
	tb.Helper()
	if err := s.Set(tb.Context(), []byte(key), []byte(value), driver.Never); err != nil {
		tb.Fatalf("Set(%q): %v", key, err)
	}
}

func wantValue(tb testing.TB, s driver.Store, key, want string) {
	tb.Helper()
	got, err := s.Get(tb.Context(), []byte(key))
	if err != nil || string(got) != want {
		tb.Fatalf("Get(%q) = %.40q, %v, want %.40q", key, got, err, want)
	}
}

func wantMissing(tb testing.TB, s driver.Store, key string) {
	tb.Helper()
	if got, err := s.Get(tb.Context(), []byte(key)); !errors.Is(err, driver.ErrNotFound) {
		tb.Fatalf("Get(%q) = %.40q, %v, want ErrNotFound", key, got, err)
	}
}

func clearNamespace(tb testing.TB, s driver.Store, prefix string) {
	tb.Helper()
	if err := s.Clear(tb.Context(), driver.Namespace{Prefix: prefix}); err != nil {
		tb.Fatalf("Clear(%q): %v", prefix, err)
	}
}

// command sends lines to a server and returns its answer to the last of them,
// up to the line that ends it.
func command(tb testing.TB, addr, end string, lines ...string) string {
	tb.Helper()
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	conn, err := net.Dial(network, addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s\r\n", strings.Join(lines, "\r\n")); err != nil {
		tb.Fatal(err)
	}
	var answer strings.Builder
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadString('\n')
		answer.WriteString(line)
		if strings.TrimSpace(line) == end {
			return answer.String()
		}
		if err != nil {
			tb.Fatalf("%q answered %q, then %v", lines, answer.String(), err)
		}
	}
}

func flush(tb testing.TB, addr string) {
	tb.Helper()
	command(tb, addr, "OK", "flush_all")
}
