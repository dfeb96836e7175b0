package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/larder-go/larder/cache/driver"
	"github.com/larder-go/larder/internal/testserver"
)

// marker is in every password of these tests, whichever way it is written.
const marker = "s3cretMARKERs3cret"

// No output of the command has a password, wherever that stands and whatever
// goes wrong.
func TestNoOutputHasAPassword(t *testing.T) {
	closed := fmt.Sprintf("127.0.0.1:%d", testserver.FreePort(t))
	redis := testserver.StartRedis(t, "--requirepass", "the-right-one").Addr()
	postgres := elsewhere(t, testserver.StartPostgres(t).URL(), password(marker))
	echo := serve(t, echoing)
	urls := []string{
		// Refused, unreachable, repeated by the server.
		"redis://:" + marker + "@" + redis, "redis://someone:" + marker + "@" + redis, "redis://" + redis + "?password=" + marker,
		"redis://:" + marker + "@" + closed, "redis://" + closed + "?username=" + marker + "&password=" + marker,
		"redis://:" + marker + "@" + echo, "rediss://:" + marker + "@" + closed,
		"redis+sentinel://:" + marker + "@" + closed + "/main?sentinel_password=" + marker, "redis+cluster://:" + marker + "@" + closed,
		postgres, elsewhere(t, postgres, host(closed)), elsewhere(t, postgres, func(u *url.URL) { u.Path = "/nowhere" }),
		elsewhere(t, postgres, host(echo)), "postgres://" + closed + "/d?user=u&password=" + marker,

		// Where no password can be.
		"memcached://u:" + marker + "@" + closed, "memory://u:" + marker + "@x", "file://u:" + marker + "@/d", "dummy://" + marker + "@h",
		"memcached://" + closed + "?password=" + marker,

		// Malformed.
		"redis://u:" + marker, "redis://u:" + marker + "@" + closed + ":port", "redis://u:" + marker + "@h:99999",
		"redis://u:" + marker + "#x@" + closed, "redis://u:x#" + marker + "@" + closed, "redis://u:x?" + marker + "@" + closed,
		"redis://u:1?" + marker + "@" + closed, "redis://u:x/" + marker + "@" + closed, "redis://u:%zz" + marker + "@" + closed,
		"redis://u:" + marker + "@" + closed + "/x", "redis://u:" + marker + "@a:1,b:x", "redis:u:" + marker + "@" + closed,
		"redis://" + closed + "?password=x&" + marker, "redis://" + closed + "?password=x&password=" + marker,
		"postgres://u:" + marker + "@h:port/d", "postgres://u:" + marker + "#x@h/d", "postgres://u:" + marker + "@h/d?password=" + marker,
		"nosuch://u:" + marker + "@" + closed, "u:" + marker + "@" + closed, "",

		// A parameter that does not exist, beside a password and instead of it.
		"redis://:" + marker + "@" + closed + "?colour=red", "redis://" + closed + "?passwort=" + marker,
		"postgres://u:" + marker + "@" + closed + "/d?colour=red", "postgres://" + closed + "/d?passwort=" + marker,
		"redis://:" + marker + "@" + closed + "?pool_size=-1", "redis://:" + marker + "@" + closed + "?password=" + marker,
		"redis://" + closed + "?addrs=u:" + marker + "@h:1", "redis://" + closed + "?replicas=u:" + marker + "@h:1",
		"memcached://?addrs=u:" + marker + "@h:1",
	}
	t.Run("arguments and settings", func(t *testing.T) {
		for i, raw := range urls {
			// The name is in the paths of files, which are shown. Most wait for a server.
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				wantNoMarkerOf(t, raw)
			})
		}
	})
	for _, raw := range urls {
		t.Run("env", func(t *testing.T) {
			t.Setenv("LARDER_CACHE_DEFAULT", raw)
			wantNoMarker(t, larder(t, "check", "--wait=1s"))
		})
	}
}

// wantNoMarkerOf gives the commands a URL, in every way except the environment.
func wantNoMarkerOf(t *testing.T, raw string) {
	t.Helper()
	wantNoMarker(t, larder(t, "createcachetable", "--dry-run", "--url", raw))
	for _, args := range [][]string{{"check"}, {"check", "--json"}, {"get", "k"}, {"set", "k", "v", "--json"}, {"clear"}, {"clear", "--yes"}, {"stats"}, {"createcachetable"}} {
		o := larder(t, append(args, "--wait=1s", "--url", raw)...)
		wantNoMarker(t, o)
		if o.code != exitFailed && o.code != exitUsage && raw != "" {
			t.Errorf("larder %v ends with %d", o.args, o.code)
		}
	}
	wantNoMarker(t, larder(t, "check", raw))
	wantNoMarker(t, larder(t, raw))
	wantNoMarker(t, larder(t, "get", "k", "--url", "dummy://", "--alias", raw))
	wantNoMarker(t, larder(t, "check", "--settings", settingsFile(t, map[string]any{"default": raw})))
	wantNoMarker(t, larder(t, "check", "--settings", settingsFile(t, map[string]any{"default": map[string]any{"backend": raw}})))
	for _, backend := range append(driver.DefaultRegistry.Names(), "nosuch") {
		if backend == "file" && !strings.Contains(raw, "://") {
			continue // it is a name for a directory like any other
		}
		settings := map[string]any{"default": map[string]any{"backend": backend, "location": raw}}
		if backend == "memory" {
			settings["other"] = map[string]any{"backend": backend, "location": raw, "options": map[string]any{"max_entries": 5}}
		}
		wantNoMarker(t, larder(t, "check", "--wait=1s", "--settings", settingsFile(t, settings)))
	}
}

func TestNoOutputHasAPasswordOfTheWrongType(t *testing.T) {
	for _, options := range []map[string]any{
		{"password": []string{marker}}, {"password": map[string]any{"x": marker}}, {"username": []string{marker}},
		{"sentinel_password": []string{marker}}, {"addrs": []string{"u:" + marker + "@h:1"}}, {"replicas": []string{"u:" + marker + "@h:1"}},
		{"passwort": []string{marker}},
	} {
		for _, backend := range driver.DefaultRegistry.Names() {
			location := map[string]string{"file": t.TempDir()}[backend]
			o := larder(t, "check", "--wait=1s", "--settings", settingsFile(t, map[string]any{"default": map[string]any{"backend": backend, "location": location, "options": options}}))
			wantNoMarker(t, o)
			o.says(t, exitUsage, "failed")
		}
	}
}

func wantNoMarker(t *testing.T, o outcome) {
	t.Helper()
	for _, part := range []string{marker, marker[:8], marker[len(marker)-8:]} {
		if strings.Contains(o.stdout+o.stderr, part) {
			t.Errorf("larder %s\nshows the password:\n%s%s", strings.Join(o.args, " "), o.stdout, o.stderr)
			return
		}
	}
}
