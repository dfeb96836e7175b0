package middleware_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// Ranges (RFC 9110, section 14) and preconditions (section 13) of pages of which
// nothing is stored: they go to the handler as they came.

// film is longer than what is held back of a response.
var film = func() string {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "%04d|", i)
	}
	return b.String()
}()

// ofContent returns a handler that knows ranges and conditions.
func ofContent(content string, fields ...string) *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		addFields(w.Header(), append(fields, "Content-Type: video/mp4", "Cache-Control: max-age=60", `Etag: "v1"`))
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	}}
}

const partial = "larder; fwd=partial"

// A range of a page that is not stored goes to the handler as it came.
// RFC 9110, 14.2; RFC 9111, 3.3
func TestAPartOfAPageThatIsNotStoredIsForTheHandler(t *testing.T) {
	for rule, fields := range map[string][]string{
		"the first bytes":          {"Range: bytes=0-1"},
		"from an offset":           {"Range: bytes=4000-"},
		"the last bytes":           {"Range: bytes=-100"},
		"behind the end":           {"Range: bytes=9999-"},
		"several":                  {"Range: bytes=0-1,4000-4001"},
		"another unit":             {"Range: frames=0-1"},
		"malformed":                {"Range: bytes=x"},
		"two fields":               {"Range: bytes=0-1", "Range: bytes=2-3"},
		"If-Range":                 {"Range: bytes=0-1", `If-Range: "v1"`},
		"If-Range of another":      {"Range: bytes=0-1", `If-Range: "v0"`},
		"Range and If-None-Match":  {"Range: bytes=0-1", `If-None-Match: "v0"`},
		"If-Match":                 {`If-Match: "v1"`},
		"If-Match of another":      {`If-Match: "v0"`},
		"If-Unmodified-Since":      {"If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT"},
		"Accept and a first range": {"Range: bytes=0-1", "Accept: video/mp4"},
	} {
		for name, around := range kindsOfCache {
			for size, content := range map[string]string{"long": film, "short": "0123456789"} {
				t.Run(strings.Join([]string{rule, name, size}, ", "), func(t *testing.T) {
					h := ofContent(content, "Vary: Accept")
					p := within(inMemory(t), around()(h))
					want := ask(h, "/film", fields...)
					for range 2 {
						got := ask(p, "/film", fields...)
						got.wantStatus(t, partial)
						boundary := strings.HasPrefix(want.header.Get("Content-Type"), "multipart/")
						if got.status != want.status || got.body != want.body && !boundary || got.header.Get("Content-Range") != want.header.Get("Content-Range") {
							t.Errorf("%d with %d bytes, %q; want %d with %d", got.status, len(got.body), got.header, want.status, len(want.body))
						}
					}
					h.wantRuns(t, 3)
					ask(p, "/film", "Accept: video/mp4").wantBody(t, content)
					h.wantRuns(t, 4)
					// A stored page answers ranges itself.
					if got := ask(p, "/film", "Range: bytes=2-5", "Accept: video/mp4"); got.status != http.StatusPartialContent || got.body != content[2:6] || !got.isHit() {
						t.Errorf("of the stored page: %d %q, %s", got.status, got.body, got.cacheStatus())
					}
				})
			}
		}
	}
}

// Range has no meaning for HEAD.
// RFC 9110, 14.2
func TestARangeOfAHeadMeansNothing(t *testing.T) {
	h := ofContent(film)
	p := cached(t, h)
	if a := send(p, request("HEAD", "/film", "Range: bytes=0-1")); a.status != http.StatusOK || a.header.Get("Content-Length") != fmt.Sprint(len(film)) {
		t.Errorf("%d %q", a.status, a.header)
	}
	ask(p, "/film", "Range: bytes=0-1").wantHit(t, film[:2])
	h.wantRuns(t, 1)
}

// A range of a page over MaxBody is answered with 206 by the handler.
// RFC 9110, 15.3.7
func TestAPartOfAPageOverTheLimitIsAPart(t *testing.T) {
	for name, around := range kindsOfCache {
		h := ofContent(film)
		p := within(inMemory(t), around(middleware.MaxBody(100))(h))
		for i := range 3 {
			if a := ask(p, "/film", "Range: bytes=0-1"); a.status != http.StatusPartialContent || a.body != film[:2] {
				t.Errorf("%s: request %d: %d with %d bytes, %s", name, i, a.status, len(a.body), a.cacheStatus())
			}
			ask(p, "/film").wantBody(t, film)
		}
	}
}

