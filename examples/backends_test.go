package examples_test

import (
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/testbackends"
)

// smallTree is a source tree that is quick to report on.
const smallTree = "quickstart/testdata/goroot"

// offered are the backends that the quickstart imports. An example imports public packages
// only, so it has its own list, as the program of a user has.
var offered = []string{"memory", "file", "redis", "memcached", "postgres"}

func TestTheQuickstartShowsTheSamePageFromEachBackend(t *testing.T) {
	binary := build(t, "quickstart")
	pages := make(map[string]bool)
	for _, name := range offered {
		t.Run(name, func(t *testing.T) {
			backend := testbackends.Named(t, name)
			args := []string{"-addr", "127.0.0.1:0", "-root", smallTree, "-cache", backend.URL(t)}
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
				if backend.Private {
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
	address := testbackends.PostgresURL(t, "no_such_table")
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
