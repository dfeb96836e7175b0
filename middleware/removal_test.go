package middleware_test

import (
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

// A full answer below 500 to a validation or a refresh says that the stored response is
// not suitable any more (RFC 9111, section 4.3.3). If it is not stored itself, nothing is.

// unsuitable are answers that are not stored, by what they are.
var unsuitable = map[string]http.HandlerFunc{
	"404":          func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", 404) },
	"410":          func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusGone) },
	"403":          func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusForbidden) },
	"400":          func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", 400) },
	"a redirect":   func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/"); w.WriteHeader(303) },
	"no-store":     unstored("Cache-Control: no-store"),
	"private":      unstored("Cache-Control: private"),
	"Set-Cookie":   unstored("Set-Cookie: a=b"),
	"Vary: *":      unstored("Vary: *"),
	"trailers":     unstored("Trailer: X-Sum"),
	"too large":    unstored("Content-Length: 20000"),
	"flushed":      func(w http.ResponseWriter, r *http.Request) { flush(w); unstored("Cache-Control: private")(w, r) },
	"event stream": unstored("Content-Type: text/event-stream"),
	"streamed, and too large": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=10")
		for range 20 {
			_, _ = io.WriteString(w, strings.Repeat("n", 1000))
		}
	},
}

func unstored(field string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		addFields(w.Header(), []string{field})
		_, _ = io.WriteString(w, strings.Repeat("n", 20_000))
	}
}

// deleted is a handler whose page is there, then answered by gone, and then fails.
type deleted struct {
	handler
	gone   http.HandlerFunc
	fields []string
	status int // of the answers that come after
}

func newDeleted(gone http.HandlerFunc, fields ...string) *deleted {
	d := &deleted{gone: gone, fields: fields, status: 503}
	d.serve = func(w http.ResponseWriter, r *http.Request) {
		switch run := d.runs.Load(); {
		case run == 1:
			addFields(w.Header(), d.fields)
			_, _ = io.WriteString(w, "old")
		case run == 2:
			d.gone(w, r)
		default:
			http.Error(w, "failed", d.status)
		}
	}
	return d
}

const lenient = "Cache-Control: max-age=10, stale-while-revalidate=100, stale-if-error=1000"

// A response to a refresh that is below 500 and not stored removes the stored page.
// RFC 9111, 4.3.3
func TestAnAnswerThatIsNotStoredRemovesThePageThatIsRefreshed(t *testing.T) {
	for name, gone := range unsuitable {
		t.Run(name, func(t *testing.T) {
			overStores(t, func(t *testing.T, caches *cache.Handler) {
				d := newDeleted(gone, lenient)
				p := within(caches, middleware.Shared(middleware.MaxBody(16_000))(d))
				ask(p, "/page").wantBody(t, "old")
				time.Sleep(15 * time.Second)
				ask(p, "/page").wantHit(t, "old")
				synctest.Wait()
				d.wantRuns(t, 2)
				for run := range int32(3) {
					ask(p, "/page").wantBody(t, "failed\n")
					synctest.Wait()
					d.wantRuns(t, 3+run) // its own, and none in the background
				}
			})
		})
	}
}

// A response to a validation that is below 500 and not stored removes the stored page.
// RFC 9111, 4.3.3
func TestAnAnswerThatIsNotStoredRemovesThePageThatIsValidated(t *testing.T) {
	for _, fields := range [][]string{{"Cache-Control: max-age=10, stale-if-error=1000"}, {"Cache-Control: max-age=10, stale-if-error=1000", `Etag: "1"`}} {
		for name, gone := range unsuitable {
			t.Run(fmt.Sprint(name, fields), func(t *testing.T) {
				overStores(t, func(t *testing.T, caches *cache.Handler) {
					d := newDeleted(gone, fields...)
					p := within(caches, middleware.Shared(middleware.MaxBody(16_000))(d))
					ask(p, "/page").wantBody(t, "old")
					time.Sleep(15 * time.Second)
					if a := ask(p, "/page"); strings.Contains(a.body, "old") {
						t.Errorf("the answer is the old page: %s", a.cacheStatus())
					}
					ask(p, "/page").wantBody(t, "failed\n") // and not the old page in its place
				})
			})
		}
	}
}

