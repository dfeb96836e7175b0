package examples_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/testbackends"
	"github.com/larder-go/larder/internal/testserver"
)

// browser is a client of the sessions example, with cookies.
type browser struct {
	t *testing.T
	http.Client
}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, http.Client{Jar: jar, Timeout: deadline}}
}

// want asks for a page, by a POST if there is a form, and expects an answer.
func (b *browser) want(address string, form url.Values, status int, text string) {
	b.t.Helper()
	ask := func() (*http.Response, error) { return b.Get(address) }
	if form != nil {
		ask = func() (*http.Response, error) { return b.PostForm(address, form) }
	}
	response, err := ask()
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if got := strings.TrimSpace(string(body)); err != nil || response.StatusCode != status || got != text {
		b.t.Errorf("%s: %d %q, %v; want %d %q", address, response.StatusCode, got, err, status, text)
	}
}

func TestTheSessionsExampleHasEachCacheOnABackendOfItsOwn(t *testing.T) {
	prefix := "?prefix=" + rand.Text()
	t.Setenv("LARDER_CACHE_SESSIONS", "redis://"+testserver.Redis(t)+prefix)
	t.Setenv("LARDER_CACHE_LIMITS", testbackends.URL(t, "postgres"))
	t.Setenv("LARDER_CACHE_DEFAULT", "memory://")
	binary := build(t, "sessions")
	alice, bob := newBrowser(t), newBrowser(t)
	t.Run("first run", func(t *testing.T) {
		address := run(t, binary, "-addr", "127.0.0.1:0")
		visit(t, address)
		alice.want(address+"/login", url.Values{"user": {"alice"}}, http.StatusOK, "")
		alice.want(address+"/me", nil, http.StatusOK, "hello, alice")
		bob.want(address+"/me", nil, http.StatusForbidden, "log in first")
		for range 4 {
			bob.want(address+"/login", url.Values{"user": {"bob"}}, http.StatusOK, "")
		}
		bob.want(address+"/login", url.Values{"user": {"bob"}}, http.StatusTooManyRequests, "too many attempts")
	})
	t.Run("after a restart", func(t *testing.T) {
		address := run(t, binary, "-addr", "127.0.0.1:0")
		visit(t, address) // the pages are refreshed
		alice.want(address+"/me", nil, http.StatusOK, "hello, alice")
		alice.want(address+"/logout", url.Values{}, http.StatusOK, "")
		alice.want(address+"/me", nil, http.StatusForbidden, "log in first")
	})
}
