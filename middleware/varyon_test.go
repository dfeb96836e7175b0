package middleware_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/larder-go/larder/middleware"
)

// VaryOnHeaders adds each name once, in canonical form.
// Django, test_patch_vary_headers
func TestVaryOnHeadersAddsNamesOnce(t *testing.T) {
	type lines = []string
	for _, test := range []struct {
		handler, add lines
		want         string
	}{
		// The cases of Django's test_patch_vary_headers; names are written in
		// their canonical form.
		{nil, lines{"Accept-Encoding"}, "Accept-Encoding"},
		{lines{"Accept-Encoding"}, lines{"accept-encoding"}, "Accept-Encoding"},
		{lines{"Accept-Encoding"}, lines{"ACCEPT-ENCODING"}, "Accept-Encoding"},
		{lines{"Cookie"}, lines{"Accept-Encoding"}, "Cookie, Accept-Encoding"},
		{lines{"Cookie, Accept-Encoding"}, lines{"Accept-Encoding"}, "Cookie, Accept-Encoding"},
		{lines{"Cookie, Accept-Encoding"}, lines{"Accept-Encoding", "cookie"}, "Cookie, Accept-Encoding"},
		{nil, lines{"Accept-Encoding", "COOKIE"}, "Accept-Encoding, Cookie"},
		{lines{"Cookie,     Accept-Encoding"}, lines{"Accept-Encoding", "cookie"}, "Cookie, Accept-Encoding"},
		{lines{"Cookie    ,     Accept-Encoding"}, lines{"Accept-Encoding", "cookie"}, "Cookie, Accept-Encoding"},
		{lines{"*"}, lines{"Accept-Language", "Cookie"}, "*"},
		{lines{"Accept-Language, Cookie"}, lines{"*"}, "*"},

		{lines{" * "}, lines{"Cookie"}, "*"},
		{lines{"Accept", "Origin, *"}, lines{"Cookie"}, "*"},
		{lines{"Accept", "Origin"}, lines{"Cookie", "accept"}, "Accept, Origin, Cookie"},
		{lines{""}, lines{"Cookie"}, "Cookie"},
		{lines{"Accept"}, nil, "Accept"},
		{nil, nil, ""},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Vary"] = test.handler
			w.WriteHeader(http.StatusNotFound)
		})
		a := ask(middleware.VaryOnHeaders(test.add...)(h), "/")
		if got := strings.Join(a.header["Vary"], " | "); got != test.want {
			t.Errorf("%q and %q: %q, want %q", test.handler, test.add, got, test.want)
		}
	}
}

// VaryOnCookie adds Cookie to Vary.
// Django, vary_on_cookie
func TestVaryOnCookieNamesTheCookie(t *testing.T) {
	h := middleware.VaryOnCookie(middleware.VaryOnHeaders("Origin")(answering("page", "Vary: Accept")))
	if got, want := ask(h, "/").header.Get("Vary"), "Cookie, Origin, Accept"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// VaryOnHeaders panics at construction on what is no field name.
// RFC 9110, 5.1
func TestVaryOnHeadersRefusesWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", " Cookie", "Accept Language", "Cookie, Origin", "Cookie\r\n"} {
		if said, _ := panicOf(func() { middleware.VaryOnHeaders("Origin", name) }).(string); !strings.Contains(said, "is not the name of a field") {
			t.Errorf("%q: %q", name, said)
		}
	}
}
