package middleware_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/cache"
	"github.com/larder-go/larder/middleware"
)

// echoing returns a handler that varies on names and shows their lines.
func echoing(names ...string) *handler {
	return &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Vary"] = names
		for _, name := range names {
			_, _ = io.WriteString(w, strings.Join(r.Header[name], "|")+";")
		}
	}}
}

// Variants are stored side by side, one for each combination of the fields that Vary names.
// RFC 9111, 4.1
func TestVariantsAreStoredSideBySide(t *testing.T) { synctest.Test(t, variantsAreStoredSideBySide) }

func variantsAreStoredSideBySide(t *testing.T) {
	slotsStay(t)
	h := echoing("Accept-Language", "X-B")
	p := cached(t, h)
	requests := map[string][]string{
		";;":       nil,
		"de;;":     {"Accept-Language: de"},
		"de;1;":    {"Accept-Language: de", "X-B: 1"},
		"en, de;;": {"Accept-Language: en", "Accept-Language: de"},
		"de, en;;": {"Accept-Language: de, en"},
		"ab;c;":    {"Accept-Language: ab", "X-B: c"},
		"a;bc;":    {"Accept-Language: a", "X-B: bc"},
		";1;":      {"X-B: 1"},
		", ;;":     {"Accept-Language: ", "Accept-Language: "},
		" de;;":    {"Accept-Language:  de"},
		"de;1, ;":  {"Accept-Language: de", "X-B: 1", "X-B: "},
	}
	for range 2 {
		for want, fields := range requests {
			ask(p, "/page", fields...).wantBody(t, want)
			synctest.Wait() // a client may have its answer before the page is stored
		}
	}
	h.wantRuns(t, int32(len(requests)))
	for want, fields := range requests {
		ask(p, "/page", fields...).wantHit(t, want)
	}
}

// Several lines of a field and one line with their values select the same variant.
// RFC 9111, 4.1; RFC 9110, 5.2
func TestLinesOfAFieldAreOneAsTheHandlerSeesThem(t *testing.T) {
	h := echoing("X-B")
	p := cached(t, h)
	ask(p, "/page", "X-B: 1", "X-B: 2").wantBody(t, "1, 2;")
	ask(p, "/page", "X-B: 1, 2").wantHit(t, "1, 2;")
	h.wantRuns(t, 1)
}

// An absent field and an empty one select different variants.
// RFC 9111, 4.1
func TestAnAbsentAndAnEmptyFieldAreDifferentVariants(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "X-B")
		if r.Header["X-B"] == nil {
			_, _ = io.WriteString(w, "absent")
		}
	}}
	p := cached(t, h)
	for range 2 {
		ask(p, "/page").wantBody(t, "absent")
		ask(p, "/page", "X-B: ").wantBody(t, "")
	}
	h.wantRuns(t, 2)
}

// A miss of a variant says fwd=vary-miss.
// RFC 9211, 2.2
func TestWhatAVariantMissSays(t *testing.T) {
	p := cached(t, echoing("Accept-Language"))
	ask(p, "/page", "Accept-Language: de").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; stored")
	ask(p, "/page", "Accept-Language: en").wantStatus(t, "larder; fwd=vary-miss; fwd-status=200; stored")
}

// Accept-Encoding is normalized before it selects a variant: few lines are distinguished, and each
// means what the client's does, to a handler that takes the first coding that it knows, too.
// RFC 9110, 12.5.3; RFC 9111, 4.1
func TestAcceptEncodingIsNormalisedBeforeItSelects(t *testing.T) {
	for _, same := range []struct {
		want  string
		lines []string
	}{
		{"gzip, br", []string{"Accept-Encoding: br, gzip, sdch", "Accept-Encoding: GZIP;q=0.5, BR;q=0.5"}},
		{"gzip, br, zstd, deflate", []string{"Accept-Encoding: gzip, deflate, br, zstd", "Accept-Encoding: deflate, gzip, br, zstd", "Accept-Encoding: *"}},
		{"br, gzip;q=0.9", []string{"Accept-Encoding: gzip;q=0.8, br", "Accept-Encoding: br;q=0.3,x-gzip;q=0.1"}},
		{"br", []string{"Accept-Encoding: br", "Accept-Encoding: br, gzip;q=0", "Accept-Encoding: gzip;q=0.1, identity;q=0.5, br"}},
		{"identity", []string{"Accept-Encoding: identity", "Accept-Encoding: ", "Accept-Encoding: sdch", "Accept-Encoding: *;q=0"}},
		{"", []string{"X-Other: 1"}},
	} {
		h := echoing("Accept-Encoding")
		p := cached(t, h)
		for i, line := range same.lines {
			a := ask(p, "/page", line)
			a.wantBody(t, same.want+";")
			if a.isHit() != (i > 0) {
				t.Errorf("%s: %s", line, a.cacheStatus())
			}
		}
		h.wantRuns(t, 1)
	}
}

