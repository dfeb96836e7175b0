package middleware_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// taking returns a handler that answers after d, or stops when its client leaves.
func taking(d time.Duration, then http.HandlerFunc) *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			then(w, r)
		case <-r.Context().Done():
		}
	}}
}

// kindsOfCache are the three kinds of caching.
var kindsOfCache = map[string]func(...middleware.PageOption) func(http.Handler) http.Handler{
	"CachePage": func(o ...middleware.PageOption) func(http.Handler) http.Handler {
		return middleware.CachePage(ttl, o...)
	},
	"Site":   middleware.Site,
	"Shared": middleware.Shared,
}

// For Site and Shared, one more run begins each second in which no run has sent its header.
func TestOneMoreRunBeginsEachSecondWithoutAHeader(t *testing.T) {
	for name, runs := range map[string]int32{"CachePage": 1, "Site": 3, "Shared": 3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := taking(3*time.Second, writes("page", "Cache-Control: max-age=60"))
				p := within(inMemory(t), kindsOfCache[name]()(h))
				clients := startMany(t, p, 500)
				time.Sleep(3 * time.Second)
				synctest.Wait()
				waiting := int32(0)
				for _, c := range clients {
					select {
					case <-c.done:
					default:
						waiting++
					}
				}
				if waiting > runs-1 { // those who have started a run get its response
					t.Errorf("%d clients wait still", waiting)
				}
				for _, c := range clients {
					c.wait().wantBody(t, "page")
				}
				h.wantRuns(t, runs)
				ask(p, "/page").wantHit(t, "page")
			})
		})
	}
}

// The first of several runs that has a response for all answers all who wait.
func TestTheFirstRunWithAResponseForAllAnswersAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(handler)
		h.serve = func(w http.ResponseWriter, r *http.Request) {
			n := h.runs.Load()
			if n != 2 {
				time.Sleep(20 * time.Second)
			}
			writes(fmt.Sprint("run ", n), "Cache-Control: max-age=60")(w, r)
		}
		p := within(inMemory(t), middleware.Site()(h))
		clients := startMany(t, p, 10)
		time.Sleep(1500 * time.Millisecond)
		ask(p, "/page").wantHit(t, "run 2")
		for i, c := range clients[1:] {
			select {
			case <-c.done:
				c.wait().wantBody(t, "run 2")
			default:
				t.Errorf("client %d waits still", i+1)
			}
		}
		clients[0].wait().wantBody(t, "run 1")
		ask(p, "/page").wantHit(t, "run 2")
		h.wantRuns(t, 2)
	})
}

// No more runs for waiting requests begin than MaxConcurrentRuns says.
func TestAtMostAsManyRunsAsTheOptionSays(t *testing.T) {
	for name, test := range map[string]struct {
		opts []middleware.PageOption
		want int32
	}{
		"by default": {nil, middleware.DefaultMaxConcurrentRuns},
		"three":      {[]middleware.PageOption{middleware.MaxConcurrentRuns(3)}, 3},
		"one":        {[]middleware.PageOption{middleware.MaxConcurrentRuns(1)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := taking(20*time.Second, writes("page"))
				p := within(inMemory(t), middleware.Site(test.opts...)(h))
				clients := startMany(t, p, 40)
				time.Sleep(19 * time.Second)
				synctest.Wait()
				h.wantRuns(t, test.want)
				for _, c := range clients {
					c.wait().wantBody(t, "page")
				}
				h.wantRuns(t, test.want)
			})
		})
	}
}

// polled is an application that answers when there is an event, and knows which
// clients wait for one.
type polled struct {
	events chan struct{}
	fields []string
	known  chan string
}

func newPolled(fields ...string) *polled {
	return &polled{events: make(chan struct{}), fields: fields, known: make(chan string, 100)}
}

func (a *polled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.known <- r.Header.Get("X-Client")
	select {
	case <-a.events:
		writes("event", a.fields...)(w, r)
	case <-r.Context().Done():
	}
}