// A download is resumed with 206 as soon as a slow origin sends it: a client that asks for the rest
// and gets the whole gives up.
// RFC 9110, 15.3.7
func TestADownloadIsResumedFromASlowOrigin(t *testing.T) {
	for name, around := range kindsOfCache {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var looking sync.Mutex
				h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
					addFields(w.Header(), []string{`Etag: "v1"`, "Content-Type: video/mp4"})
					http.ServeContent(w, r, "", time.Time{}, &slowly{ReadSeeker: strings.NewReader(film), w: w, looking: &looking})
				}}
				p := within(inMemory(t), around()(h))
				for range 5 { // each time it gets a little further
					c := start(t, p, request("GET", "/film", "Range: bytes=2000-", `If-Range: "v1"`))
					time.Sleep(1500 * time.Millisecond)
					looking.Lock()
					if c.w.Code != http.StatusPartialContent || !strings.HasPrefix(film[2000:], c.w.Body.String()) || c.w.Body.Len() == 0 {
						t.Errorf("%d %q with %d bytes", c.w.Code, c.w.Header(), c.w.Body.Len())
					}
					looking.Unlock()
					c.leave()
					c.wait()
				}
				h.wantRuns(t, 5)
			})
		})
	}
}

// slowly takes a second for each read of 500 bytes, which is flushed.
type slowly struct {
	io.ReadSeeker
	w       http.ResponseWriter
	looking *sync.Mutex // held while somebody looks at what was written
}

func (s *slowly) Read(p []byte) (int, error) {
	_ = http.NewResponseController(s.w).Flush()
	s.pass()
	time.Sleep(time.Second)
	s.pass()
	return s.ReadSeeker.Read(p[:min(len(p), 500)])
}

func (s *slowly) pass() {
	s.looking.Lock()
	defer s.looking.Unlock()
}

// A range that goes to the handler and a run of the whole page do not disturb each other.
func TestAPartDisturbsNoRunAndNoRunDisturbsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan string, 9)
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(20 * time.Second):
				writes("0123456789")(w, r)
			case <-r.Context().Done():
				ended <- r.Header.Get("Range")
			}
		}}
		p := cached(t, h)
		whole := start(t, p, request("GET", "/page"))
		part := start(t, p, request("GET", "/page", "Range: bytes=0-1"))
		h.wantRuns(t, 2)
		part.leave()
		part.wait()
		synctest.Wait()
		if len(ended) != 1 || <-ended != "bytes=0-1" {
			t.Error("not just the run of the part has ended")
		}
		another := start(t, p, request("GET", "/page", "Range: bytes=0-1"))
		follower := start(t, p, request("GET", "/page"))
		h.wantRuns(t, 3)
		whole.wantWhole(t, "0123456789")
		follower.wantWhole(t, "0123456789")
		another.wait()
		ask(p, "/page").wantHit(t, "0123456789")
		h.wantRuns(t, 3)
	})
}

// inProgress starts a run that has written the first 3000 bytes of the film.
func inProgress(t *testing.T, fields ...string) (h *script, p http.Handler, whole *client) {
	h = newScript(append(fields, `Etag: "v1"`)...)
	p = cached(t, h)
	whole = start(t, p, request("GET", "/film"))
	h.write(t, film[:3000])
	return h, p, whole
}

// A range that a run under way has reached is cut from it.
// RFC 9110, 14.2; RFC 9110, 15.3.7.1
func TestAPartThatARunHasReachedIsTakenFromIt(t *testing.T) {
	for rule, test := range map[string]struct {
		known        bool // the length of the whole
		fields       []string
		status       int
		body, extent string
	}{
		"written":                    {true, []string{"Range: bytes=100-199"}, 206, film[100:200], "bytes 100-199/5000"},
		"begun":                      {true, []string{"Range: bytes=2990-3009"}, 206, film[2990:3010], "bytes 2990-3009/5000"},
		"to the end":                 {true, []string{"Range: bytes=2000-"}, 206, film[2000:], "bytes 2000-4999/5000"},
		"If-Range":                   {true, []string{"Range: bytes=0-9", `If-Range: "v1"`}, 206, film[:10], "bytes 0-9/5000"},
		"If-Range of another":        {true, []string{"Range: bytes=0-9", `If-Range: "v0"`}, 200, film, ""},
		"If-Match":                   {true, []string{`If-Match: "v1"`}, 200, film, ""},
		"If-Match of another":        {true, []string{`If-Match: "v0"`}, 412, "", ""},
		"If-None-Match and a range":  {true, []string{`If-None-Match: "v1"`, "Range: bytes=0-9"}, 304, "", ""},
		"written, of unknown length": {false, []string{"Range: bytes=100-199"}, 206, film[100:200], "bytes 100-199/*"},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var fields []string
				if test.known {
					fields = []string{"Content-Length: 5000"}
				}
				h, p, whole := inProgress(t, fields...)
				c := start(t, p, request("GET", "/film", test.fields...))
				h.write(t, film[3000:])
				h.end()
				a := c.wait()
				if a.status != test.status || a.body != test.body || a.header.Get("Content-Range") != test.extent ||
					a.status == 206 && a.header.Get("Content-Length") != fmt.Sprint(len(test.body)) {
					t.Errorf("%d %q with %d bytes", a.status, a.header, len(a.body))
				}
				whole.wantWhole(t, film)
				ask(p, "/film").wantHit(t, film)
				h.wantRuns(t, 1)
			})
		})
	}
}

