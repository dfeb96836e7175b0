package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// What is taken out of a request for a run that others may join is applied, or put back,
// when its response is for the client alone: RFC 9110, sections 13 and 14.

// becoming is a page that is stored, and then what next says.
type becoming struct {
	next func(w http.ResponseWriter, r *http.Request)
	runs int
}

// ServeHTTP implements [http.Handler].
func (h *becoming) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.runs++; h.runs > 1 {
		h.next(w, r)
		return
	}
	addFields(w.Header(), []string{`Etag: "v0"`, "Cache-Control: max-age=60"})
	_, _ = io.WriteString(w, "the page that was stored")
}

// outcomesOfNow are responses that are not stored, or only at their end.
var outcomesOfNow = map[string]func(http.ResponseWriter, *http.Request, string){
	"private": func(w http.ResponseWriter, r *http.Request, content string) {
		w.Header().Set("Cache-Control", "private")
		http.ServeContent(w, r, "", then, strings.NewReader(content))
	},
	"private, of unknown length": func(w http.ResponseWriter, r *http.Request, content string) {
		w.Header().Set("Cache-Control", "private")
		http.ServeContent(lengthless{w}, r, "", then, strings.NewReader(content))
	},
	"no-store, flushed": func(w http.ResponseWriter, r *http.Request, content string) {
		w.Header().Set("Cache-Control", "no-store")
		http.ServeContent(flushing{w}, r, "", then, strings.NewReader(content))
	},
	"public": func(w http.ResponseWriter, r *http.Request, content string) {
		w.Header().Set("Cache-Control", "max-age=60")
		http.ServeContent(w, r, "", then, strings.NewReader(content))
	},
	"public, of unknown length": func(w http.ResponseWriter, r *http.Request, content string) {
		w.Header().Set("Cache-Control", "max-age=60")
		http.ServeContent(lengthless{w}, r, "", then, strings.NewReader(content))
	},
}

// lengthless does not say how long a 200 is.
type lengthless struct{ http.ResponseWriter }

func (w lengthless) WriteHeader(status int) {
	if status == http.StatusOK {
		w.Header().Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

// flushing sends a 200 in parts.
type flushing struct{ http.ResponseWriter }

func (w flushing) WriteHeader(status int) {
	lengthless(w).WriteHeader(status)
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// The conditions that were taken out for a shared validation are applied to its result.
// RFC 9110, 13.2.2; RFC 9111, 4.3.2
func TestWhatAStalePageHasBecomeIsHeldAgainstTheClientsFields(t *testing.T) {
	for what, outcome := range outcomesOfNow {
		for size, content := range map[string]string{"short": "0123456789", "long": film, "over MaxBody": strings.Repeat(film, 5)} {
			for name, around := range kindsOfCache {
				for _, fields := range [][]string{
					nil,
					{`If-None-Match: "v1"`}, {`If-None-Match: "v0"`}, {`If-Match: "v1"`}, {`If-Match: "v0"`},
					{"If-Modified-Since: " + later}, {"If-Unmodified-Since: " + earlier}, {"If-Unmodified-Since: " + later},
					{"Range: bytes=2-5"}, {"Range: bytes=-3"}, {"Range: bytes=4-"}, {"Range: bytes=99999-"}, {"Range: bytes=0-1,4-5"},
					{"Range: bytes=2-5", `If-Range: "v1"`}, {"Range: bytes=2-5", `If-Range: "v0"`},
					{"Range: bytes=2-5", `If-None-Match: "v1"`}, {"Range: bytes=2-5", `If-None-Match: "v0"`}, {"Range: bytes=2-5", `If-Match: "v0"`},
				} {
					synctest.Test(t, func(t *testing.T) {
						h := &becoming{}
						h.next = func(w http.ResponseWriter, r *http.Request) {
							addFields(w.Header(), []string{`Etag: "v1"`, "Content-Type: text/plain"})
							outcome(w, r, content)
						}
						p := within(inMemory(t), around(middleware.MaxBody(20_000))(h))
						ask(p, "/page").wantBody(t, "the page that was stored")
						if time.Sleep(90 * time.Second); name == "CachePage" {
							time.Sleep(ttl)
						}
						got := ask(p, "/page", fields...)
						want := ask(http.HandlerFunc(h.next), "/page", fields...)
						isMultiple := strings.HasPrefix(want.header.Get("Content-Type"), "multipart/")
						if got.status != want.status || got.body != want.body && !isMultiple || len(got.body) != len(want.body) ||
							!sameRange(got.header.Get("Content-Range"), want.header.Get("Content-Range")) {
							t.Errorf("%s, %s, %s, %q: %d with %d bytes, %q; want %d with %d", what, size, name, fields, got.status, len(got.body), got.header, want.status, len(want.body))
						}
					})
				}
			}
		}
	}
}

// sameRange reports whether a Content-Range is the one wanted. That of a response which is
// still being written may not say how long the whole is (RFC 9110, section 14.4).
func sameRange(got, want string) bool {
	span, _, _ := strings.Cut(want, "/")
	return got == want || want != "" && got == span+"/*"
}

var then, _ = http.ParseTime(modifiedThen)

const (
	earlier      = "Sun, 01 Jan 2006 15:04:05 GMT"
	modifiedThen = "Mon, 02 Jan 2006 15:04:05 GMT"
	later        = "Tue, 03 Jan 2006 15:04:05 GMT"
)

// A shared cache forwards If-Match where it asks the origin, since the condition is for the origin.
// RFC 9111, 4.3.2; RFC 9110, 13.1.1
func TestASharedCacheForwardsIfMatch(t *testing.T) {
	for _, condition := range []string{`If-Match: "v0"`, "If-Unmodified-Since: " + earlier} {
		synctest.Test(t, func(t *testing.T) {
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				addFields(w.Header(), []string{"Cache-Control: max-age=60", `Etag: "v1"`})
				http.ServeContent(w, r, "", then, strings.NewReader(film))
			}}
			p := within(inMemory(t), middleware.Shared()(h))
			for range 2 {
				a := ask(p, "/film", condition)
				if a.wantStatus(t, "larder; fwd=partial"); a.status != http.StatusPreconditionFailed {
					t.Errorf("%s: %d", condition, a.status)
				}
			}
			ask(p, "/film")
			synctest.Wait()                             // a streamed page is stored when its client has it
			ask(p, "/film", condition).wantHit(t, film) // nothing is asked
			time.Sleep(2 * time.Minute)
			a := ask(p, "/film", condition)
			if a.wantStatus(t, "larder; fwd=stale"); a.status != http.StatusPreconditionFailed {
				t.Errorf("%s, stale: %d", condition, a.status)
			}
			h.wantRuns(t, 4)
		})
	}
}

// secureSite redirects to https, and to its own host, as it knows them from a proxy.
func secureSite() *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		host := r.Header.Get("X-Forwarded-Host")
		if host == "" {
			host = r.Host
		}
		if r.Header.Get("X-Forwarded-Proto") != "https" || host != "www.example.com" {
			w.Header().Set("Cache-Control", "max-age=60")
			http.Redirect(w, r, "https://www.example.com"+r.URL.RequestURI(), http.StatusMovedPermanently)
			return
		}
		_, _ = fmt.Fprintf(w, "secure %s", r.URL.RawQuery)
	}}
}

