package middleware_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

const swr = "Cache-Control: max-age=10, stale-while-revalidate=3600"

// turnStale asks for the page, waits until it is stale, and asks again, so that
// it is refreshed in the background.
func turnStale(t *testing.T, p http.Handler, r *http.Request) answer {
	t.Helper()
	if a := send(p, r.Clone(r.Context())); a.status != http.StatusOK {
		t.Errorf("the first answer: %d, %s", a.status, a.cacheStatus())
	}
	time.Sleep(15 * time.Second)
	return send(p, r)
}

// A refresh is a clean GET with the fields that select the page, and no body, condition or range.
// RFC 9111, 4.3.1
func TestARefreshIsACleanRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []*http.Request
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r)
			addFields(w.Header(), []string{swr, "Vary: Accept-Language"})
			_, _ = io.WriteString(w, "page")
		}}
		p := within(inMemory(t), middleware.Shared()(h))
		r := request("GET", "/page?q=1", "Accept-Language: de", "X-Forwarded-For: 10.0.0.1")
		send(p, r)
		time.Sleep(15 * time.Second)
		r = request("HEAD", "/page?q=1", "Accept-Language: de", "X-Forwarded-For: 10.0.0.2", "Range: bytes=0-1", "If-Range: \"x\"",
			"If-None-Match: \"x\"", "If-Match: \"x\"", "If-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT",
			"If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT", "Cache-Control: only-if-cached, no-store, max-stale=9", "Pragma: x")
		send(p, r)
		synctest.Wait()
		if len(got) != 2 {
			t.Fatalf("%d runs", len(got))
		}
		g := got[1]
		if g.Method != "GET" || g.RequestURI != "/page?q=1" || g.Host != "example.com" || g.Header.Get("Accept-Language") != "de" {
			t.Errorf("%s %s %s %q", g.Method, g.Host, g.RequestURI, g.Header)
		}
		for _, name := range []string{"Range", "If-Range", "If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since", "Cache-Control", "Pragma", "X-Forwarded-For"} {
			if g.Header[name] != nil {
				t.Errorf("%s: %q", name, g.Header[name])
			}
		}
		if n, err := g.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("a body: %d, %v", n, err)
		}
		ask(p, "/page?q=1", "Accept-Language: de").wantStatus(t, "larder; hit; ttl=10")
	})
}

// A refresh has the credentials that are in the key of its page, and no others.
func TestARefreshHasTheCredentialsThatAreInTheKey(t *testing.T) {
	for name, test := range map[string]struct {
		opts []middleware.PageOption
		vary string
		want string
	}{
		"in Vary":           {nil, "Cookie", "locale=de; s=1"},
		"named by option":   {[]middleware.PageOption{middleware.VaryByCookie("locale"), middleware.IgnoreCookies("s")}, "", "locale=de"},
		"public for anyone": {[]middleware.PageOption{middleware.IgnoreCookies("*")}, "", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var cookies []string
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				cookies = append(cookies, r.Header.Get("Cookie"))
				addFields(w.Header(), []string{swr})
				if test.vary != "" {
					w.Header().Set("Vary", test.vary)
				}
				_, _ = io.WriteString(w, "page")
			}}
			p := within(inMemory(t), middleware.Site(test.opts...)(h))
			turnStale(t, p, request("GET", "/page", "Cookie: locale=de; s=1")).wantHit(t, "page")
			synctest.Wait()
			if len(cookies) != 2 || cookies[0] != test.want || cookies[1] != test.want {
				t.Errorf("%s: the handler got %q, want %q twice", name, cookies, test.want)
			}
		})
	}
}

type valueKey struct{}

