package middleware_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-go/larder/middleware"
)

// control returns the Cache-Control directives of an answer, sorted: their order
// means nothing.
func control(a answer) string {
	directives := strings.Split(strings.Join(a.header["Cache-Control"], ", "), ", ")
	slices.Sort(directives)
	return strings.Join(directives, ", ")
}

// saying returns a handler whose response has these Cache-Control lines.
func saying(lines ...string) *handler {
	return &handler{serve: func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Cache-Control"] = lines
		_, _ = w.Write([]byte("page"))
	}}
}

// The CacheControl decorator adds its directives to those of the handler, and the stricter of each
// counts.
// Django, patch_cache_control
func TestCacheControlAddsToWhatTheHandlerSays(t *testing.T) {
	type directives = []middleware.Directive
	for _, test := range []struct {
		handler []string
		add     directives
		want    string
	}{
		// The cases of Django's test_patch_cache_control, and where it differs why.
		{nil, directives{middleware.Private}, "private"},
		{[]string{""}, directives{middleware.Private}, "private"},
		{[]string{""}, directives{middleware.NoCacheFields("Set-Cookie")}, `no-cache="Set-Cookie"`},
		{[]string{"no-cache=Set-Cookie"}, directives{middleware.NoCache}, "no-cache"},
		{[]string{"no-cache=Set-Cookie,no-cache=Link"}, directives{middleware.NoCache}, "no-cache"},
		{[]string{"no-cache=Set-Cookie"}, directives{middleware.NoCacheFields("Link")}, `Link", no-cache="Set-Cookie`},
		{[]string{"private"}, directives{middleware.Private}, "private"},
		{[]string{"private"}, directives{middleware.Public}, "private"}, // Django: public
		{[]string{"public"}, directives{middleware.Public}, "public"},
		{[]string{"public"}, directives{middleware.Private}, "private"},
		{[]string{"must-revalidate,max-age=60,private"}, directives{middleware.Public}, "max-age=60, must-revalidate, private"}, // Django: public
		{[]string{"must-revalidate,max-age=60,public"}, directives{middleware.Private}, "max-age=60, must-revalidate, private"},
		{[]string{"must-revalidate,max-age=60"}, directives{middleware.Public}, "max-age=60, must-revalidate, public"},

		{[]string{"max-age=60"}, directives{middleware.MaxAge(time.Hour)}, "max-age=60"},
		{[]string{"max-age=3600"}, directives{middleware.MaxAge(time.Minute)}, "max-age=60"},
		{[]string{"max-age=soon"}, directives{middleware.MaxAge(time.Minute)}, "max-age=0"}, // Django: an exception
		{[]string{"s-maxage=60"}, directives{middleware.SMaxAge(time.Hour)}, "s-maxage=60"}, // Django: 3600
		{[]string{"public", "max-age=60"}, directives{middleware.NoTransform}, "max-age=60, no-transform, public"},
		{[]string{"MAX-AGE=60, Public"}, directives{middleware.Private}, "max-age=60, private"},
		{[]string{`private="Set-Cookie, Link"`}, directives{middleware.Public}, `Link", private="Set-Cookie, public`},
		{[]string{`x="a, b"`}, directives{middleware.Immutable}, `b", immutable, x="a`},
		{nil, directives{middleware.MaxAge(1999 * time.Millisecond), middleware.SMaxAge(1 << 62)}, "max-age=1, s-maxage=2147483647"},
		{nil, directives{middleware.StaleWhileRevalidate(time.Minute), middleware.StaleIfError(0)}, "stale-if-error=0, stale-while-revalidate=60"},
		{nil, directives{"community=UCI", "Max-Age=5"}, "Max-Age=5, community=UCI"},
		{nil, nil, ""},
	} {
		a := ask(middleware.CacheControl(test.add...)(saying(test.handler...)), "/")
		if got := control(a); got != test.want || len(a.header["Cache-Control"]) > 1 {
			t.Errorf("%q and %q: %q, want %q", test.handler, test.add, a.header["Cache-Control"], test.want)
		}
	}
}

// An outer CacheControl can only make an inner one stricter.
func TestTheOuterCacheControlMakesTheInnerStricter(t *testing.T) {
	h := middleware.CacheControl(middleware.Private, middleware.MaxAge(time.Hour))(
		middleware.CacheControl(middleware.Public, middleware.MaxAge(time.Minute))(answering("page")))
	if got, want := control(ask(h, "/")), "max-age=60, private"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// CacheControl gives an error no lifetime.
func TestAnErrorGetsNoLifetime(t *testing.T) {
	decorate := middleware.CacheControl(middleware.PrivateFields("Set-Cookie"), middleware.MaxAge(time.Hour), middleware.MustRevalidate, middleware.NoTransform)
	for status, want := range map[int]string{
		http.StatusOK:                  `max-age=3600, must-revalidate, no-transform, private="Set-Cookie"`,
		http.StatusFound:               `max-age=3600, must-revalidate, no-transform, private="Set-Cookie"`,
		http.StatusNotModified:         `max-age=3600, must-revalidate, no-transform, private="Set-Cookie"`,
		http.StatusNotFound:            `no-transform, private="Set-Cookie"`,
		http.StatusInternalServerError: `no-transform, private="Set-Cookie"`,
	} {
		a := ask(decorate(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })), "/")
		if got := control(a); a.status != status || got != want {
			t.Errorf("%d: %d, %q, want %q", status, a.status, got, want)
		}
	}
}