// A redirect to the very URL, which the handler made without fields that were taken out, is not
// shared, and the request runs again with them.
func TestARedirectToTheVeryURLIsNotForAll(t *testing.T) {
	for name, around := range kindsOfCache {
		for _, fields := range [][]string{
			{"X-Forwarded-Proto: https", "X-Forwarded-Host: www.example.com", "X-Forwarded-For: 192.0.2.1"},
			{"X-Forwarded-Proto: https", "Host: www.example.com"},
		} {
			h := secureSite()
			p := within(inMemory(t), around(middleware.IgnoreQuery("utm_*"))(h))
			ofProxy := func() answer {
				r := request("GET", "/page?a=1&utm_x=2", fields...)
				if host := r.Header.Get("Host"); host != "" {
					r.Host = host
				}
				return send(p, r)
			}
			text := logged(func() {
				for range 3 {
					if a := ofProxy(); a.status != 200 || a.body != "secure a=1&utm_x=2" {
						t.Errorf("%s: behind a proxy: %d %q, %s", name, a.status, a.body, a.cacheStatus())
					}
					// Without a proxy the redirect is right; those behind one must not get it.
					r := request("GET", "/page?a=1&utm_x=2")
					r.Host = "www.example.com"
					if a := send(p, r); a.status != http.StatusMovedPermanently || a.isHit() {
						t.Errorf("%s: directly: %d, %s", name, a.status, a.cacheStatus())
					}
				}
			})
			if strings.Count(text, "TrustProxies") != 1 || !strings.Contains(text, "X-Forwarded-Proto") {
				t.Errorf("%s: the log says %q", name, text)
			}
		}
	}
}

// A redirect to another host, path or query is stored, and so is one without Location or of a
// handler to which nothing was hidden.
func TestOtherRedirectsAreStored(t *testing.T) {
	for _, to := range []string{"https://cdn.example.com/page?a=1", "/page/?a=1", "/page?a=2", "/other", "//example.org/page?a=1", "https:/", "::", "/%70age?a=1", "?a=2", ""} {
		for name, around := range kindsOfCache {
			h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				if to != "" {
					w.Header().Set("Location", to)
				}
				w.WriteHeader(http.StatusMovedPermanently)
			}}
			p := within(inMemory(t), around()(h))
			for range 2 {
				ask(p, "/page?a=1", "X-Forwarded-Proto: https", "X-Forwarded-Host: www.example.com")
			}
			if h.runs.Load() != 1 {
				t.Errorf("%s: %s: the handler has run %d times", name, to, h.runs.Load())
			}
		}
	}
}

