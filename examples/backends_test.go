package examples_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/larder-go/larder/backends/pgstore"
	"github.com/larder-go/larder/internal/testserver"
)

// smallTree is a source tree that is quick to report on.
const smallTree = "quickstart/testdata/goroot"

// place is a cache that the quickstart can use.
type place struct {
	url   func(t *testing.T) string
	lasts bool // what is there survives the end of the program
}

var places = map[string]place{
	"memory":    {func(*testing.T) string { return "memory://" }, false},
	"file":      {func(t *testing.T) string { return "file://" + t.TempDir() + "/cache" }, true},
	"redis":     {func(t *testing.T) string { return "redis://" + testserver.Redis(t) + "?prefix=" + rand.Text() }, true},
	"memcached": {func(t *testing.T) string { return "memcached://" + testserver.Memcached(t) + "?prefix=" + rand.Text() }, true},
	"postgres":  {tableURL, true},
}

func TestTheQuickstartShowsTheSamePageFromEachBackend(t *testing.T) {
	binary := build(t, "quickstart")
	pages := make(map[string]bool)
	for name, p := range places {
		t.Run(name, func(t *testing.T) {
			args := []string{"-addr", "127.0.0.1:0", "-root", smallTree, "-cache", p.url(t)}
			var first string
			t.Run("first run", func(t *testing.T) {
				address := run(t, binary, args...)
				first = wantPage(t, address, "fwd=uri-miss")
				if again := wantPage(t, address, "; hit"); again != first {
					t.Errorf("the second page is not the first:\n%s\nand\n%s", first, again)
				}
			})
			t.Run("after a restart", func(t *testing.T) {
				address := run(t, binary, args...)
				if !p.lasts {
					wantPage(t, address, "fwd=uri-miss")
				} else if page := wantPage(t, address, "; hit"); page != first {
					t.Errorf("the page is not that of before:\n%s\nand\n%s", first, page)
				}
			})
			pages[untimed(first)] = true
		})
	}
	if len(pages) > 1 {
		t.Errorf("the backends show %d different pages", len(pages))
	}
}

// wantPage gets the page, and expects status as a part of Cache-Status.
func wantPage(t *testing.T, address, status string) (body string) {
	t.Helper()
	body, got := get(t, address)
	if !strings.Contains(got, status) {
		t.Errorf("Cache-Status is %q, want %s in it", got, status)
	}
	return body
}

var madeAt = regexp.MustCompile(`<p class="made">.*</p>`)

// untimed leaves out when a page was made, and how long that took.
func untimed(page string) string { return madeAt.ReplaceAllString(page, "") }

func TestTheQuickstartSaysHowToMakeTheTableThatIsMissing(t *testing.T) {
	address := postgresURL(t, "no_such_table")
	out, err := exec.Command(build(t, "quickstart"), "-addr", "127.0.0.1:0", "-root", smallTree, "-dir", t.TempDir(), "-cache", address).CombinedOutput()
	text := string(out)
	if err == nil || strings.Count(text, "\n") != 1 {
		t.Errorf("it ends with %v and says\n%s\nwant a failure and one line", err, text)
	}
	for _, part := range []string{"no_such_table", "larder createcachetable"} {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
	if server, err := url.Parse(address); err == nil {
		if password, _ := server.User.Password(); strings.Contains(text, password) {
			t.Errorf("it shows the password:\n%s", text)
		}
	}
}

// tableURL returns the URL of a table that is dropped when the test ends.
func tableURL(t *testing.T) string {
	opts := pgstore.Options{URL: testserver.Postgres(t), Table: "quickstart_" + strings.ToLower(rand.Text())}
	if _, err := pgstore.CreateTable(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), opts.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := conn.Exec(ctx, "DROP TABLE "+pgx.Identifier{opts.Table}.Sanitize())
		if err := errors.Join(err, conn.Close(ctx)); err != nil {
			t.Error(err)
		}
	})
	return postgresURL(t, opts.Table)
}

func postgresURL(t *testing.T, table string) string {
	server, err := url.Parse(testserver.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	query := server.Query()
	query.Set("table", table)
	server.RawQuery = query.Encode()
	return server.String()
}