// wantKnown fails the test unless the application knows that many more clients,
// each by itself.
func (a *polled) wantKnown(t *testing.T, want int) {
	t.Helper()
	synctest.Wait()
	var known []string
	for len(a.known) > 0 {
		known = append(known, <-a.known)
	}
	slices.Sort(known)
	if len(known) != want || len(slices.Compact(known)) != want {
		t.Errorf("the application knows %v, want %d clients", known, want)
	}
}

// poll starts n long polls, each with fields of its own.
func poll(t *testing.T, p http.Handler, n int, fields func(i int) []string) []*client {
	clients := make([]*client, n)
	for i := range clients {
		r := request("GET", "/poll", fmt.Sprint("X-Client: ", i))
		if fields != nil {
			addFields(r.Header, fields(i))
		}
		clients[i] = start(t, p, r)
	}
	return clients
}

// Long polls of one URL through Site or Shared reach the application within seconds: only CachePage
// says that a page is for all.
func TestFiveLongPollsAreKnownToTheApplication(t *testing.T) {
	for _, mode := range []string{"Site", "Shared"} {
		for rule, fields := range map[string][]string{
			"no-store":             {"Cache-Control: no-store"},
			"an ETag":              {`Etag: "1"`},
			"an ETag and no-cache": {`Etag: "1"`, "Cache-Control: no-cache"},
			"nothing":              nil,
			"for one second":       {"Cache-Control: max-age=1"},
		} {
			if mode == "Site" && (fields == nil || rule == "an ETag") {
				continue // which Site stores for five minutes
			}
			t.Run(mode+", "+rule, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					app := newPolled(fields...)
					p := within(inMemory(t), kindsOfCache[mode]()(app))
					for _, pause := range []time.Duration{0, 11 * time.Second, time.Hour} {
						time.Sleep(pause)
						clients := poll(t, p, 5, nil)
						time.Sleep(5 * time.Second)
						app.wantKnown(t, 5)
						close(app.events)
						for _, c := range clients {
							c.wait().wantBody(t, "event")
						}
						app.events = make(chan struct{})
					}
				})
			})
		}
	}
}

// Requests do not wait for a URL whose last response could not be shared.
func TestAURLWhoseLastAnswerCouldNotBeSharedIsNotWaitedFor(t *testing.T) {
	for _, mode := range []string{"Site", "Shared"} {
		for _, field := range []string{"Cache-Control: no-store", "Cache-Control: private", "Set-Cookie: a=1", "Vary: *"} {
			t.Run(mode+", "+field, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					app := newPolled(field)
					p := within(inMemory(t), kindsOfCache[mode]()(app))
					for i, pause := range []time.Duration{0, time.Second, 11 * time.Second, 5 * time.Minute} {
						time.Sleep(pause)
						n := 20
						if i == 0 {
							n = 1
						}
						clients := poll(t, p, n, nil)
						app.wantKnown(t, n)
						close(app.events)
						for _, c := range clients {
							c.wait().wantBody(t, "event")
						}
						app.events = make(chan struct{})
					}
				})
			})
		}
	}
}

// Requests wait for a page again when its responses can be shared again.
func TestAPageThatCanBeSharedAgainIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newPolled("Cache-Control: no-store")
		p := within(inMemory(t), middleware.Site(middleware.MaxConcurrentRuns(1))(app))
		answered := func(clients []*client) {
			close(app.events)
			for _, c := range clients {
				c.wait().wantBody(t, "event")
			}
			app.events = make(chan struct{})
		}
		first := poll(t, p, 1, nil)
		app.wantKnown(t, 1)
		answered(first)
		time.Sleep(time.Minute)
		app.fields = []string{"Cache-Control: max-age=1"}
		second := poll(t, p, 5, nil)
		app.wantKnown(t, 5)
		answered(second)
		time.Sleep(time.Minute)
		third := poll(t, p, 5, nil)
		app.wantKnown(t, 1)
		answered(third)
	})
}

