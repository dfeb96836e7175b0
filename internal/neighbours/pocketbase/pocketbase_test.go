package pocketbase_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/neighbours/apps"
	"github.com/larder-go/larder/middleware"
)

// kinds are the caches that are for the whole of a program, and the header fields
// that they add.
var kinds = map[string]struct {
	cached func(http.Handler) http.Handler
	adds   []string
}{
	"Shared": {middleware.Shared(), nil},
	"Site":   {middleware.Site(), []string{"Cache-Control", "Etag"}},
}

func TestPocketBaseInsideOfACache(t *testing.T) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			site := start(t, kind.cached)
			site.Adds = kind.adds
			t.Run("pages are the same", func(t *testing.T) { isTheSame(t, site) })
			t.Run("two users see their own records", func(t *testing.T) { keepsUsersApart(t, site) })
			t.Run("an event reaches its listener", func(t *testing.T) { sendsEvents(t, site) })
		})
	}
}

func newVisitor(t *testing.T) *apps.Visitor {
	v := apps.NewVisitor()
	t.Cleanup(v.Close)
	return v
}

// ask sends JSON through the cache and reads JSON into answer.
func ask(t *testing.T, v *apps.Visitor, site apps.Site, r apps.Request, answer any) {
	t.Helper()
	got, err := v.Ask(t.Context(), site.Cached, r.With("Content-Type", "application/json"))
	must(t, err)
	if got.Status >= 300 {
		t.Fatalf("%s is answered %d: %s", r, got.Status, got.Body)
	}
	if answer != nil {
		must(t, json.Unmarshal(got.Body, answer))
	}
}

func isTheSame(t *testing.T, site apps.Site) {
	v := newVisitor(t)
	var list struct {
		Items []struct{ ID, Document string }
	}
	ask(t, v, site, apps.Request{Target: "/api/collections/posts/records"}, &list)
	record := "/api/collections/posts/records/" + list.Items[0].ID
	file := "/api/files/posts/" + list.Items[0].ID + "/" + list.Items[0].Document
	pages := []string{
		"/api/health", "/api/collections/posts/records", "/api/collections/posts/records?perPage=1&sort=-title",
		record, file, file + "?download=1", "/api/collections/none/records", "/api/collections/notes/records", "/none",
	}
	site.Visit(t, v, pages)
	if len(site.Adds) == 0 { // an ETag that the cache adds answers conditions that PocketBase cannot
		site.Probe(t, v, []string{file})
	}
}

func keepsUsersApart(t *testing.T, site apps.Site) {
	v := newVisitor(t)
	tokens := map[string]string{}
	for _, name := range []string{"ada", "bob"} {
		var answer struct{ Token string }
		login := apps.Request{Method: "POST", Target: "/api/collections/users/auth-with-password",
			Body: fmt.Sprintf(`{"identity":"%s@app.test","password":"%s"}`, name, password)}
		ask(t, v, site, login, &answer)
		tokens[name] = answer.Token
	}
	for range 2 {
		for name, token := range tokens {
			for _, coding := range []string{"identity", "gzip"} {
				got := site.Compare(t, v, apps.Request{Target: "/api/collections/notes/records"}.
					With("Authorization", token, "Accept-Encoding", coding))
				if !bytes.Contains(got.Body, []byte("secret of "+name)) || bytes.Count(got.Body, []byte("secret of")) != 1 {
					t.Errorf("%s sees %s (%s)", name, got.Body, got.CacheStatus())
				}
			}
		}
	}
}

// sendsEvents listens, subscribes and makes a record, all through the cache. The
// stream has to go through as it is written: there is no end to wait for.
func sendsEvents(t *testing.T, site apps.Site) {
	listener, v := newVisitor(t), newVisitor(t)
	res, err := listener.Send(t.Context(), site.Cached, apps.Request{Target: "/api/realtime"})
	must(t, err)
	defer res.Body.Close()
	events := bufio.NewScanner(res.Body)
	var connected struct{ ClientID string }
	must(t, json.Unmarshal([]byte(next(t, events, "PB_CONNECT")), &connected))
	ask(t, v, site, apps.Request{Method: "POST", Target: "/api/realtime",
		Body: fmt.Sprintf(`{"clientId":%q,"subscriptions":["posts/*"]}`, connected.ClientID)}, nil)
	ask(t, v, site, apps.Request{Method: "POST", Target: "/api/collections/posts/records", Body: `{"title":"second"}`}, nil)
	if event := next(t, events, "posts/*"); !strings.Contains(event, `"title":"second"`) {
		t.Errorf("the event is %s", event)
	}
}

// next returns the data of the next event of a name.
func next(t *testing.T, events *bufio.Scanner, name string) string {
	t.Helper()
	found := false
	for events.Scan() {
		if value, ok := strings.CutPrefix(events.Text(), "event:"); ok {
			found = strings.TrimSpace(value) == name
		}
		if value, ok := strings.CutPrefix(events.Text(), "data:"); ok && found {
			return value
		}
	}
	t.Fatalf("the stream ends before %s: %v", name, events.Err())
	return ""
}
