package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

// elsewhere is a URL with a part of it changed.
func elsewhere(t *testing.T, raw string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func password(word string) func(*url.URL) {
	return func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), word) }
}

func host(addr string) func(*url.URL) { return func(u *url.URL) { u.Host = addr } }

// What cannot work is one clear line, from an operation as from check.
func TestBadInputIsOneClearLine(t *testing.T) {
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	guarded := testserver.StartRedis(t, "--requirepass", "the-right-one").Addr()
	postgres := testserver.StartPostgres(t).URL() // the shared one may trust everybody
	at := func(addr string) string { return elsewhere(t, postgres, host(addr)) }
	pg, err := url.Parse(postgres)
	if err != nil {
		t.Fatal(err)
	}
	quiet, oldR, oldM, oldP := serve(t, unresponsive), serve(t, oldRedis), serve(t, oldMemcached), serve(t, oldPostgres)
	for _, test := range []struct{ name, url, says string }{
		{"redis, unreachable", "redis://" + closed, "no answer from " + closed + " after "},
		{"redis, silent", "redis://" + quiet + "?read_timeout=100ms&max_retries=0", "no answer from " + quiet + " after "},
		{"redis, no password", "redis://" + guarded, guarded + " wants a password, and none is given"},
		{"redis, wrong password", "redis://:wrong@" + guarded, guarded + " refuses the user name or the password"},
		{"redis, no such database", "redis://" + testserver.Redis(t) + "/99", testserver.Redis(t) + " has no database 99"},
		{"redis, too old", "redis://" + oldR, oldR + " is Redis 3.2.12, which is too old: 4.0 is needed"},
		{"memcached, unreachable", "memcached://" + closed + "?ping=true", "memcached server " + closed + ", after "},
		{"memcached, silent", "memcached://" + quiet + "?ping=true&io_timeout=100ms", "memcached server " + quiet + ", after "},
		{"postgres, unreachable", at(closed), "no connection to PostgreSQL at " + closed},
		{"postgres, silent", with(at(quiet), "connect_timeout=100ms"), "no connection to PostgreSQL at " + quiet},
		{"postgres, wrong password", elsewhere(t, postgres, password("wrong")), `no connection to PostgreSQL at ` + pg.Host + ` (user "larder", database "postgres"): `},
		{"postgres, no such database", elsewhere(t, postgres, func(u *url.URL) { u.Path = "/nowhere" }), `database "nowhere" does not exist`},
		{"postgres, too old", at(oldP), "PostgreSQL at " + oldP + " is version 12.22: pgstore needs 15 or later"},
		{"postgres, no table", with(postgres, "table=nowhere"), `the table "nowhere" does not exist in the database "postgres" at ` + pg.Host + `: make it with the command "larder createcachetable default"`},
		{"memcached, too old", "memcached://" + oldM, oldM + ": it is Memcached 1.4.15, which is too old: 1.5.3 is needed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			commands := [][]string{{"check"}, {"get", "k"}, {"set", "k", "v"}, {"stats"}}
			if strings.HasSuffix(test.name, "memcached, too old") {
				commands = [][]string{{"check"}, {"stats"}} // Get needs nothing that is new
			}
			for _, args := range commands {
				o := larder(t, append(args, "--url", test.url)...)
				o.says(t, exitFailed, test.says)
				if lines := strings.Count(o.stdout+o.stderr, "\n"); lines != 1 {
					t.Errorf("larder %v: %d lines:\n%s%s", args, lines, o.stdout, o.stderr)
				}
			}
		})
	}
}

