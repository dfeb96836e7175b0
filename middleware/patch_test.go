package middleware_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-go/larder/middleware"
)

// PatchVaryHeaders adds the names that are missing, in their usual spelling.
// Django, test_patch_vary_headers
func TestPatchVaryHeadersAddsNames(t *testing.T) {
	for _, test := range []struct {
		before string
		names  []string
		want   string
	}{
		{"", []string{"Accept-Encoding"}, "Accept-Encoding"},
		{"Accept-Encoding", []string{"accept-encoding"}, "Accept-Encoding"},
		{"Accept-Encoding", []string{"ACCEPT-ENCODING"}, "Accept-Encoding"},
		{"Cookie", []string{"Accept-Encoding"}, "Cookie, Accept-Encoding"},
		{"Cookie, Accept-Encoding", []string{"Accept-Encoding"}, "Cookie, Accept-Encoding"},
		{"Cookie, Accept-Encoding", []string{"Accept-Encoding", "cookie"}, "Cookie, Accept-Encoding"},
		{"", []string{"Accept-Encoding", "COOKIE"}, "Accept-Encoding, Cookie"},
		{"Cookie,     Accept-Encoding", []string{"Accept-Encoding", "cookie"}, "Cookie, Accept-Encoding"},
		{"Cookie    ,     Accept-Encoding", []string{"Accept-Encoding", "cookie"}, "Cookie, Accept-Encoding"},
		{"*", []string{"Accept-Language", "Cookie"}, "*"},
		{"Accept-Language, Cookie", []string{"*"}, "*"},
		{"Cookie", nil, "Cookie"},
		{"", nil, ""},
	} {
		header := make(http.Header)
		if test.before != "" {
			header.Set("Vary", test.before)
		}
		if err := middleware.PatchVaryHeaders(header, test.names...); err != nil || header.Get("Vary") != test.want || len(header["Vary"]) > 1 {
			t.Errorf("%q and %q: %q, %v, want %q", test.before, test.names, header["Vary"], err, test.want)
		}
	}
	header := http.Header{"Vary": {"Cookie", "Origin"}}
	if err := middleware.PatchVaryHeaders(header, "origin", "Accept"); err != nil || !slices.Equal(header["Vary"], []string{"Cookie, Origin, Accept"}) {
		t.Errorf("of two lines: %q, %v", header["Vary"], err)
	}
}

// PatchCacheControl merges directives, and the stricter of each counts: unlike in Django, private
// is not replaced by public.
// Django, test_patch_cache_control
func TestPatchCacheControlMergesDirectives(t *testing.T) {
	for _, test := range []struct {
		before string
		add    []middleware.Directive
		want   string
	}{
		{"", []middleware.Directive{middleware.Private}, "private"},
		{"", []middleware.Directive{middleware.NoCacheFields("Set-Cookie")}, `no-cache="Set-Cookie"`},
		{"no-cache=Set-Cookie", []middleware.Directive{middleware.NoCache}, "no-cache"},
		{"no-cache=Set-Cookie,no-cache=Link", []middleware.Directive{middleware.NoCache}, "no-cache"},
		{"no-cache=Set-Cookie", []middleware.Directive{middleware.NoCacheFields("Link")}, `no-cache="Set-Cookie, Link"`},
		{"no-cache=Set-Cookie,no-cache=Link", []middleware.Directive{middleware.NoCacheFields("Custom")}, `no-cache="Set-Cookie, Link, Custom"`},
		{"private", []middleware.Directive{middleware.Private}, "private"},
		{"private", []middleware.Directive{middleware.Public}, "private"}, // public in Django
		{"public", []middleware.Directive{middleware.Public}, "public"},
		{"public", []middleware.Directive{middleware.Private}, "private"},
		{"must-revalidate,max-age=60,private", []middleware.Directive{middleware.Public}, "max-age=60, must-revalidate, private"}, // public in Django
		{"must-revalidate,max-age=60,public", []middleware.Directive{middleware.Private}, "max-age=60, must-revalidate, private"},
		{"must-revalidate,max-age=60", []middleware.Directive{middleware.Public}, "public, max-age=60, must-revalidate"},
		{"max-age=60", []middleware.Directive{middleware.MaxAge(time.Hour)}, "max-age=60"},
		{"max-age=3600", []middleware.Directive{middleware.MaxAge(time.Minute)}, "max-age=60"},
		{"community=UCI", []middleware.Directive{middleware.NoStore}, "no-store, community=UCI"},
		{"private", nil, "private"},
	} {
		header := make(http.Header)
		if test.before != "" {
			header.Set("Cache-Control", test.before)
		}
		if err := middleware.PatchCacheControl(header, test.add...); err != nil || header.Get("Cache-Control") != test.want {
			t.Errorf("%q and %q: %q, %v, want %q", test.before, test.add, header["Cache-Control"], err, test.want)
		}
	}
}