// A refresh has a scope of its own and a context that outlives the request and has its values.
func TestARefreshHasAContextAndAScopeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var scopes []*cache.BaseCache
		var ended error
		h := new(handler)
		h.serve = func(w http.ResponseWriter, r *http.Request) {
			scopes = append(scopes, cache.From(r.Context(), cache.DefaultAlias))
			if r.Context().Value(valueKey{}) != "value" {
				t.Error("the context has not the values of the request's")
			}
			addFields(w.Header(), []string{swr})
			time.Sleep(time.Second)
			ended = r.Context().Err()
			_, _ = fmt.Fprint(w, "run ", h.runs.Load())
		}
		p := within(inMemory(t), middleware.Site()(h))
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), valueKey{}, "value"))
		turnStale(t, p, request("GET", "/page").WithContext(ctx)).wantHit(t, "run 1")
		cancel()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if ended != nil {
			t.Errorf("it ended with the request: %v", ended)
		}
		if len(scopes) != 2 || scopes[0] == scopes[1] {
			t.Errorf("the scopes are %p", scopes)
		}
		ask(p, "/page").wantHit(t, "run 2")
	})
}

// A refresh is cancelled after RefreshTimeout, and is not stored.
func TestARefreshIsStoppedWhenItTakesTooLong(t *testing.T) {
	for name, begins := range map[string]func(w http.ResponseWriter){
		"before its first byte":     func(http.ResponseWriter) {},
		"after a flush":             func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"after more than is held":   func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 5000)) },
		"though it is expired, too": func(w http.ResponseWriter) { w.Header().Set("Cache-Control", "max-age=0"); w.(http.Flusher).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var took time.Duration
				h := new(handler)
				h.serve = func(w http.ResponseWriter, r *http.Request) {
					addFields(w.Header(), []string{swr, `Etag: "1"`})
					if h.runs.Load() == 2 {
						began := time.Now()
						begins(w)
						<-r.Context().Done()
						took = time.Since(began)
						return
					}
					_, _ = fmt.Fprint(w, "run ", h.runs.Load())
				}
				p := within(inMemory(t), middleware.Shared(middleware.RefreshTimeout(time.Minute))(h))
				turnStale(t, p, request("GET", "/page")).wantHit(t, "run 1")
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				h.wantRuns(t, 2)
				if took != time.Minute {
					t.Errorf("it took %v", took)
				}
				// What it began is not stored, and it may be tried again.
				ask(p, "/page").wantHit(t, "run 1")
				synctest.Wait()
				ask(p, "/page").wantHit(t, "run 3")
				h.wantRuns(t, 3)
			})
		})
	}
}

// A refresh that a request waits for is not cancelled after RefreshTimeout.
func TestARequestThatFollowsARefreshKeepsItAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newScript(swr)
		p := within(inMemory(t), middleware.Shared(middleware.RefreshTimeout(time.Second))(h))
		first := start(t, p, request("GET", "/page"))
		h.write(t, "old")
		h.end()
		first.wait()
		h.parts = make(chan string)
		time.Sleep(15 * time.Second)
		ask(p, "/page").wantHit(t, "old")
		synctest.Wait()
		// One who takes no stale page.
		follower := start(t, p, request("GET", "/page", "Cache-Control: max-age=5"))
		h.write(t, "new")
		follower.wantSoFar(t, "new")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.wantCancelled(t, false)
		h.end()
		follower.wantWhole(t, "new")
		ask(p, "/page").wantHit(t, "new")
		h.wantRuns(t, 2)
	})
}

// A panic in a refresh is logged and contained.
func TestAPanicInARefreshIsLoggedAndGoesNoFurther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := failing(func(http.ResponseWriter) { panic("the refresh has failed") }, swr)
		p := within(inMemory(t), middleware.Site()(h))
		log := logged(func() {
			turnStale(t, p, request("GET", "/page")).wantHit(t, "page")
			time.Sleep(2 * time.Second)
			synctest.Wait()
		})
		if !strings.Contains(log, "the refresh has failed") || !strings.Contains(log, "refresh_background_test.go") {
			t.Errorf("logged: %.300s", log)
		}
		h.wantRuns(t, 2)
		ask(p, "/page").wantHit(t, "page")
	})
}

