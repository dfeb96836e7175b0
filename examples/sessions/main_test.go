package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/cache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program is the example with all its caches in files.
func program(t *testing.T) (*cache.Handler, http.Handler) {
	t.Helper()
	settings := make(cache.Settings)
	for _, alias := range []string{"sessions", "limits", "default"} {
		settings[alias] = cache.Config{Backend: "file", Location: t.TempDir()}
	}
	caches, err := cache.NewHandler(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caches.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return caches, routes(caches)
}

// ask sends a request with a session, if there is one, and returns the response
// and the session that the client has then.
func ask(h http.Handler, method, path, session, user string) (*httptest.ResponseRecorder, string) {
	r := httptest.NewRequest(method, path, nil)
	if user != "" {
		r = httptest.NewRequest(method, path, strings.NewReader(url.Values{"user": {user}}.Encode()))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if session != "" {
		r.Header.Set("Cookie", "session="+session)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		session = c.Value
	}
	return w, session
}

func wantMe(t *testing.T, h http.Handler, session, want string) {
	t.Helper()
	w, _ := ask(h, "GET", "/me", session, "")
	if got := strings.TrimSpace(w.Body.String()); got != want {
		t.Errorf("the page is %q, want %q", got, want)
	}
}

const nobody = "log in first"

func TestEachSessionHasItsUser(t *testing.T) {
	_, h := program(t)
	_, alice := ask(h, "POST", "/login", "", "alice")
	_, bob := ask(h, "POST", "/login", "", "bob")
	for range 2 {
		wantMe(t, h, alice, "hello, alice")
		wantMe(t, h, bob, "hello, bob")
		wantMe(t, h, "", nobody)
		wantMe(t, h, "guessed", nobody)
	}
	if _, session := ask(h, "POST", "/logout", alice, ""); session != "" {
		t.Errorf("the cookie is %q after logging out", session)
	}
	wantMe(t, h, alice, nobody)
	wantMe(t, h, bob, "hello, bob")
}

func TestLoggingInEndsTheSessionThatWasThere(t *testing.T) {
	_, h := program(t)
	_, planted := ask(h, "POST", "/login", "", "mallory")
	w, own := ask(h, "POST", "/login", planted, "alice")
	if own == planted || len(own) < 26 {
		t.Errorf("the session is %q, and was %q", own, planted)
	}
	wantMe(t, h, planted, nobody)
	wantMe(t, h, own, "hello, alice")
	cookie := w.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("the cookie is %v", cookie)
	}
}

func TestASessionLastsAWeekFromItsLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, h := program(t)
		_, alice := ask(h, "POST", "/login", "", "alice")
		for range 5 {
			time.Sleep(idle - time.Hour)
			wantMe(t, h, alice, "hello, alice")
		}
		time.Sleep(idle + time.Second)
		wantMe(t, h, alice, nobody)
	})
}

func TestWhatIsStoredDoesNotLogIn(t *testing.T) {
	caches, h := program(t)
	_, alice := ask(h, "POST", "/login", "", "alice")
	sessions, err := caches.Cache("sessions")
	if err != nil {
		t.Fatal(err)
	}
	if has, err := sessions.Has(t.Context(), alice); has || err != nil {
		t.Errorf("the id is the key: %v, %v", has, err)
	}
	wantMe(t, h, key(alice), nobody)
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	_, h := program(t)
	r := httptest.NewRequest("POST", "/login", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("the status is %d", w.Code)
	}
}

func TestThePageForAllIsCachedForEveryUser(t *testing.T) {
	_, h := program(t)
	_, alice := ask(h, "POST", "/login", "", "alice")
	first, _ := ask(h, "GET", "/", alice, "")
	second, _ := ask(h, "GET", "/", "", "")
	if status := second.Header().Get("Cache-Status"); !strings.Contains(status, "; hit") || first.Body.String() != second.Body.String() {
		t.Errorf("Cache-Status is %q, the pages %q and %q", status, first.Body, second.Body)
	}
}

func TestALimitHoldsHoweverManyComeAtOnce(t *testing.T) {
	caches, _ := program(t)
	ctx := caches.Scope(t.Context())
	var allowed atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			ok, err := allow(ctx, "client")
			if err != nil {
				t.Error(err)
			}
			if ok {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != tries {
		t.Errorf("%d were allowed, want %d", allowed.Load(), tries)
	}
	if ok, err := allow(ctx, "another"); !ok || err != nil {
		t.Errorf("another client: %v, %v", ok, err)
	}
}

func TestAWindowEndsThoughItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caches, _ := program(t)
		ctx := caches.Scope(t.Context())
		for second := range 180 { // three windows
			if ok, err := allow(ctx, "client"); ok != (second%60 < tries) || err != nil {
				t.Errorf("second %d: %v, %v", second, ok, err)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestTooManyLogInsAreRefused(t *testing.T) {
	_, h := program(t)
	for i := range tries + 2 {
		w, session := ask(h, "POST", "/login", "", "alice")
		if refused := w.Code == http.StatusTooManyRequests; refused != (i >= tries) || refused != (session == "") {
			t.Errorf("attempt %d: status %d, session %q", i, w.Code, session)
		}
	}
}
