package middleware_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// No value that selects a page is readable in the store, since it is enough to get the page of its
// user.
func TestNothingThatSelectsAPageIsInTheStore(t *testing.T) {
	const secret = "s3cr3t-0f-a-user"
	byContext := middleware.VaryBy(func(r *http.Request) string { return r.Header.Get("X-User") })
	for name, test := range map[string]struct {
		opts    []middleware.PageOption
		says    []string
		request string
	}{
		"a cookie in the key":       {opts: []middleware.PageOption{middleware.VaryByCookie("session")}, request: "Cookie: session=" + secret},
		"a declared field":          {opts: []middleware.PageOption{middleware.VaryByHeader("X-User")}, request: "X-User: " + secret},
		"a value":                   {opts: []middleware.PageOption{byContext}, request: "X-User: " + secret},
		"all cookies, by Vary":      {says: []string{"Vary: Cookie"}, request: "Cookie: session=" + secret},
		"the user's token, by Vary": {says: []string{"Vary: Authorization", "Cache-Control: public, max-age=60"}, request: "Authorization: Bearer " + secret},
		"an API key, by Vary":       {says: []string{"Vary: X-Api-Key"}, request: "X-Api-Key: " + secret},
	} {
		dir := t.TempDir()
		caches := newCaches(t, cache.Config{Backend: "file", Location: dir})
		p := within(caches, middleware.CachePage(memoizedTTL, test.opts...)(answering("page of the user", test.says...)))
		ask(p, "/page") // so that what is known of the URL is stored, too
		ask(p, "/page", test.request)
		ask(p, "/page", test.request).wantHit(t, "page of the user")
		ask(p, "/page", test.request[:len(test.request)-1]).wantStatus(t, "larder; fwd=vary-miss; fwd-status=200; stored")
		if bodies := countIn(t, dir, "page of the user"); bodies < 2 {
			t.Fatalf("%s: the files have %d pages", name, bodies)
		}
		if countIn(t, dir, secret) > 0 {
			t.Errorf("%s: it is in the store's files", name)
		}
	}
}

// countIn returns how often the files of a folder have a text.
func countIn(t *testing.T, dir, text string) int {
	t.Helper()
	count := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		count += bytes.Count(content, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}
