package pgstore_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// persistence is 'u' for an unlogged table and 'p' for one that is not.
func persistence(t *testing.T, opts pgstore.Options) string {
	t.Helper()
	return queryOne[string](t, database(t), "SELECT relpersistence::text FROM pg_class WHERE oid = $1::text::regclass", identifier(opts))
}

// A table is UNLOGGED unless an option says otherwise.
func TestATableIsUnloggedUnlessAskedOtherwise(t *testing.T) {
	if got := persistence(t, newTable(t, pgstore.Options{})); got != "u" {
		t.Errorf("by default relpersistence is %q, want u", got)
	}
	logged := newTable(t, pgstore.Options{Logged: true})
	if got := persistence(t, logged); got != "p" {
		t.Errorf("with Logged relpersistence is %q, want p", got)
	}
	s := open(t, logged)
	set(t, s, "k", "v", driver.Never)
	wantValue(t, s, "k", "v")
}

// The column of expiries has an index.
func TestExpiresHasAnIndex(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	definition := queryOne[string](t, database(t),
		"SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND indexdef NOT LIKE '%UNIQUE%'", opts.Table)
	if !strings.HasSuffix(definition, "USING btree (expires)") {
		t.Errorf("the index is %q, want one on expires", definition)
	}
}

// CreateTable reports a table that is there, and is no error.
// Django, createcachetable
func TestCreateTableReportsATableThatIsThere(t *testing.T) {
	opts := newTable(t, pgstore.Options{})
	s := open(t, opts)
	set(t, s, "k", "v", driver.Never)
	created, err := pgstore.CreateTable(t.Context(), opts)
	if created || err != nil {
		t.Errorf("CreateTable again: %t, %v, want false and no error", created, err)
	}
	wantValue(t, s, "k", "v")
}

// CreateTable refuses a table of another kind.
func TestCreateTableRefusesATableOfAnotherKind(t *testing.T) {
	url := testserver.Postgres(t)
	for columns, want := range map[string]string{
		"key text, value bytea, expires timestamptz":  `column "key" has another type`,
		"key bytea, value bytea, expires timestamp":   `column "expires" has another type`,
		"cache_key bytea, value bytea, expires bytea": `column "key" does not exist`,
	} {
		opts := pgstore.Options{URL: url, Table: uniqueTable()}
		exec(t, url, "CREATE TABLE "+identifier(opts)+" ("+columns+")")
		t.Cleanup(func() { exec(t, url, "DROP TABLE "+identifier(opts)) })
		_, err := pgstore.CreateTable(t.Context(), opts)
		wantError(t, "CreateTable over "+columns, err, want)
		_, err = pgstore.Open(t.Context(), opts)
		wantError(t, "Open on "+columns, err, want)
	}
}

// TableSQL is one statement that can be pasted.
// Django, createcachetable
func TestTableSQLIsOneStatementThatCanBePasted(t *testing.T) {
	opts := pgstore.Options{URL: testserver.Postgres(t), Table: uniqueTable()}
	sql, err := pgstore.TableSQL(opts)
	if err != nil {
		t.Fatal(err)
	}
	// The extended protocol refuses more than one statement.
	if _, err := database(t).Exec(t.Context(), sql, pgx.QueryExecModeExec); err != nil {
		t.Fatalf("%v in\n%s", err, sql)
	}
	t.Cleanup(func() { exec(t, opts.URL, "DROP TABLE "+identifier(opts)) })
	set(t, open(t, opts), "k", "v", driver.Never)
}

// TableSQL creates nothing.
// Django, createcachetable
func TestTableSQLCreatesNothing(t *testing.T) {
	opts := pgstore.Options{URL: testserver.Postgres(t), Table: uniqueTable()}
	if _, err := pgstore.TableSQL(opts); err != nil {
		t.Fatal(err)
	}
	_, err := pgstore.Open(t.Context(), opts)
	wantError(t, "Open after TableSQL", err, "does not exist")
}

// Names of tables are always quoted and taken literally.
func TestNamesAreTakenLiterally(t *testing.T) {
	url := testserver.Postgres(t)
	schema := uniqueTable() + `"; drop`
	exec(t, url, "CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize())
	t.Cleanup(func() { exec(t, url, "DROP SCHEMA "+pgx.Identifier{schema}.Sanitize()+" CASCADE") })
	for _, table := range []string{
		`a"b; drop`, `'); DROP TABLE x; --`, "$larder$", "$x$larder$ a $larder$", "select", "Mixed Case", "ключ", "a.b", `\`, "%s", "{table}", "{expiry}", "$1",
	} {
		opts := newTable(t, pgstore.Options{Schema: schema, Table: table})
		s := open(t, opts)
		set(t, s, "shop:1:k", "v", driver.Never)
		wantValue(t, s, "shop:1:k", "v")
		if err := s.Cull(t.Context()); err != nil {
			t.Errorf("culling %q: %v", table, err)
		}
		if err := s.Clear(t.Context(), driver.Namespace{Prefix: "shop"}); err != nil {
			t.Errorf("clearing %q: %v", table, err)
		}
		wantMissing(t, s, "shop:1:k")
	}
}

// Names that PostgreSQL would change are refused.
func TestNamesThatPostgreSQLWouldChangeAreRefused(t *testing.T) {
	for name, want := range map[string]string{
		strings.Repeat("t", 64): "64 bytes long",
		"a\x00b":                "NUL",
		"\xff":                  "not valid UTF-8",
	} {
		_, err := pgstore.TableSQL(pgstore.Options{Table: name})
		wantError(t, "a table called "+name, err, want)
		_, err = pgstore.TableSQL(pgstore.Options{Schema: name})
		wantError(t, "a schema called "+name, err, want)
	}
}