// A page that varies on a field that is hidden from the handler is not shared.
// RFC 9111, 4.1
func TestAPageThatVariesOnWhatTheHandlerDoesNotGetIsNotShared(t *testing.T) {
	for _, name := range []string{"X-Forwarded-For", "x-forwarded-proto", "Range", "If-None-Match"} {
		// As a proxy does that tells its origin who asks: the origin varies on it.
		h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Accept, "+name)
			_, _ = io.WriteString(w, r.RemoteAddr)
		}}
		p := cached(t, h)
		ask(p, "/page").wantStatus(t, "larder; fwd=uri-miss; fwd-status=200; detail=vary-hidden")
		ask(p, "/page")
		h.wantRuns(t, 2)
	}
}

// With Vary: Cookie, ignored cookies select nothing.
func TestVaryOnCookieIsBlindToIgnoredOnes(t *testing.T) {
	h := echoing("Cookie")
	p := cached(t, h, middleware.IgnoreCookies("_ga"))
	ask(p, "/page", "Cookie: session=1; _ga=1").wantBody(t, "session=1;")
	ask(p, "/page", "Cookie: _ga=2; session=1").wantHit(t, "session=1;")
	ask(p, "/page", "Cookie: session=2; _ga=1").wantBody(t, "session=2;")
}

// A response that varies on other fields than was known is stored under these.
// RFC 9111, 4.1
func TestAPageThatVariesOnOtherFieldsThanWasKnown(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		text := r.Header.Get("X-A")
		if text != "2" {
			w.Header().Set("Vary", "X-A")
		} else {
			w.Header().Set("Vary", "X-B")
			text += r.Header.Get("X-B")
		}
		_, _ = io.WriteString(w, text)
	}}
	p := cached(t, h)
	ask(p, "/page", "X-A: 1", "X-B: x").wantBody(t, "1")
	ask(p, "/page", "X-A: 2", "X-B: x").wantStatus(t, "larder; fwd=vary-miss; fwd-status=200; stored")
	for _, b := range []string{"x", "y"} {
		ask(p, "/page", "X-A: 2", "X-B: "+b).wantBody(t, "2"+b)
		ask(p, "/page", "X-A: 2", "X-B: "+b).wantHit(t, "2"+b)
	}
	// It does not name X-A, so it is suitable here, and newer (RFC 9111, section 4).
	ask(p, "/page", "X-A: 1", "X-B: x").wantHit(t, "2x")
}

// A response that does not vary any more is stored.
// RFC 9111, 4.1
func TestAVariantThatDoesNotVaryAnyMoreIsStored(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-A") != "2" {
			w.Header().Set("Vary", "X-A, X-B")
		}
	}}
	p := cached(t, h)
	ask(p, "/page", "X-A: 1")
	ask(p, "/page", "X-A: 2")
	ask(p, "/page", "X-A: 2").wantHit(t, "")
	h.wantRuns(t, 2)
}

// A private variant does not keep the others from being stored.
// RFC 9111, 5.2.2.7
func TestAPrivateVariantDoesNotKeepTheOthersFromBeingStored(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "X-A")
		if r.Header.Get("X-A") == "private" {
			w.Header().Set("Cache-Control", "private")
		}
		_, _ = io.WriteString(w, r.Header.Get("X-A"))
	}}
	p := cached(t, h)
	ask(p, "/page", "X-A: 1")
	for range 2 {
		ask(p, "/page", "X-A: private").wantBody(t, "private")
		ask(p, "/page", "X-A: 1").wantHit(t, "1")
	}
	h.wantRuns(t, 3)
}

// A page that is made while its cache is cleared is not stored.
func TestAPageThatIsClearedWhileItIsFilledIsNotStored(t *testing.T) {
	for name, vary := range map[string]string{"a page": "", "a variant": "Accept"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				caches := inMemory(t)
				h := slow(true, func(w http.ResponseWriter, _ *http.Request) {
					w.Header()["Vary"] = []string{vary}
					_, _ = io.WriteString(w, "page")
				})
				p := within(caches, middleware.CachePage(ttl)(h))
				c := start(t, p, request("GET", "/page"))
				time.Sleep(time.Second / 2)
				pages, err := caches.Cache(cache.DefaultAlias)
				if err != nil {
					t.Fatal(err)
				}
				if err := pages.Clear(t.Context()); err != nil {
					t.Fatal(err)
				}
				a := c.wait()
				a.wantBody(t, "page")
				a.wantStatus(t, "larder; fwd=uri-miss; fwd-status=200")
				if ask(p, "/page").isHit() {
					t.Error("it was stored")
				}
				ask(p, "/page").wantHit(t, "page")
			})
		})
	}
}

// A page and a variant are served until their lifetime ends, and not after.
// RFC 9111, 4.2
func TestPagesExpire(t *testing.T) {
	for name, vary := range map[string]string{"a page": "", "a variant": "Accept"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := answering("page", "Vary: "+vary)
				p := within(inMemory(t), middleware.CachePage(time.Minute)(h))
				ask(p, "/page")
				time.Sleep(time.Minute - time.Second)
				ask(p, "/page").wantHit(t, "page")
				time.Sleep(2 * time.Second)
				if a := ask(p, "/page"); a.isHit() {
					t.Errorf("it has not: Cache-Status is %q", a.cacheStatus())
				}
				h.wantRuns(t, 2)
			})
		})
	}
}
