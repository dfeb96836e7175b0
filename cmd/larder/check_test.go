package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

func TestCheckTellsOfEveryAliasALineAlsoWhenOneFails(t *testing.T) {
	redis, memcached := testbackends.URL(t, "redis"), testbackends.URL(t, "memcached")
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	file := settingsFile(t, map[string]any{
		"default": redis, "b": "redis://" + closed, "c": memcached, "d": testbackends.URL(t, "postgres"),
		"e": testbackends.URL(t, "file"), "f": "memory://?colour=red", "g": "memory://",
	})
	o := larder(t, "check", "--settings", file)
	o.says(t, exitFailed,
		`b: failed: invalid cache backend: cannot open: alias "b": redisstore: no answer from `+closed+" after ",
		"c: ok: memcached, "+hostOf(t, memcached)+" Memcached 1.", "d: ok: postgres, ", " PostgreSQL 1",
		"default: ok: redis, "+hostOf(t, redis)+" Redis ", "e: ok: file, /",
		`f: failed: invalid cache backend: invalid settings: alias "f", backend "memory": unknown option "colour"`,
		"g: ok: memory\n")
	if lines := strings.Count(o.stdout, "\n"); lines != 7 || o.stderr != "" {
		t.Errorf("%d lines, and on standard error %q\n%s", lines, o.stderr, o.stdout)
	}
	larder(t, "check", "f", "g", "--settings", file).says(t, exitUsage, "f: failed: ", "g: ok: memory")
	larder(t, "check", "g", "--settings", file).is(t, exitDone, "g: ok: memory\n", "")
}

func TestCheckAsJSON(t *testing.T) {
	addr := testserver.Redis(t)
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	file := settingsFile(t, map[string]any{"default": "redis://" + addr, "b": "memcached://" + testserver.Memcached(t) + "," + closed})
	o := larder(t, "check", "--json", "--settings", file)
	if o.code != exitFailed || o.stderr != "" {
		t.Fatalf("exit code %d, stderr %q", o.code, o.stderr)
	}
	var got struct {
		OK      bool
		Aliases []checked
	}
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.OK || len(got.Aliases) != 2 {
		t.Fatalf("%+v", got)
	}
	b, redis := got.Aliases[0], got.Aliases[1]
	if b.Alias != "b" || b.OK || b.Error == nil || b.Error.Kind != "unavailable" || len(b.Servers) != 2 ||
		b.Servers[0].Error != nil || b.Servers[1].Error == nil || b.Servers[1].Address != closed {
		t.Errorf("%+v", b)
	}
	if !redis.OK || redis.Error != nil || redis.Backend != "redis" || len(redis.Servers) != 1 || redis.Servers[0].Address != addr ||
		!strings.HasPrefix(redis.Servers[0].Product, "Redis ") || redis.Servers[0].LatencyMS <= 0 {
		t.Errorf("%+v", redis)
	}
}

func TestStatsSayOfWhatTheyAre(t *testing.T) {
	says := map[string][]string{
		"redis":     {"entries", "of the database 0", "memory", "bytes", "of the server", "hits", "misses"},
		"memcached": {"entries", "memory limit", "bytes", "of the server", "hits", "misses", "evictions"},
		"postgres":  {"entries, estimated  1 ", `of the table "test_`, "size"},
		"file":      {"entries  1 ", "of the directory", "size"},
	}
	onEachShared(t, func(t *testing.T, backend, url string) {
		larder(t, "--url", url, "set", "k", "v").is(t, exitDone, "stored\n", "")
		larder(t, "--url", url, "stats").says(t, exitDone, append(says[backend], "entries")...)
		larder(t, "--url", url, "stats", "--json").says(t, exitDone, `"backend":"`+backend+`"`, `"figures":[{"name":"entries`)
	})
}

// hostOf returns the host and port of a URL.
func hostOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func TestTablesAreMadeOrPrinted(t *testing.T) {
	raw := testserver.Postgres(t)
	t.Cleanup(func() {
		for _, table := range []string{"cmd_tables_a", "cmd_tables_b"} {
			if err := testbackends.DropTable(pgstore.Options{URL: raw, Table: table}); err != nil {
				t.Error(err)
			}
		}
	})
	file := settingsFile(t, map[string]any{
		"default": "memory://", "a": with(raw, "table=cmd_tables_a"), "b": with(raw, "schema=public", "table=cmd_tables_b"),
	})
	larder(t, "check", "a", "--settings", file).says(t, exitFailed, `the table "cmd_tables_a" does not exist`, `"larder createcachetable a"`)
	larder(t, "createcachetable", "--dry-run", "--settings", file).says(t, exitDone,
		`CREATE UNLOGGED TABLE "cmd_tables_a"`, `CREATE UNLOGGED TABLE "public"."cmd_tables_b"`, "END $larder$;\n")
	larder(t, "createcachetable", "--dry-run", "--json", "a", "--settings", file).says(t, exitDone, `{"alias":"a","sql":"DO $larder$ BEGIN\n`)
	larder(t, "createcachetable", "a", "--settings", file).is(t, exitDone, "a: created the table cmd_tables_a\n", "")
	larder(t, "createcachetable", "--settings", file).is(t, exitDone,
		"a: the table cmd_tables_a was there already\nb: created the table public.cmd_tables_b\n", "")
	larder(t, "createcachetable", "b", "--json", "--settings", file).is(t, exitDone, `{"alias":"b","created":false,"table":"public.cmd_tables_b"}`+"\n", "")
	larder(t, "check", "--settings", file).says(t, exitDone, "a: ok: ", "b: ok: ")
}

func TestClearSaysWhatItWouldRemoveAndRemovesNothing(t *testing.T) {
	addr := testserver.Redis(t)
	shop, euro := "redis://"+addr+"?prefix=cmdshop", "redis://"+addr+"?prefix=cmdshop:eu"
	for _, url := range []string{shop, euro} {
		larder(t, "--url", url, "set", "k", "v").is(t, exitDone, "stored\n", "")
	}
	larder(t, "--url", shop, "clear").is(t, exitUsage, "", `larder: this would remove all entries, of all versions, with the prefix "cmdshop" of the alias "default" (redis at redis://`+addr+", prefix cmdshop): say so with --yes\n")
	larder(t, "--url", shop+"&owner=true", "clear").says(t, exitUsage, "EVERYTHING in the database, because of the option owner")
	larder(t, "--url", shop, "get", "k").is(t, exitDone, "v\n", "")
	larder(t, "--url", shop, "clear", "--yes").is(t, exitDone, "cleared\n", "")
	larder(t, "--url", shop, "get", "k").is(t, exitNo, "", "larder: \"k\" is not there\n")
	larder(t, "--url", euro, "get", "k").is(t, exitDone, "v\n", "")
	larder(t, "--url", euro, "clear", "--yes").is(t, exitDone, "cleared\n", "")
}
