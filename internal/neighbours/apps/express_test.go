package apps_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/larder-go/larder/internal/neighbours/apps"
	"github.com/larder-go/larder/internal/testserver"
)

func TestExpressBehindTheCache(t *testing.T) {
	t.Parallel()
	site := apps.StartExpress(t)
	rules{
		"pages are the same":                          expressIsTheSame,
		"sessions stay apart":                         expressKeepsSessionsApart,
		"long polls are all known to the application": expressKnowsLongPolls,
	}.run(t, site)
}

var expressPages = []string{
	"/page/1", "/page/2", "/plain", "/json", "/old", "/stream", "/me", "/basket", "/none",
	"/static/style.css", "/static/folder", "/static/folder/", "/static/large.bin",
}

func expressIsTheSame(t *testing.T, site apps.Site) {
	v := newVisitor(t)
	site.Visit(t, v, expressPages)
	apps.Expire(t, lifetime)
	site.Visit(t, v, expressPages)
	probed := some("/page/1", "/static/style.css", "/plain", "/json", "/stream", "/static/large.bin")
	site.Probe(t, v, probed)
	apps.Expire(t, lifetime)
	site.Probe(t, v, probed)
}

func expressKeepsSessionsApart(t *testing.T, site apps.Site) {
	users := map[string]*apps.Visitor{}
	for _, name := range []string{"ada", "bob"} {
		users[name] = newVisitor(t)
		answer, err := users[name].Ask(t.Context(), site.Cached, apps.Request{Method: "POST", Target: "/login/" + name})
		if err != nil || answer.Status != 303 || users[name].Cookie("connect.sid") == "" {
			t.Fatalf("%s cannot sign in: %d, %v", name, answer.Status, err)
		}
	}
	for range 2 {
		for name, v := range users {
			for _, target := range []string{"/me", "/basket"} {
				answer := site.Compare(t, v, apps.Request{Target: target}.With("Accept-Encoding", "gzip"))
				if !bytes.Contains(answer.Body, []byte(name)) {
					t.Errorf("%s does not see the own page at %s: %s", name, target, answer.CacheStatus())
				}
			}
		}
	}
}

// Each of five clients that poll has to be known to the application, before there
// is an event.
func expressKnowsLongPolls(t *testing.T, site apps.Site) {
	const clients = 5
	for _, target := range []string{"/poll", "/poll-etag"} {
		for _, sessions := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s sessions=%t", target, sessions), func(t *testing.T) {
				answers := make(chan error, clients)
				for i := range clients {
					go func() { answers <- poll(t.Context(), site.Cached, target, sessions, i) }()
				}
				observer := newVisitor(t)
				testserver.Await(t, func(ctx context.Context) error {
					known, err := observer.Ask(ctx, site.Direct, apps.Request{Target: target + "/waiting"})
					if err == nil && string(known.Body) != fmt.Sprint(clients) {
						err = fmt.Errorf("%s of %d clients are known", known.Body, clients)
					}
					return err
				})
				if _, err := observer.Ask(t.Context(), site.Cached, apps.Request{Method: "POST", Target: target}); err != nil {
					t.Fatal(err)
				}
				for range clients {
					if err := <-answers; err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// poll waits for an event, in a session of its own or in none.
func poll(ctx context.Context, base, target string, session bool, i int) error {
	v := apps.NewVisitor()
	defer v.Close()
	r := apps.Request{Target: target}
	if session {
		r = r.With("Cookie", fmt.Sprintf("connect.sid=session-%d", i))
	}
	answer, err := v.Ask(ctx, base, r)
	if err == nil && (answer.Status != 200 || string(answer.Body) != "event") {
		err = fmt.Errorf("%s is answered %d %q", r, answer.Status, answer.Body)
	}
	return err
}