// With a trusted proxy, the redirect and the page of each scheme are stored apart.
func TestARedirectIsStoredByTheSchemeThatATrustedProxySays(t *testing.T) {
	h := secureSite()
	p := cached(t, h, middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")))
	for range 2 {
		a := ask(p, "/page", "X-Forwarded-Proto: https", "X-Forwarded-Host: www.example.com")
		a.wantBody(t, "secure ")
	}
	h.wantRuns(t, 1)
}

// A redirect to another scheme is stored where a trusted proxy has said the scheme.
func TestARedirectToAnotherSchemeIsStoredWhereTheSchemeIsKnown(t *testing.T) {
	for name, around := range kindsOfCache {
		h := secureSite()
		p := within(inMemory(t), around(middleware.TrustProxies(netip.MustParsePrefix("192.0.2.0/24")))(h))
		for range 3 {
			a := ask(p, "/page", "X-Forwarded-Proto: http", "X-Forwarded-Host: www.example.com")
			if a.status != http.StatusMovedPermanently {
				t.Errorf("%s: %d, %s", name, a.status, a.cacheStatus())
			}
		}
		h.wantRuns(t, 1)
	}
}

// A client that sends another Host does not keep a redirect from others: only its own request is
// answered as it came.
// RFC 9111, 7.1
func TestAStrangersHostKeepsNoRedirectFromTheOthers(t *testing.T) {
	for name, around := range kindsOfCache {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			http.Redirect(w, r, "http://new.example/page", http.StatusMovedPermanently)
		}}
		p := within(inMemory(t), around()(h))
		ask(p, "/page", "X-Forwarded-Host: new.example")
		h.runs.Store(0)
		for range 3 {
			if a := ask(p, "/page"); a.status != http.StatusMovedPermanently {
				t.Errorf("%s: %d, %s", name, a.status, a.cacheStatus())
			}
		}
		h.wantRuns(t, 1)
	}
}

// A redirect is shared although a client's address was hidden from the handler, since that says
// nothing of the URL.
func TestTheAddressOfAClientTurnsNoRedirectIntoAnother(t *testing.T) {
	for name, around := range kindsOfCache {
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "probe=1")
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound)
		}}
		p := within(inMemory(t), around()(h))
		text := logged(func() {
			ask(p, "/page", "X-Forwarded-For: 192.0.2.1", "X-Real-Ip: 192.0.2.1", "X-Http-Method-Override: HEAD")
		})
		if h.wantRuns(t, 1); text != "" {
			t.Errorf("%s: the log says %q", name, text)
		}
	}
}

// A range is not applied after the header was sent: outer middleware has made the response one
// client's as its status was written, and the rest is of the same run.
func TestAPartIsNotPutBackBehindAHeadThatIsSent(t *testing.T) {
	for _, length := range []string{"", "5000"} {
		t.Run("length "+length, inBubble(func(t *testing.T) {
			h := &handler{}
			h.serve = func(w http.ResponseWriter, r *http.Request) {
				addFields(w.Header(), []string{fmt.Sprintf(`Etag: "v%d"`, h.runs.Load()), "Accept-Ranges: bytes", "Cache-Control: max-age=60"})
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				_, _ = io.WriteString(w, strings.Repeat(fmt.Sprint(h.runs.Load()), 5000))
			}
			visits := 0
			outer := adding(middleware.Site(middleware.HeedRequests())(h), func(header http.Header) {
				if visits++; visits > 1 {
					header.Add("Set-Cookie", "s=1")
				}
			})
			p := within(inMemory(t), outer)
			ask(p, "/page")
			synctest.Wait() // it is stored after its client has it
			a := ask(p, "/page", "Range: bytes=0-9", "Cache-Control: no-cache")
			if a.status != 200 || a.body != strings.Repeat("2", 5000) || a.header.Get("Etag") != `"v2"` || a.header.Get("Content-Range") != "" {
				t.Errorf("length %q: %d, %d bytes, %q", length, a.status, len(a.body), a.header)
			}
			h.wantRuns(t, 2)
		}))
	}
}

// The client that started a run gets its range as soon as its bytes are there, even if the length
// of the whole is not known yet.
func TestTheClientOfARunHasItsRangeAsSoonAsItIsThere(t *testing.T) {
	received := make(chan struct{})
	h := &handler{}
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		addFields(w.Header(), []string{"Accept-Ranges: bytes", "Cache-Control: max-age=60", `Etag: "v1"`})
		_, _ = io.WriteString(w, film)
		if _ = http.NewResponseController(w).Flush(); h.runs.Load() == 1 {
			return
		}
		select {
		case <-received:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, "the end")
	}
	s := newServer(t, within(inMemory(t), middleware.Site(middleware.HeedRequests())(h)))
	fetch(t, s, "GET", "/film")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // without the rule it is over before there is a byte
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/film", nil)
	addFields(r.Header, []string{"Range: bytes=2-11", "Cache-Control: no-cache, no-transform"})
	response, err := s.Client().Do(r)
	close(received)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); response.StatusCode != http.StatusPartialContent || string(body) != film[2:12] || err != nil {
		t.Errorf("%d %q, %v", response.StatusCode, body, err)
	}
}
