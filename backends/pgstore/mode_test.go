package pgstore_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
)

// modes are those that a store takes.
var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// The query mode that runs other statements behind a proxy is refused, in whatever way it is set.
func TestTheModeThatRunsOtherStatementsBehindAProxyIsRefused(t *testing.T) {
	const unreachable = "postgres://u:s3cr3t@127.0.0.1:1/d"
	mode := pgstore.PoolOptions{QueryMode: pgx.QueryExecModeDescribeExec}
	_, inOptions := pgstore.Open(t.Context(), pgstore.Options{URL: unreachable, Pool: mode})
	_, inURL := pgstore.Open(t.Context(), pgstore.Options{URL: unreachable + "?default_query_exec_mode=describe_exec"})
	_, inSettings := pgstore.ParseConfig(driver.Config{Location: unreachable, Options: map[string]any{"query_mode": "describe_exec"}})
	pool := newPool(t, unreachable, func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec })
	_, inPool := pgstore.New(pool, pgstore.Options{})
	for what, err := range map[string]error{"options": inOptions, "URL": inURL, "settings": inSettings, "pool": inPool} {
		wantError(t, what, err, "describe_exec", "PgBouncer in transaction mode: use exec or cache_describe")
	}
}

// Every query mode carries every byte. Each mode encodes parameters and results in another way.
func TestEveryQueryModeCarriesEveryByte(t *testing.T) {
	var every []byte
	for c := range 256 {
		every = append(every, byte(c))
	}
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			s := open(t, newTable(t, pgstore.Options{Pool: pgstore.PoolOptions{QueryMode: mode}}))
			key := append([]byte("shop:1:"), every...)
			if err := s.Set(t.Context(), key, every, time.Hour); err != nil {
				t.Fatal(err)
			}
			wantValue(t, s, string(key), string(every))
			if head, added, err := s.Add(t.Context(), key, nil, time.Hour); err != nil || added || !bytes.HasPrefix(every, head) {
				t.Errorf("Add = %q, %t, %v", head, added, err)
			}
			if ok, err := s.Replace(t.Context(), key, every, []byte("9223372036854775806"), driver.Never); err != nil || !ok {
				t.Errorf("Replace = %t, %v", ok, err)
			}
			if n, err := s.Incr(t.Context(), key, 1); err != nil || n != math.MaxInt64 {
				t.Errorf("Incr = %d, %v", n, err)
			}
			if ttl, err := s.TTL(t.Context(), key); err != nil || ttl != driver.Never {
				t.Errorf("TTL = %v, %v", ttl, err)
			}
			many(t, s, every)
			if err := s.Clear(t.Context(), driver.Namespace{Prefix: "shop"}); err != nil {
				t.Error(err)
			}
			wantMissing(t, s, string(key))
			if err := s.Cull(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func many(t *testing.T, s *pgstore.Store, value []byte) {
	t.Helper()
	items := []driver.Item{{Key: []byte{0}, Value: value}, {Key: []byte(`"{\`), Value: nil}, {Key: []byte("NULL"), Value: []byte("NULL")}}
	if errs, err := s.SetMany(t.Context(), items, time.Hour); errs != nil || err != nil {
		t.Fatalf("SetMany: %v, %v", errs, err)
	}
	keys := [][]byte{{0}, []byte("absent"), []byte("NULL"), []byte(`"{\`), {0}}
	values, err := s.GetMany(t.Context(), keys)
	if want := fmt.Sprintf("%q", [][]byte{value, nil, []byte("NULL"), {}, value}); err != nil || fmt.Sprintf("%q", values) != want {
		t.Errorf("GetMany = %q, %v, want %s", values, err, want)
	}
	if values[1] != nil || values[3] == nil {
		t.Error("GetMany: a missing key must be nil and a stored empty value must not")
	}
	if err := s.DeleteMany(t.Context(), keys); err != nil {
		t.Error(err)
	}
	wantMissing(t, s, "NULL")
}