// A fresh page that a reload has found gone is not served any more.
// RFC 9111, 4.3.3
func TestAFreshPageThatAReloadFoundGoneIsNotServedAnyMore(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"shared": middleware.Shared(), "view": middleware.CachePage(time.Hour, middleware.HeedRequests()),
	} {
		overStores(t, func(t *testing.T, caches *cache.Handler) {
			d := newDeleted(unsuitable["404"], "Cache-Control: max-age=3600")
			d.status = 404
			p := within(caches, wrap(d))
			ask(p, "/page").wantBody(t, "old")
			time.Sleep(time.Second)
			ask(p, "/page").wantHit(t, "old") // and hot
			ask(p, "/page", "Cache-Control: no-cache").wantBody(t, "gone\n")
			if a := ask(p, "/page"); a.status != 404 {
				t.Errorf("%s: %d, %s", name, a.status, a.cacheStatus())
			}
		})
	}
}

// 408, 425 and 429 are failures of this time and leave the page.
// RFC 9111, 4.3.3; RFC 6585, 4; RFC 8470, 5.2
func TestARequestToComeAgainLaterIsAFailureAndLeavesThePage(t *testing.T) {
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504} {
		overStores(t, func(t *testing.T, caches *cache.Handler) {
			d := newDeleted(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "later", status) }, "Cache-Control: max-age=10")
			d.status = status
			p := within(caches, middleware.Shared(middleware.Grace(time.Minute))(d))
			ask(p, "/page").wantBody(t, "old")
			for range 3 {
				time.Sleep(15 * time.Second)
				ask(p, "/page").wantHit(t, "old")
				synctest.Wait()
			}
			d.wantRuns(t, 4)
			ask(p, "/page", "Cache-Control: max-age=1").wantStatus(t, fmt.Sprintf("larder; fwd=stale; fwd-status=%d; detail=stale-if-error", status))
		})
	}
}

// A page that was stored while the handler was asked about an older one stays when that is found
// gone.
func TestANewerPageStaysWhenAnOlderOneIsFoundGone(t *testing.T) {
	overStores(t, func(t *testing.T, caches *cache.Handler) {
		held, answer := make(chan struct{}), "old"
		serve := func(body string) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("If-None-Match") != "" && body == "gone" {
					<-held
					http.Error(w, "gone", 404)
					return
				}
				w.Header().Set("Cache-Control", "max-age=10")
				w.Header().Set("Etag", `"`+answer+`"`)
				_, _ = io.WriteString(w, answer)
			})
		}
		// Two programs with one store.
		one, other := within(caches, middleware.Shared()(serve("gone"))), within(caches, middleware.Shared()(serve("")))
		ask(one, "/page").wantBody(t, "old")
		time.Sleep(15 * time.Second)
		validation := start(t, one, request("GET", "/page"))
		answer = "new"
		purge(t, caches, "http://example.com/page")
		ask(other, "/page").wantBody(t, "new")
		close(held)
		validation.wait().wantBody(t, "gone\n")
		ask(other, "/page").wantHit(t, "new")
	})
}

// Of several variants only the one that is found gone is removed.
// RFC 9111, 4.3.3
func TestOnlyTheVariantThatIsGoneIsRemoved(t *testing.T) {
	overStores(t, func(t *testing.T, caches *cache.Handler) {
		gone := false
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			language := r.Header.Get("Accept-Language")
			if gone && language == "de" {
				http.Error(w, "gone", 404)
				return
			}
			addFields(w.Header(), []string{lenient, "Vary: Accept-Language"})
			_, _ = io.WriteString(w, language)
		}}
		p := within(caches, middleware.Shared()(h))
		for _, language := range []string{"de", "fr"} {
			ask(p, "/page", "Accept-Language: "+language).wantBody(t, language)
		}
		gone = true
		time.Sleep(15 * time.Second)
		ask(p, "/page", "Accept-Language: de").wantHit(t, "de")
		synctest.Wait()
		for range 2 {
			if a := ask(p, "/page", "Accept-Language: de"); a.status != 404 {
				t.Errorf("%d, %s", a.status, a.cacheStatus())
			}
			ask(p, "/page", "Accept-Language: fr").wantHit(t, "fr")
			synctest.Wait()
		}
		gone = false
		time.Sleep(15 * time.Second) // the handler's 404 is remembered for a while
		for _, want := range []string{"fwd=vary-miss; fwd-status=200; stored", "hit"} {
			if a := ask(p, "/page", "Accept-Language: de"); a.body != "de" || !strings.Contains(a.cacheStatus(), want) {
				t.Errorf("%q, %s, want %s", a.body, a.cacheStatus(), want)
			}
		}
	})
}