// CacheControl panics at construction on directives that contradict each other or are malformed.
// RFC 9111, 5.2
func TestCacheControlRefusesWhatMakesNoSense(t *testing.T) {
	type directives = []middleware.Directive
	for _, test := range []struct {
		directives directives
		complaint  string
	}{
		{directives{middleware.Public, middleware.Private}, "public and private contradict each other"},
		{directives{middleware.NoStore, middleware.Public}, "public and no-store contradict each other"},
		{directives{middleware.Private, middleware.SMaxAge(0)}, "private and s-maxage contradict each other"},
		{directives{"PRIVATE", "public"}, "public and private contradict each other"},
		{directives{middleware.MustRevalidate, middleware.StaleWhileRevalidate(1)}, "must-revalidate and stale-while-revalidate contradict each other"},
		{directives{middleware.MustRevalidate, middleware.StaleIfError(1)}, "must-revalidate and stale-if-error contradict each other"},
		{directives{middleware.MaxAge(1), middleware.MaxAge(2)}, "max-age is given twice"},
		{directives{"public, max-age=60"}, `"public, max-age=60" is not a directive`},
		{directives{"max-age"}, `"max-age" is not a directive`},
		{directives{""}, `"" is not a directive`},
		{directives{"public\r\nSet-Cookie: a=b"}, `is not a directive`},
		{directives{middleware.Public, middleware.PrivateFields("Set-Cookie")}, ""},
		{directives{middleware.Public, middleware.NoStore, middleware.MustUnderstand}, ""},
	} {
		said, _ := panicOf(func() { middleware.CacheControl(test.directives...) }).(string)
		if test.complaint == "" && said != "" || !strings.Contains(said, test.complaint) {
			t.Errorf("%q: %q, want %q", test.directives, said, test.complaint)
		}
	}
	for name, build := range map[string]func(){
		"a negative lifetime": func() { middleware.MaxAge(-1) },
		"no fields":           func() { middleware.PrivateFields() },
		"a bad field":         func() { middleware.NoCacheFields("Set Cookie") },
	} {
		if panicOf(build) == nil {
			t.Errorf("%s: no panic", name)
		}
	}
}

// NeverCache adds Django's five directives, and replaces what contradicts them.
// Django, add_never_cache_headers
func TestNeverCacheAddsToWhatTheHandlerSays(t *testing.T) {
	const never = "max-age=0, must-revalidate, no-cache, no-store, private"
	for _, test := range []struct{ handler, want string }{
		{"", never},
		{"public", never},
		{"private", never},
		{"max-age=600, s-maxage=600", "max-age=0, must-revalidate, no-cache, no-store, private, s-maxage=600"},
		{`no-cache="Set-Cookie"`, never},
		{"no-transform, community=UCI", "community=UCI, max-age=0, must-revalidate, no-cache, no-store, no-transform, private"},
	} {
		a := ask(middleware.NeverCache(saying(test.handler)), "/")
		if got := control(a); got != test.want {
			t.Errorf("%q: %q, want %q", test.handler, got, test.want)
		}
	}
	a := ask(middleware.NeverCache(answering("page")), "/")
	if got, want := a.header.Get("Cache-Control"), "max-age=0, no-cache, no-store, must-revalidate, private"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// NeverCache overrides Expires and removes targeted fields, so that no cache stores the response.
// RFC 9111, 5.2.2.5; RFC 9213, 2.2
func TestNothingOverrulesNeverCache(t *testing.T) {
	h := middleware.NeverCache(answering("page",
		"Expires: Fri, 01 Jan 2100 00:00:00 GMT", "Cdn-Cache-Control: max-age=600", "Surrogate-Control: max-age=600"))
	before := time.Now().Truncate(time.Second)
	a := ask(h, "/")
	expires, err := http.ParseTime(a.header.Get("Expires"))
	if err != nil || expires.Before(before) || expires.After(time.Now()) {
		t.Errorf("Expires is %q, not now", a.header["Expires"])
	}
	if a.header["Cdn-Cache-Control"] != nil || a.header["Surrogate-Control"] != nil {
		t.Errorf("the header is %q", a.header)
	}
}

// NeverCache applies to errors, too.
func TestNeverCacheIsForErrorsToo(t *testing.T) {
	a := ask(middleware.NeverCache(http.NotFoundHandler()), "/")
	if a.status != http.StatusNotFound || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		t.Errorf("%d, %q", a.status, a.header)
	}
}