// A range that a run under way has not reached goes to the handler.
func TestAPartThatARunHasNotReachedIsForTheHandler(t *testing.T) {
	for rule, test := range map[string]struct {
		length string
		fields string
	}{
		"further on":                       {"Content-Length: 5000", "Range: bytes=3000-"},
		"the last bytes":                   {"Content-Length: 5000", "Range: bytes=-10"},
		"several":                          {"Content-Length: 5000", "Range: bytes=0-1,10-11"},
		"behind the end":                   {"Content-Length: 5000", "Range: bytes=5000-"},
		"to the end, of unknown length":    {"X: 1", "Range: bytes=0-"},
		"further on, of unknown length":    {"X: 1", "Range: bytes=2990-3009"},
		"the last bytes of unknown length": {"X: 1", "Range: bytes=-10"},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, p, whole := inProgress(t, test.length)
				h.serve = ofContent(film).serve
				c := start(t, p, request("GET", "/film", test.fields))
				h.wantRuns(t, 2)
				want := ask(ofContent(film), "/film", test.fields)
				if a := c.wait(); a.status != want.status || a.cacheStatus() != partial || len(a.body) != len(want.body) {
					t.Errorf("%d with %d bytes, %s; want %d", a.status, len(a.body), a.cacheStatus(), want.status)
				}
				h.write(t, film[3000:])
				h.end()
				whole.wantWhole(t, film)
				ask(p, "/film").wantHit(t, film)
				h.wantRuns(t, 2)
			})
		})
	}
}

// A range that is cut from a run is aborted with the run.
// RFC 9112, 8
func TestAPartOfARunThatIsAbortedIsAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, p, whole := inProgress(t, "Content-Length: 5000")
		c := start(t, p, request("GET", "/film", "Range: bytes=2000-"))
		h.panics <- errors.New("failed")
		c.wantAborted(t)
		<-whole.done
	})
}

// A range of a page that has to be validated is cut from the validated page.
// RFC 9111, 4.3.3; RFC 9110, 14.2
func TestAPartOfAPageThatMustBeValidatedIsCutFromTheAnswer(t *testing.T) {
	for name, around := range kindsOfCache {
		for _, content := range []string{"0123456789", film} {
			synctest.Test(t, func(t *testing.T) {
				h := ofContent(content)
				p := within(inMemory(t), around()(h))
				ask(p, "/film").wantBody(t, content)
				if time.Sleep(time.Minute); name == "CachePage" {
					time.Sleep(ttl)
				}
				if a := ask(p, "/film", "Range: bytes=2-5"); a.status != http.StatusPartialContent || a.body != content[2:6] || !strings.Contains(a.cacheStatus(), "fwd=stale; fwd-status=304") {
					t.Errorf("%s: %d with %d bytes, %s", name, a.status, len(a.body), a.cacheStatus())
				}
				ask(p, "/film").wantHit(t, content)
				h.wantRuns(t, 2)
			})
		}
	}
}

// An explanation says that a range of a page that is not stored goes to the handler.
func TestARangeOfAPageThatIsNotStoredIsExplained(t *testing.T) {
	h := ofContent(film)
	p := cached(t, h, middleware.Explain("let-me-see"))
	explain(t, p, "/film", why, "Range: bytes=0-1").want(t, "for this request alone, and nothing is stored", "decision: a part")
	h.wantRuns(t, 0)
}

// A range of a stale page that has changed is cut from the new page.
// RFC 9111, 4.3.3; RFC 9110, 14.2
func TestAPartOfAStalePageThatHasChangedIsCutFromTheStream(t *testing.T) {
	for name, around := range kindsOfCache {
		synctest.Test(t, func(t *testing.T) {
			version := "v1"
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				addFields(w.Header(), []string{"Content-Type: video/mp4", "Cache-Control: max-age=60", `Etag: "` + version + `"`})
				http.ServeContent(w, r, "", time.Time{}, strings.NewReader(version+film))
			}}
			p := within(inMemory(t), around()(h))
			ask(p, "/film").wantBody(t, "v1"+film)
			if time.Sleep(time.Minute); name == "CachePage" {
				time.Sleep(ttl)
			}
			version = "v2"
			a := ask(p, "/film", "Range: bytes=1-10")
			if a.status != http.StatusPartialContent || a.body != "2"+film[:9] || a.header.Get("Content-Range") != "bytes 1-10/5002" || a.header.Get("Content-Length") != "10" {
				t.Errorf("%s: %d with %d bytes, %q", name, a.status, len(a.body), a.header)
			}
			ask(p, "/film").wantHit(t, "v2"+film)
			h.wantRuns(t, 2)
		})
	}
}
