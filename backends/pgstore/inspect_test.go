package pgstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// Inspect reports the server and the table.
func TestInspectTellsOfTheServerAndTheTable(t *testing.T) {
	opts := newTable(t, pgstore.Options{URL: testserver.Postgres(t), CullInterval: -1})
	s := open(t, opts)
	set(t, s, "k", "v", driver.Never)
	set(t, s, "l", "v", driver.Never)
	found, err := s.Inspect(t.Context())
	if err != nil || len(found) != 1 || found[0].Err != nil {
		t.Fatalf("%+v, %v", found, err)
	}
	i := found[0]
	if i.Where == "" || !strings.HasPrefix(i.Product, "PostgreSQL 1") || strings.Contains(i.Product, "(") || i.Latency <= 0 {
		t.Errorf("%+v", i)
	}
	table := `table "` + opts.Table + `"`
	if want := (driver.Figure{Name: "entries, estimated", Of: table, Value: 2}); i.Figures[0] != want {
		t.Errorf("%+v, want %+v", i.Figures[0], want)
	}
	if f := i.Figures[1]; f.Name != "size" || f.Of != table || f.Value < 8192 || f.Unit != "bytes" {
		t.Errorf("%+v", f)
	}
	shutdown(t, s)
	if _, err := s.Inspect(t.Context()); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("after Shutdown: %v", err)
	}
}

// The message about a missing table names the alias.
func TestTheMessageAboutAMissingTableNamesTheAlias(t *testing.T) {
	cfg := driver.Config{Alias: "sessions", Location: testserver.Postgres(t), Options: map[string]any{"table": "nowhere"}}
	_, err := pgstore.Backend().Open(t.Context(), cfg)
	wantError(t, "Open", err, `make it with the command "larder createcachetable sessions"`)
}