func TestKeysAndValuesThatCannotBe(t *testing.T) {
	large := strings.Repeat("v", 2<<20)
	redis, memcached, postgres := testbackends.URL(t, "redis"), testbackends.URL(t, "memcached"), testbackends.URL(t, "postgres")
	larderWith(t, large, "--url", memcached, "set", "k", "-").says(t, exitUsage, `Set "k": value too large`)
	larderWith(t, large, "--json", "--url", memcached, "set", "k", "-").says(t, exitUsage, `"kind":"too_large"`)
	for backend, url := range map[string]string{"memcached": memcached, "redis": with(redis, "max_value_size=1MiB"), "postgres": with(postgres, "max_value_bytes=1MiB")} {
		t.Run("a set that is too large leaves nothing, "+backend, func(t *testing.T) {
			larder(t, "--url", url, "set", "old", "v").says(t, exitDone, "stored")
			larderWith(t, large, "--url", url, "set", "old", "-").says(t, exitUsage, "value too large")
			larder(t, "--url", url, "get", "old").says(t, exitNo, "old")
		})
	}
	larderWith(t, large, "--url", with(redis, "max_value_size=1MiB"), "set", "k", "-").says(t, exitUsage, `Set "k": value too large`)
	larderWith(t, large, "--url", with(postgres, "max_value_bytes=1MiB"), "set", "k", "-").says(t, exitUsage, `Set "k": value too large`)

	long := strings.Repeat("k", 300)
	for _, args := range [][]string{{"get"}, {"set", "--json-value"}, {"add"}, {"touch"}, {"delete"}, {"incr"}, {"decr"}} {
		for key, says := range map[string]string{"a b": "invalid key: byte 0x20 at place", long: "invalid key: it has 3"} {
			all := append([]string{"--url", memcached}, append(args, key)...)
			if args[0] == "set" || args[0] == "add" {
				all = append(all, "1")
			}
			larder(t, all...).says(t, exitUsage, says)
		}
	}
}

// A waiting user is told for what and for how long, also where it is its own
// maxWait that ends.
func TestWaitBoundsEveryCommandAndTheErrorNamesTheServer(t *testing.T) {
	quiet := serve(t, unresponsive)
	for _, url := range []string{"redis://" + quiet, "memcached://" + quiet + "?ping=true", "postgres://u@" + quiet + "/d?sslmode=disable"} {
		for _, args := range [][]string{{"check"}, {"get", "k"}, {"stats"}} {
			larder(t, append(args, "--wait=100ms", "--url", url)...).says(t, exitFailed, quiet)
		}
	}
	larder(t, "createcachetable", "--wait=100ms", "--url", "postgres://u@"+quiet+"/d?sslmode=disable").says(t, exitFailed, quiet, "none after ")
}

func TestAnInterruptEndsTheCommand(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, context.Canceled)
	defer cancel()
	o := larderWithin(ctx, "", "get", "k", "--url", "redis://"+serve(t, unresponsive))
	o.says(t, exitFailed, "no answer from")
}

// A script takes exit code 3 for an outage. What an entry or a limit does not allow is none.
func TestWhatAnEntryDoesNotAllowIsNoOutage(t *testing.T) {
	onEachShared(t, func(t *testing.T, _, url string) {
		do := func(args ...string) outcome { return larder(t, append([]string{"--url", url}, args...)...) }
		do("set", "text", "five").is(t, exitDone, "stored\n", "")
		do("incr", "text").says(t, exitUsage, "value is not an integer")
		do("decr", "text").says(t, exitUsage, "value is not an integer")
		do("set", "value", "[1]", "--json-value").is(t, exitDone, "stored\n", "")
		do("incr", "value").says(t, exitUsage, "value is not an integer")
		do("set", "n", "9223372036854775807", "--int").is(t, exitDone, "stored\n", "")
		do("incr", "n").says(t, exitUsage, "overflow")
		do("get", "n").is(t, exitDone, "9223372036854775807\n", "")
	})
}

func TestAClearThatFailedSaysThatAPartMayBeGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	interrupted := func(conn net.Conn) { stopsAtScan(conn, cancel) }
	url := "redis://" + serve(t, interrupted) + "?max_retries=0&read_timeout=200ms"
	o := larderWithin(ctx, "", "--json", "clear", "--yes", "--url", url)
	o.says(t, exitFailed, "some of the entries may have been removed: run the command again", `"kind":"interrupted"`)
	larder(t, "clear", "--yes", "--wait=100ms", "--url", url).says(t, exitFailed, "some of the entries may have been removed")
	if o := larder(t, "clear", "--yes", "--url", "redis://127.0.0.1:1"); strings.Contains(o.stderr, "removed") {
		t.Errorf("nothing was begun: %q", o.stderr)
	}
}