// The number of refreshes at a time is bounded.
func TestRefreshesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pages, most = 100, 32
		var gate chan struct{}
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
			addFields(w.Header(), []string{swr})
			if gate != nil {
				<-gate
			}
			_, _ = io.WriteString(w, "page")
		}}
		p := within(inMemory(t), middleware.Site()(h))
		for i := range pages {
			ask(p, fmt.Sprint("/page/", i))
		}
		time.Sleep(15 * time.Second)
		gate = make(chan struct{})
		for i := range pages {
			ask(p, fmt.Sprint("/page/", i)).wantHit(t, "page")
		}
		synctest.Wait()
		h.wantRuns(t, pages+most)
		close(gate)
		synctest.Wait()
		// Those whose turn it was not try again.
		for i := range pages {
			ask(p, fmt.Sprint("/page/", i))
			synctest.Wait()
		}
		h.wantRuns(t, 2*pages)
	})
}

// Shutdown waits for refreshes under way.
func TestShutdownWaitsForRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caches, err := cache.NewHandler(cache.Settings{cache.DefaultAlias: cache.Config{Backend: "memory"}})
		if err != nil {
			t.Fatal(err)
		}
		h := counting(swr)
		ended := false
		p := within(caches, middleware.Site()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			ended = h.runs.Load() == 2
		})))
		turnStale(t, p, request("GET", "/page")).wantHit(t, "run 1")
		began := time.Now() // the refresh may not even have begun
		if err := caches.Shutdown(t.Context()); err != nil || time.Since(began) != time.Second || !ended {
			t.Errorf("Shutdown: %v after %v; the refresh has ended: %v", err, time.Since(began), ended)
		}
		h.wantRuns(t, 2)
	})
}

// A long page is refreshed whole, also when it is streamed before it is stored.
func TestARefreshOfALongPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(handler)
		h.serve = func(w http.ResponseWriter, _ *http.Request) {
			addFields(w.Header(), []string{swr})
			part := bytes.Repeat([]byte(fmt.Sprint(h.runs.Load())), 3000)
			for range 5 {
				_, _ = w.Write(part)
				time.Sleep(time.Second)
			}
		}
		p := within(inMemory(t), middleware.Site()(h))
		turnStale(t, p, request("GET", "/page")).wantHit(t, strings.Repeat("1", 15_000))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		ask(p, "/page").wantHit(t, strings.Repeat("2", 15_000))
		h.wantRuns(t, 2)
	})
}

// A refresh that fails leaves the stale page as it is.
// RFC 5861, 3
func TestARefreshThatFailsLeavesThePageAsItIs(t *testing.T) {
	for name, fail := range failures {
		synctest.Test(t, func(t *testing.T) {
			h := failing(fail, swr)
			p := within(inMemory(t), middleware.Shared()(h))
			turnStale(t, p, request("GET", "/page")).wantHit(t, "page")
			time.Sleep(2 * time.Second)
			synctest.Wait()
			a := ask(p, "/page")
			a.wantHit(t, "page")
			if a.header.Get("Age") != "18" {
				t.Errorf("%s: Age %q", name, a.header.Get("Age"))
			}
			synctest.Wait()
		})
	}
}

// A refresh that succeeds logs nothing.
func TestNothingIsLoggedOfARefreshThatSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := within(inMemory(t), middleware.Site()(counting(swr)))
		log := logged(func() {
			turnStale(t, p, request("GET", "/page"))
			time.Sleep(2 * time.Second)
			synctest.Wait()
		})
		if log != "" {
			t.Errorf("logged: %s", log)
		}
	})
}

// A refresh whose response turns out to vary on the user is not stored as the page of the user
// whose request has found the old one.
func TestARefreshThatTurnsOutToVaryOnTheUserIsNotTheUsersPage(t *testing.T) {
	for field, value := range map[string]string{"X-Auth-Token": "bob", "Cookie": "session=bob"} {
		synctest.Test(t, func(t *testing.T) {
			varies := false
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=10, stale-while-revalidate=60")
				if varies {
					w.Header().Set("Vary", field)
				}
				_, _ = io.WriteString(w, "for "+r.Header.Get(field))
			}}
			p := within(inMemory(t), middleware.Shared()(h))
			ask(p, "/page").wantBody(t, "for ")
			varies = true
			time.Sleep(20 * time.Second)
			ask(p, "/page", field+": "+value) // stale: it is refreshed in the background
			synctest.Wait()
			ask(p, "/page", field+": "+value).wantBody(t, "for "+value)
			ask(p, "/page").wantBody(t, "for ")
		})
	}
}
