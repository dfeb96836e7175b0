package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/cache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// visitor is a client of the site, with cookies of its own.
type visitor struct {
	t       *testing.T
	site    http.Handler
	session string
}

func newVisitors(t *testing.T) (alice, bob *visitor) {
	t.Helper()
	caches, err := cache.NewHandler(cache.Settings{"default": {Backend: "memory"}, "sessions": {Backend: "memory", Location: "sessions"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caches.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	site := newSite().routes(caches)
	return &visitor{t: t, site: site}, &visitor{t: t, site: site}
}

// ask sends a request, a form if it is given fields, and returns the page.
func (v *visitor) ask(method, path string, form url.Values) (page, cacheStatus string) {
	r := httptest.NewRequest(method, path, nil)
	if form != nil {
		r = httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v.session != "" {
		r.Header.Set("Cookie", "session="+v.session)
	}
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		v.session = c.Value
	}
	return w.Body.String(), w.Header().Get("Cache-Status")
}

// want expects a page with a text in it, and with a part of Cache-Status.
func (v *visitor) want(path, text, cacheStatus string) {
	v.t.Helper()
	page, status := v.ask("GET", path, nil)
	if !strings.Contains(page, text) || !strings.Contains(status, cacheStatus) {
		v.t.Errorf("%s, Cache-Status %q, want %q and %q in it:\n%s", path, status, text, cacheStatus, page)
	}
}

func TestAFormChangesAllThatShowsTheNotice(t *testing.T) {
	alice, bob := newVisitors(t)
	for _, path := range []string{"/", "/notices/cat"} {
		alice.want(path, "Lost: a grey cat.", "stored")
		bob.want(path, "Lost: a grey cat.", "; hit")
	}
	alice.ask("POST", "/login", url.Values{"name": {"alice"}})
	alice.want("/me", "<h1>alice</h1>", "stored")
	alice.ask("POST", "/notices/cat", url.Values{"text": {"<Found>"}})
	for _, path := range []string{"/", "/notices/cat"} {
		bob.want(path, "<b>&lt;Found&gt;</b> (alice)", "stored")
	}
	alice.want("/me", "&lt;Found&gt;", "stored")
	// What did not change was not rendered again: the second part that was made.
	bob.want("/", `No bicycles in the stairwell.</b> (the caretaker) <small>part <span class="part">2<`, "; hit")
}

func TestEachSessionHasAPageOfItsOwn(t *testing.T) {
	alice, bob := newVisitors(t)
	alice.ask("POST", "/login", url.Values{"name": {"alice"}})
	bob.ask("POST", "/login", url.Values{"name": {"bob"}})
	alice.want("/me", "<h1>alice</h1>", "stored")
	bob.want("/me", "<h1>bob</h1>", "stored")
	alice.want("/me", "<h1>alice</h1>", "; hit")
	bob.want("/me", "<h1>bob</h1>", "; hit")
	bob.session = ""
	if page, _ := bob.ask("GET", "/me", nil); strings.Contains(page, "<h1>") {
		t.Errorf("who is not logged in sees\n%s", page)
	}
}