// Requests with different credentials do not wait for each other, unless a page is stored that both
// may have.
// RFC 9111, 3.5
func TestNobodyWaitsAcrossCredentials(t *testing.T) {
	for mode := range kindsOfCache {
		for rule, fields := range map[string]func(i int) []string{
			"session cookies": func(i int) []string { return []string{fmt.Sprint("Cookie: session=", i)} },
			"Authorization":   func(i int) []string { return []string{fmt.Sprint("Authorization: Bearer ", i)} },
			"a user and those who are not signed in": func(i int) []string {
				if i > 1 {
					return nil
				}
				return []string{fmt.Sprint("Cookie: session=", i)}
			},
		} {
			t.Run(mode+", "+rule, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := 5
					if rule == "a user and those who are not signed in" {
						n = 3
					}
					app := newPolled()
					p := within(inMemory(t), kindsOfCache[mode]()(app))
					clients := poll(t, p, n, fields)
					app.wantKnown(t, n)
					close(app.events)
					for _, c := range clients {
						c.wait().wantBody(t, "event")
					}
				})
			})
		}
	}
}

// Requests with the same credentials wait for each other.
func TestRequestsWithTheSameCredentialsWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := taking(time.Second/2, writes("page", "Cache-Control: public, max-age=60"))
		p := cached(t, h)
		var clients []*client
		for i := range 10 {
			clients = append(clients, start(t, p, request("GET", "/page", fmt.Sprint("Cookie: session=", i%2))))
		}
		for _, c := range clients {
			c.wait().wantBody(t, "page")
		}
		h.wantRuns(t, 2)
	})
}

// Users wait for one validation of a stored page that all may have.
func TestUsersWaitForTheValidationOfAPageThatAllMayHave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := taking(time.Second, writes("page", "Cache-Control: public, max-age=60", `Etag: "1"`))
		p := within(inMemory(t), middleware.Site()(h))
		ask(p, "/page", "Cookie: session=0")
		time.Sleep(time.Minute)
		var clients []*client
		for i := range 10 {
			clients = append(clients, start(t, p, request("GET", "/page", fmt.Sprint("Cookie: session=", i))))
		}
		for _, c := range clients {
			c.wait().wantBody(t, "page")
		}
		h.wantRuns(t, 2)
	})
}

// A private response to a user does not keep the page of others from being stored.
func TestWhatAUserGetsDoesNotKeepThePageFromOthers(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		if r.Header["Cookie"] != nil {
			writes("hello, user", "Cache-Control: private")(w, r)
			return
		}
		writes("hello")(w, r)
	}}
	p := cached(t, h)
	ask(p, "/page", "Cookie: session=1").wantBody(t, "hello, user")
	ask(p, "/page").wantBody(t, "hello")
	ask(p, "/page").wantHit(t, "hello")
	ask(p, "/page", "Cookie: session=2").wantBody(t, "hello, user")
}

// Nobody waits for a page that is stale at birth: an express application sends an ETag and no
// lifetime, so each request has to ask it.
// RFC 9111, 4.2.1
func TestNobodyWaitsForAPageThatIsStaleAtBirth(t *testing.T) {
	for _, size := range []int{100, 10_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var validated atomic.Int32
				h := taking(time.Second, func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("If-None-Match") == `"1"` {
						validated.Add(1)
						w.WriteHeader(http.StatusNotModified)
						return
					}
					writes(string(make([]byte, size)), `Etag: "1"`)(w, r)
				})
				p := within(inMemory(t), middleware.Shared()(h))
				took := make(chan time.Duration, 100)
				for range cap(took) {
					go func() {
						began := time.Now()
						a := ask(p, "/page")
						took <- time.Since(began)
						if len(a.body) != size {
							t.Errorf("%d bytes: %s", len(a.body), a.cacheStatus())
						}
					}()
					time.Sleep(100 * time.Millisecond)
				}
				late := 0
				for range cap(took) {
					if <-took > time.Second {
						late++
					}
				}
				if late > 10 { // those of the first second
					t.Errorf("%d of %d requests have waited for another's run", late, cap(took))
				}
				if n := int(validated.Load()); n < cap(took)-25 {
					t.Errorf("%d of %d requests have validated the page", n, cap(took))
				}
				h.wantRuns(t, int32(cap(took)))
			})
		})
	}
}
