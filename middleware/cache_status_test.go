package middleware_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
	"github.com/larder-go/larder/middleware"
)

// Cache-Status: RFC 9211, and the strict reading of a list by RFC 9651, section 4.2.

// A malformed Cache-Status of the origin is dropped, and a well-formed one is kept in front of
// larder's own.
// RFC 9211, 2; RFC 9651, 4.2.1
func TestAMalformedCacheStatusOfTheOriginIsDropped(t *testing.T) {
	for said, want := range map[string]string{
		"Origin; hit":                "Origin; hit | ",
		`"My cache"; hit; ttl=10, B`: `"My cache"; hit; ttl=10, B | `,
		"HIT from nginx":             "",
		"Origin; hit,":               "",
		"Origin; ttl=":               "",
		`"Origin`:                    "",
		"":                           "",
	} {
		for size, body := range map[string]string{"short": "page", "long": film} {
			for kind, control := range map[string]string{"stored": "max-age=60", "not stored": "private", "unknown length": "max-age=60, x"} {
				origin := &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
					w.Header()["Cache-Status"] = []string{said}
					w.Header().Set("Cache-Control", control)
					if kind == "unknown length" {
						_ = http.NewResponseController(w).Flush()
					}
					_, _ = io.WriteString(w, body)
				}}
				s := newProxy(t, origin)
				for i := range 3 {
					a := fetch(t, s, "GET", "/page")
					a.wantBody(t, body)
					lines := a.header["Cache-Status"]
					if got, _ := strings.CutSuffix(a.cacheStatus(), lines[len(lines)-1]); got != want || !strings.HasPrefix(lines[len(lines)-1], "larder; ") || !rfc9111.IsList(lines) {
						t.Errorf("%q, %s, %s, request %d: %q", said, size, kind, i, a.header["Cache-Status"])
					}
				}
			}
		}
	}
}

// The response to an unsafe method has larder's Cache-Status.
// RFC 9211, 2.2
func TestTheAnswerToAChangeKeepsItsCacheStatus(t *testing.T) {
	s := newProxy(t, answering("done", "Cache-Status: bad bad"))
	fetch(t, s, "POST", "/page").wantStatus(t, "larder; fwd=method; detail=method")
}

// The origin behind a shared cache cannot remove larder's Cache-Status.
// RFC 9211, 2
func TestAHandlerCannotRemoveCacheStatus(t *testing.T) {
	h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) { w.Header().Del("Cache-Status") }}
	p := within(inMemory(t), middleware.Shared()(h))
	send(p, request("POST", "/page")).wantStatus(t, "larder; fwd=method; detail=method")
}

// A 504 for only-if-cached is the cache's own response: nothing is forwarded.
// RFC 9111, 5.2.1.7; RFC 9211, 2.2
func TestOnlyIfCachedForwardsNothing(t *testing.T) {
	h := answering("page", "Cache-Control: max-age=60")
	p := within(inMemory(t), middleware.Shared()(h))
	for range 2 {
		a := ask(p, "/page", "Cache-Control: only-if-cached")
		if a.wantStatus(t, "larder; detail=only-if-cached"); a.status != http.StatusGatewayTimeout {
			t.Errorf("%d", a.status)
		}
	}
	ask(p, "/page")
	ask(p, "/page", "Cache-Control: only-if-cached").wantHit(t, "page")
	ask(p, "/page", "Cache-Control: only-if-cached, max-age=0").wantStatus(t, "larder; detail=only-if-cached")
	h.wantRuns(t, 1)
}