// A wrong patch is an error and keeps the response from being stored, so that a mistake does not
// make a response public.
func TestAWrongPatchIsAnErrorAndKeepsTheResponseFromBeingStored(t *testing.T) {
	for want, patch := range map[string]func(http.Header) error{
		`Vary: "Accept Language" is not the name of a field`: func(h http.Header) error {
			return middleware.PatchVaryHeaders(h, "Cookie", "Accept Language")
		},
		`Vary: "" is not the name of a field`:             func(h http.Header) error { return middleware.PatchVaryHeaders(h, "") },
		`Vary: "A, B" is not the name of a field`:         func(h http.Header) error { return middleware.PatchVaryHeaders(h, "A, B") },
		`Cache-Control: "max-age=1.5" is not a directive`: func(h http.Header) error { return middleware.PatchCacheControl(h, "max-age=1.5") },
		`Cache-Control: "private, x" is not a directive`:  func(h http.Header) error { return middleware.PatchCacheControl(h, "private, x") },
		`Cache-Control: no-cache is given twice`:          func(h http.Header) error { return middleware.PatchCacheControl(h, "no-cache", "no-cache") },
		`Cache-Control: public and private contradict each other`: func(h http.Header) error {
			return middleware.PatchCacheControl(h, middleware.Public, middleware.Private)
		},
	} {
		var err error
		h := &handler{serve: func(w http.ResponseWriter, _ *http.Request) { err = patch(w.Header()) }}
		p := cached(t, h)
		for range 2 {
			if ask(p, "/page"); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
		h.wantRuns(t, 2)
	}
}

// AddNeverCacheHeaders forbids every cache to store the response.
// Django, add_never_cache_headers
func TestAddNeverCacheHeadersForbidsEveryCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := http.Header{"Cache-Control": {"public, max-age=60"}, "Expires": {"Fri, 01 Jan 2100 00:00:00 GMT"}, "Cdn-Cache-Control": {"max-age=60"}, "Surrogate-Control": {"max-age=60"}}
		middleware.AddNeverCacheHeaders(h)
		now := time.Now().UTC().Format(http.TimeFormat)
		want := http.Header{"Cache-Control": {"max-age=0, no-cache, no-store, must-revalidate, private"}, "Expires": {now}}
		if h.Get("Cache-Control") != want.Get("Cache-Control") || h.Get("Expires") != now || len(h) != len(want) {
			t.Errorf("%q, want %q", h, want)
		}
	})
}

// PatchResponseHeaders sets Expires unless it is there, and the smaller max-age.
// Django, patch_response_headers
func TestPatchResponseHeadersSaysForHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
		for _, test := range []struct {
			before           http.Header
			timeout          time.Duration
			control, expires string
		}{
			{http.Header{}, time.Minute, "max-age=60", after(time.Minute)},
			{http.Header{}, 1500 * time.Millisecond, "max-age=1", after(time.Second)},
			{http.Header{}, -time.Minute, "max-age=0", after(0)},
			{http.Header{"Cache-Control": {"private, max-age=10"}}, time.Minute, "max-age=10, private", after(time.Minute)},
			{http.Header{"Cache-Control": {"max-age=100"}, "Expires": {"0"}}, time.Minute, "max-age=60", "0"},
		} {
			middleware.PatchResponseHeaders(test.before, test.timeout)
			if test.before.Get("Cache-Control") != test.control || test.before.Get("Expires") != test.expires {
				t.Errorf("%s: %q, want %s and %s", test.timeout, test.before, test.control, test.expires)
			}
		}
	})
}

// What a handler patches counts for the cache around it.
func TestACacheGoesByWhatItsHandlerPatches(t *testing.T) {
	type asked = func(p http.Handler) string
	twice := func(p http.Handler) string { return ask(p, "/page").body + ", " + ask(p, "/page").body }
	for name, test := range map[string]struct {
		patch func(http.Header)
		ask   asked
		want  string
	}{
		"PatchVaryHeaders": {
			patch: func(h http.Header) { _ = middleware.PatchVaryHeaders(h, "Accept-Language") },
			ask: func(p http.Handler) string {
				return ask(p, "/page", "Accept-Language: de").body + ", " + ask(p, "/page", "Accept-Language: en").body + ", " + ask(p, "/page", "Accept-Language: de").body
			},
			want: "run 1, run 2, run 1",
		},
		"PatchCacheControl":    {func(h http.Header) { _ = middleware.PatchCacheControl(h, middleware.Private) }, twice, "run 1, run 2"},
		"AddNeverCacheHeaders": {middleware.AddNeverCacheHeaders, twice, "run 1, run 2"},
		"PatchResponseHeaders": {
			patch: func(h http.Header) { middleware.PatchResponseHeaders(h, time.Minute) },
			ask: func(p http.Handler) string {
				first := twice(p)
				time.Sleep(61 * time.Second)
				return first + ", " + ask(p, "/page").body
			},
			want: "run 1, run 1, run 2",
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			counting := countingRuns()
			h := &handler{serve: func(w http.ResponseWriter, r *http.Request) {
				test.patch(w.Header())
				counting.ServeHTTP(w, r)
			}}
			if got := test.ask(within(inMemory(t), middleware.Site()(h))); got != test.want {
				t.Errorf("%s: %s, want %s", name, got, test.want)
			}
		})
	}
}
