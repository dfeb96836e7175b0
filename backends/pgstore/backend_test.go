package pgstore_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/cache/driver"
)

// The backend is registered as "postgres" and "postgresql".
func TestBothNamesAreRegistered(t *testing.T) {
	for _, name := range []string{"postgres", "postgresql"} {
		if _, ok := driver.DefaultRegistry.Lookup(name); !ok {
			t.Errorf("%q is not registered", name)
		}
	}
}

func parseURL(t *testing.T, raw string) (pgstore.Options, error) {
	t.Helper()
	cfg, err := cache.ParseURL(raw)
	if err != nil {
		t.Fatal(err)
	}
	return pgstore.ParseConfig(driver.Config{Location: cfg.Location, Options: cfg.Options})
}

// A URL can set every option.
func TestAURLSetsEveryOption(t *testing.T) {
	got, err := parseURL(t, "postgres://u:p%40ss@h:5433/d?table=t&schema=s&logged=true&max_entries=5&max_value_bytes=1MiB"+
		"&cull_interval=30s&cull_batch=7&op_timeout=2s&query_mode=exec&connect_timeout=1s&pool_max_conns=9&pool_min_conns=2"+
		"&pool_max_conn_lifetime=10m&pool_max_conn_idle_time=1m&sslmode=require&application_name=shop&timeout=5m&prefix=x")
	if err != nil {
		t.Fatal(err)
	}
	got.Logger = nil
	want := pgstore.Options{
		URL: "postgres://u:p%40ss@h:5433/d?application_name=shop&sslmode=require", Table: "t", Schema: "s", Logged: true,
		MaxEntries: 5, MaxValueBytes: 1 << 20, CullInterval: 30 * time.Second, CullBatch: 7, Timeout: 2 * time.Second,
		Pool: pgstore.PoolOptions{
			QueryMode: pgx.QueryExecModeExec, ConnectTimeout: time.Second, MaxConns: 9, MinConns: 2,
			MaxConnLifetime: 10 * time.Minute, MaxConnIdleTime: time.Minute,
		},
	}
	if got != want {
		t.Errorf("the options differ; URL %q, want %q", got.URL, want.URL)
	}
}

// The password may be an option.
func TestThePasswordMayBeAnOption(t *testing.T) {
	opts, err := pgstore.ParseConfig(driver.Config{Location: "postgres://h/d", Options: map[string]any{"user": "u", "password": "p@ss&word"}})
	if want := "postgres://h/d?password=p%40ss%26word&user=u"; opts.URL != want || err != nil {
		t.Errorf("the URL is %q, %v, want %q", opts.URL, err, want)
	}
	_, err = pgstore.ParseConfig(driver.Config{Location: "postgres://h/d", Options: map[string]any{"password": []string{"hunter2"}}})
	wantError(t, "a list", err, `option "password" must be a string`)
	wantNoSecret(t, err, "hunter2")
}

// A cull interval of zero turns culling off.
func TestCullingIsTurnedOffByAnIntervalOfZero(t *testing.T) {
	opts, err := parseURL(t, "postgres://h/d?cull_interval=0")
	if err != nil || opts.CullInterval >= 0 {
		t.Errorf("CullInterval %v, %v, want a negative one", opts.CullInterval, err)
	}
}

// Wrong options are refused without showing secrets.
func TestWrongOptionsAreRefusedWithoutTheirSecrets(t *testing.T) {
	for query, want := range map[string]string{
		"tabel=x":                            `unknown option "tabel"`,
		"host=/run/pg":                       "a host is in the location and in an option",
		"port=0":                             "from 1 to 65535",
		"password=hunter3":                   "a user or password is in the location and in an option",
		"user=x":                             "a user or password is in the location and in an option",
		"pasword=hunter3":                    `unknown option "pasword"`,
		"max_entries=0":                      "of at least 1",
		"cull_batch=-1":                      "from 1 to",
		"op_timeout=0":                       "greater than zero",
		"query_mode=prepare":                 "one of cache_statement, cache_describe",
		"sslmode=on":                         "one of disable, allow",
		"max_value_bytes=1GiB":               "from 1 to 268435456",
		"table=" + strings.Repeat("t", 64):   "64 bytes long",
		"pool_max_conns=0":                   "from 1 to",
		"table=" + strings.Repeat("%00", 1):  "NUL",
		"cull_interval=-5s":                  "not negative",
		"connect_timeout=soon&logged=maybe":  `option "logged"`,
		"pool_max_conn_idle_time=1m&x=1&y=2": `unknown option "y"`,
	} {
		_, err := parseURL(t, "postgres://u:hunter2@h/d?"+query)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
		wantNoSecret(t, err, "hunter")
	}
}

