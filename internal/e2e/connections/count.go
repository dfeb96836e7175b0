package connections

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/larder-go/larder/internal/testserver"
)

// Count asks a server how many connections it has, beside the one that asks,
// which lasts until the end of the test or of the server. It is for one
// goroutine at a time.
type Count func(ctx context.Context) (int, error)

// OfRedis counts the lines of CLIENT LIST of the server at addr.
func OfRedis(tb testing.TB, addr string) Count {
	client := redis.NewClient(&redis.Options{Addr: addr, PoolSize: 1})
	tb.Cleanup(func() { _ = client.Close() })
	return func(ctx context.Context) (int, error) {
		list, err := client.ClientList(ctx).Result()
		return strings.Count(list, "\n") - 1, err
	}
}

// OfPostgres counts the rows of pg_stat_activity that are clients of the server
// at url.
func OfPostgres(tb testing.TB, url string) Count {
	return ofSessions(tb, url,
		"SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
}

// OfPgBouncer counts the rows of SHOW CLIENTS of the PgBouncer at url, a
// connection URL of one of its admin_users for the database pgbouncer.
func OfPgBouncer(tb testing.TB, url string) Count {
	count := ofSessions(tb, url, "SHOW CLIENTS")
	return func(ctx context.Context) (int, error) {
		n, err := count(ctx)
		return n - 1, err
	}
}

// ofSessions counts the rows of a query.
func ofSessions(tb testing.TB, url, query string) Count {
	tb.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		tb.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // the one that PgBouncer's console knows
	conn, err := pgx.ConnectConfig(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.Background()) })
	return func(ctx context.Context) (n int, err error) {
		rows, err := conn.Query(ctx, query)
		if err != nil {
			return 0, err
		}
		for rows.Next() {
			n++
		}
		return n, rows.Err()
	}
}

// OfMemcached returns curr_connections of the server at addr.
func OfMemcached(tb testing.TB, addr string) Count {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	replies := bufio.NewReader(conn)
	return func(context.Context) (int, error) {
		if _, err := conn.Write([]byte("stats\r\n")); err != nil {
			return 0, err
		}
		n, err := statistic(replies, "curr_connections")
		return n - 1, err
	}
}

// statistic reads the reply to stats, to its end, for one number.
func statistic(replies *bufio.Reader, name string) (n int, err error) {
	err = errors.New("the server does not report " + name)
	for {
		line, failure := replies.ReadString('\n')
		if failure != nil {
			return 0, failure
		}
		if text, found := strings.CutPrefix(line, "STAT "+name+" "); found {
			n, err = strconv.Atoi(strings.TrimSpace(text))
		}
		if line == "END\r\n" {
			return n, err
		}
	}
}

// WantNone waits until the server has noticed that all connections are closed,
// and fails the test if it still counts one after 30 s.
func WantNone(tb testing.TB, count Count) {
	tb.Helper()
	testserver.Await(tb, func(ctx context.Context) error {
		n, err := count(ctx)
		if err == nil && n != 0 {
			err = fmt.Errorf("the server still counts %d connections", n)
		}
		return err
	})
}
