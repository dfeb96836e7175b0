package memcachestore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/larder-go/larder/cache/driver"
)

var _ driver.Inspector = (*Store)(nil)

// Inspect implements [driver.Inspector] by the command stats, on a connection
// of its own to every server, which the client has no method for. The figures
// are the server's, whoever uses it.
func (s *Store) Inspect(ctx context.Context) ([]driver.Inspection, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.inFlight.End()
	found := make([]driver.Inspection, len(s.servers))
	err := concurrently(s.servers, func(srv *server) error {
		found[srv.index] = srv.inspect(ctx)
		return nil
	})
	return found, err
}

func (s *server) inspect(ctx context.Context) driver.Inspection {
	i := driver.Inspection{Where: s.addr.String()}
	var stats map[string]string
	began := time.Now()
	i.Err = s.do(ctx, func(client *memcache.Client) (err error) {
		stats, i.Latency, err = readStats(ctx, client, s.addr)
		return err
	})
	if i.Err != nil {
		i.Latency = time.Since(began)
		return i
	}
	if version := stats["version"]; version != "" {
		i.Product = "Memcached " + version
		i.Err = suits(version)
	}
	i.Figures = figures(stats)
	return i
}

// readStats returns what the server says of itself, and how long it took to
// answer once it was connected.
func readStats(ctx context.Context, client *memcache.Client, addr net.Addr) (stats map[string]string, latency time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, client.Timeout)
	defer cancel()
	dial := client.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, addr.Network(), addr.String())
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if _, err := conn.Write([]byte("stats\r\n")); err != nil {
		return nil, 0, err
	}
	stats, err = parseStats(bufio.NewScanner(conn))
	return stats, time.Since(began), err
}

var errStats = errors.New("the answer to stats is not Memcached's")

// maxStats is how many lines an answer may have; a server sends fewer than a
// hundred.
const maxStats = 10_000

func parseStats(lines *bufio.Scanner) (map[string]string, error) {
	stats := make(map[string]string)
	for range maxStats {
		if !lines.Scan() {
			break
		}
		line := lines.Text()
		if line == "END" {
			return stats, nil
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "STAT "), " ")
		if !ok || !strings.HasPrefix(line, "STAT ") {
			return nil, errStats
		}
		stats[name] = value
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return nil, errStats
}

// minVersion is the first version that has gat, which Touch needs.
var minVersion = [3]int{1, 5, 3}

// suits returns an error if the server is too old. A version that is not three
// numbers is taken for right.
func suits(version string) error {
	var v [3]int
	if n, _ := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); n < len(v) {
		return nil
	}
	for i, least := range minVersion {
		if v[i] > least {
			return nil
		}
		if v[i] < least {
			return fmt.Errorf("it is Memcached %s, which is too old: %d.%d.%d is needed, for gat", version, minVersion[0], minVersion[1], minVersion[2])
		}
	}
	return nil
}

func figures(stats map[string]string) (figures []driver.Figure) {
	for _, known := range []struct{ field, name, unit string }{
		{"curr_items", "entries", ""},
		{"bytes", "memory", "bytes"},
		{"limit_maxbytes", "memory limit", "bytes"},
		{"get_hits", "hits", ""},
		{"get_misses", "misses", ""},
		{"evictions", "evictions", ""},
		{"curr_connections", "connections", ""},
	} {
		if n, err := strconv.ParseInt(stats[known.field], 10, 64); err == nil {
			figures = append(figures, driver.Figure{Name: known.name, Of: "server", Value: n, Unit: known.unit})
		}
	}
	return figures
}