// A location has to be a URL of a database.
func TestALocationMustBeAURLOfADatabase(t *testing.T) {
	for _, location := range []string{"host=h password=hunter2", "mysql://u:hunter2@h/d", "postgres://u:hunter2#x@h/d", "postgres://h:hunter2/d", "hunter2"} {
		err := pgstore.Backend().Validate(driver.Config{Location: location})
		wantError(t, location, err, "postgres://user:password@host:port/database")
		wantNoSecret(t, err, "hunter2")
	}
	for _, location := range []string{"", "postgres://h1:5432,h2:5432/d", "postgresql://u@[::1]:5432/d?sslmode=require", "postgres:///d?host=/run/pg"} {
		if err := pgstore.Backend().Validate(driver.Config{Location: location, Options: map[string]any{"sslmode": "disable"}}); err != nil {
			t.Errorf("%q: %v", location, err)
		}
	}
}

// A malformed URL is refused without showing a part of it.
func TestAMalformedURLIsRefusedWithoutAWordOfIt(t *testing.T) {
	for raw, want := range map[string]string{
		"postgres://u:hunter2@h:port/d":                                     "the URL of the database",
		"postgres://u:hun`: ter2@h:x/d?sslmode=bogus":                       "the URL of the database",
		"postgres://u:hunter2@h/d?sslmode=bogus":                            "failed to configure TLS",
		"postgres://u:hunter2@h/d?pool_max_conns=x":                         "pool_max_conns",
		"user=u password=hunter2 host=h port=hunter2":                       "the URL of the database",
		"postgres://u:hunter2@h/d?sslmode=verify-full&sslrootcert=/nowhere": "/nowhere",
	} {
		_, err := pgstore.Open(t.Context(), pgstore.Options{URL: raw})
		wantError(t, "Open", err, want)
		wantNoSecret(t, err, "hunter2")
		wantNoSecret(t, err, "ter2")
	}
}

// Options are printed without the password.
func TestOptionsShowNoPassword(t *testing.T) {
	opts := pgstore.Options{URL: "postgres://u:hunter2@h/d", Schema: "s"}
	asJSON, err := json.Marshal(opts)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("opened", "options", opts)
	slog.New(slog.NewTextHandler(&log, nil)).Info("opened", "options", opts)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", opts, opts, opts, opts), string(asJSON), log.String()} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "larder_cache") {
			t.Errorf("printed as %s", text)
		}
	}
}

// A store is printed without the password.
func TestAStoreShowsNoPassword(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	s := open(t, opts)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s)} {
		if strings.Contains(text, "secret") || !strings.Contains(text, opts.Table) {
			t.Errorf("printed as %s", text)
		}
	}
}

// New with a shared pool refuses options for a pool of its own.
func TestNewTakesNothingThatIsForAPoolOfItsOwn(t *testing.T) {
	pool := database(t)
	for _, opts := range []pgstore.Options{
		{URL: "postgres://h/d"},
		{Pool: pgstore.PoolOptions{MaxConns: 3}},
		{Pool: pgstore.PoolOptions{QueryMode: pgx.QueryExecModeExec}},
		{MaxEntries: -1},
		{Timeout: -1},
	} {
		if _, err := pgstore.New(pool, opts); err == nil {
			t.Errorf("accepted: %+v", opts.Pool)
		}
	}
	if _, err := pgstore.New(nil, pgstore.Options{}); err == nil {
		t.Error("accepted: no pool")
	}
}

// A setting opens a store.
func TestASettingOpensAStore(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	cfg, err := cache.ParseURL(opts.URL + "&table=" + opts.Table)
	if err != nil {
		t.Fatal(err)
	}
	store, err := pgstore.Backend().Open(t.Context(), driver.Config{Alias: "default", Location: cfg.Location, Options: cfg.Options})
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, store.(*pgstore.Store))
	if err := store.Set(t.Context(), []byte("k"), []byte("v"), time.Minute); err != nil {
		t.Error(err)
	}
}
