package rfc9111_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Of several directives of a request the stricter counts, an invalid value is the strictest, and
// Pragma counts only without Cache-Control.
// RFC 9111, 5.2.1.1; RFC 9111, 5.2.1.2; RFC 9111, 5.2.1.3; RFC 9111, 5.4; RFC 5861, 4
func TestParseRequestDirectives(t *testing.T) {
	type want = rfc9111.RequestDirectives
	for _, test := range []struct {
		rule         string
		cacheControl []string
		pragma       []string
		want         want
	}{
		{"nothing", nil, nil, want{}},
		{"flags", []string{"No-Cache, no-store", "only-if-cached"}, nil, want{NoCache: true, NoStore: true, OnlyIfCached: true}},
		{"numbers", []string{`max-age=1, min-fresh="2", max-stale=3, stale-if-error=4`}, nil,
			want{HasMaxAge: true, MaxAge: time.Second, MinFresh: 2 * time.Second, HasMaxStale: true, MaxStale: 3 * time.Second, HasStaleIfError: true, StaleIfError: 4 * time.Second}},
		{"any staleness", []string{"max-stale"}, nil, want{HasMaxStale: true, MaxStale: math.MaxInt64}},
		{"the stricter of two", []string{"max-age=9, max-age=2, min-fresh=1, min-fresh=5, max-stale, max-stale=7"}, nil,
			want{HasMaxAge: true, MaxAge: 2 * time.Second, MinFresh: 5 * time.Second, HasMaxStale: true, MaxStale: 7 * time.Second}},
		{"what cannot be read is strict", []string{"max-age=x, min-fresh=-1, max-stale=, stale-if-error=1.5"}, nil,
			want{HasMaxAge: true, MinFresh: most, HasMaxStale: true, HasStaleIfError: true}},
		{"unknown ones", []string{`foo, bar="no-cache"`}, nil, want{}},
		{"Pragma", nil, []string{"x, No-Cache"}, want{NoCache: true}},
		{"Pragma of another kind", nil, []string{"no-store"}, want{}},
		{"Pragma beside Cache-Control", []string{""}, []string{"no-cache"}, want{}},
	} {
		if diff := cmp.Diff(test.want, rfc9111.ParseRequestDirectives(test.cacheControl, test.pragma)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.rule, diff)
		}
	}
}

// A stored response is served without validation only if it is fresh and the request accepts its
// age, or if both allow it to be stale.
// RFC 9111, 4; RFC 9111, 4.2; RFC 9111, 4.2.4; RFC 9111, 5.2.1.1; RFC 9111, 5.2.1.2
// RFC 9111, 5.2.1.3; RFC 9111, 5.2.1.4; RFC 9111, 5.2.1.7; RFC 9111, 5.2.2.2; RFC 9111, 5.2.2.4
// RFC 9111, 5.2.2.8; RFC 5861, 3; RFC 8246, 2
func TestReuse(t *testing.T) {
	const s = time.Second
	for _, test := range []struct {
		rule     string
		response string
		age      time.Duration
		request  string
		decision rfc9111.Decision
		cause    rfc9111.Cause
	}{
		{"fresh", "max-age=10", 9 * s, "", rfc9111.Serve, rfc9111.CauseFresh},
		{"not at the end of its lifetime", "max-age=10", 10 * s, "", rfc9111.Validate, rfc9111.CauseStale},
		{"never without a lifetime", "", 0, "", rfc9111.Validate, rfc9111.CauseStale},
		{"no-cache", "max-age=10, no-cache", 0, "max-stale", rfc9111.Validate, rfc9111.CauseNoCache},

		{"the request's no-cache", "max-age=10", 0, "no-cache", rfc9111.Validate, rfc9111.CauseRequestNoCache},
		{"the request's no-store forbids nothing", "max-age=10", 0, "no-store", rfc9111.Serve, rfc9111.CauseFresh},
		{"younger than max-age", "max-age=10", 5 * s, "max-age=5", rfc9111.Serve, rfc9111.CauseFresh},
		{"older than max-age", "max-age=10", 6 * s, "max-age=5", rfc9111.Validate, rfc9111.CauseRequestMaxAge},
		{"max-age=0", "max-age=10", 0, "max-age=0", rfc9111.Validate, rfc9111.CauseRequestMaxAge},
		{"max-age=0 and immutable", "max-age=10, immutable", 5 * s, "max-age=0", rfc9111.Serve, rfc9111.CauseFresh},
		{"max-age=0 and immutable, stale", "max-age=10, immutable", 15 * s, "max-age=0", rfc9111.Validate, rfc9111.CauseRequestMaxAge},
		{"no-cache and immutable", "max-age=10, immutable", 5 * s, "no-cache", rfc9111.Validate, rfc9111.CauseRequestNoCache},
		{"min-fresh", "max-age=10", 5 * s, "min-fresh=5", rfc9111.Serve, rfc9111.CauseFresh},
		{"not fresh for so long", "max-age=10", 6 * s, "min-fresh=5", rfc9111.Validate, rfc9111.CauseRequestMinFresh},
		{"min-fresh and max-stale", "max-age=10", 15 * s, "min-fresh=5, max-stale", rfc9111.Validate, rfc9111.CauseRequestMinFresh},

		{"max-stale", "max-age=10", 15 * s, "max-stale=5", rfc9111.Serve, rfc9111.CauseRequestMaxStale},
		{"staler than that", "max-age=10", 16 * s, "max-stale=5", rfc9111.Validate, rfc9111.CauseStale},
		{"any staleness", "max-age=10", 9999 * s, "max-stale", rfc9111.Serve, rfc9111.CauseRequestMaxStale},
		{"max-stale and max-age, which it exceeds", "max-age=10", 15 * s, "max-stale, max-age=12", rfc9111.Validate, rfc9111.CauseRequestMaxAge},
		{"max-stale and must-revalidate", "max-age=10, must-revalidate", 15 * s, "max-stale", rfc9111.Validate, rfc9111.CauseMustRevalidate},
		{"max-stale and proxy-revalidate", "max-age=10, proxy-revalidate", 15 * s, "max-stale", rfc9111.Validate, rfc9111.CauseMustRevalidate},
		{"max-stale and s-maxage", "s-maxage=10", 15 * s, "max-stale", rfc9111.Validate, rfc9111.CauseMustRevalidate},
		{"must-revalidate while fresh", "max-age=10, must-revalidate", 5 * s, "", rfc9111.Serve, rfc9111.CauseFresh},

		{"stale-while-revalidate", "max-age=10, stale-while-revalidate=5", 14 * s, "", rfc9111.ServeAndRevalidate, rfc9111.CauseStaleWhileRevalidate},
		{"not after it", "max-age=10, stale-while-revalidate=5", 15 * s, "", rfc9111.Validate, rfc9111.CauseStale},
		{"with s-maxage", "s-maxage=10, stale-while-revalidate=5", 14 * s, "", rfc9111.ServeAndRevalidate, rfc9111.CauseStaleWhileRevalidate},
		{"with must-revalidate", "max-age=10, must-revalidate, stale-while-revalidate=5", 14 * s, "", rfc9111.Validate, rfc9111.CauseMustRevalidate},
		{"for a client that wants no stale response", "max-age=10, stale-while-revalidate=5", 14 * s, "max-age=60", rfc9111.Validate, rfc9111.CauseStale},
		{"for one that takes it", "max-age=10, stale-while-revalidate=5", 14 * s, "max-age=60, max-stale", rfc9111.ServeAndRevalidate, rfc9111.CauseStaleWhileRevalidate},

		{"only-if-cached, and fresh", "max-age=10", 0, "only-if-cached", rfc9111.Serve, rfc9111.CauseFresh},
		{"only-if-cached, and stale", "max-age=10", 15 * s, "only-if-cached", rfc9111.GatewayTimeout, rfc9111.CauseStale},
		{"only-if-cached, and stale but taken", "max-age=10", 15 * s, "only-if-cached, max-stale", rfc9111.Serve, rfc9111.CauseRequestMaxStale},
	} {
		f := freshness(200, http.Header{"Cache-Control": {test.response}}, rfc9111.Heuristic{})
		r := rfc9111.ParseRequestDirectives([]string{test.request}, nil)
		if decision, cause := f.Reuse(test.age, &r); decision != test.decision || cause != test.cause {
			t.Errorf("%s: %v, %v; want %v, %v", test.rule, decision, cause, test.decision, test.cause)
		}
	}
	for c := rfc9111.CauseFresh; c <= rfc9111.CauseStaleWhileRevalidate; c++ {
		if c.String() == "" || c.Section() == "" {
			t.Errorf("cause %d has no words", c)
		}
	}
}

// The time for which a cache itself allows stale responses does not apply to s-maxage,
// must-revalidate or no-cache.
// RFC 9111, 4.2.4; RFC 9111, 5.2.2.2; RFC 9111, 5.2.2.10
func TestWindowsOfTheCache(t *testing.T) {
	for _, test := range []struct {
		rule        string
		response    string
		revalidates bool
		onError     bool
	}{
		{"where the response says nothing", "max-age=1", true, true},
		{"not with s-maxage", "s-maxage=1", false, false},
		{"not with must-revalidate", "max-age=1, must-revalidate", false, false},
		{"not with no-cache", "max-age=1, no-cache", false, false},
	} {
		f := freshness(200, http.Header{"Cache-Control": {test.response}}, rfc9111.Heuristic{})
		f.StaleWhileRevalidate, f.StaleIfError = time.Minute, time.Minute
		decision, _ := f.Reuse(time.Minute, &rfc9111.RequestDirectives{})
		if got := decision == rfc9111.ServeAndRevalidate; got != test.revalidates {
			t.Errorf("%s: %v", test.rule, decision)
		}
		if got := f.AllowsOnError(time.Minute, &rfc9111.RequestDirectives{}); got != test.onError {
			t.Errorf("%s: on an error: %v", test.rule, got)
		}
	}
}

// A stale response replaces a failure only within stale-if-error of the response or the request,
// and never with must-revalidate or no-cache.
// RFC 5861, 4; RFC 9111, 4.2.4
func TestAllowsOnError(t *testing.T) {
	for _, test := range []struct {
		rule     string
		response string
		age      time.Duration
		request  string
		want     bool
	}{
		{"not unless somebody says so", "max-age=10", 15, "", false},
		{"the response does", "max-age=10, stale-if-error=10", 19, "", true},
		{"not after the window", "max-age=10, stale-if-error=10", 20, "", false},
		{"the request does", "max-age=10", 15, "stale-if-error=10", true},
		{"the longer window", "max-age=10, stale-if-error=1", 15, "stale-if-error=10", true},
		{"with s-maxage the response must", "s-maxage=10", 15, "stale-if-error=10", false},
		{"and may", "s-maxage=10, stale-if-error=10", 15, "", true},
		{"must-revalidate is stronger", "max-age=10, must-revalidate, stale-if-error=10", 15, "stale-if-error=10", false},
		{"so is no-cache", "no-cache, stale-if-error=10", 1, "stale-if-error=10", false},
		{"and the request's", "max-age=10, stale-if-error=10", 15, "no-cache", false},
		{"a fresh one that was validated all the same", "max-age=10", 5, "max-age=0", true},
	} {
		f := freshness(200, http.Header{"Cache-Control": {test.response}}, rfc9111.Heuristic{})
		r := rfc9111.ParseRequestDirectives([]string{test.request}, nil)
		if got := f.AllowsOnError(test.age*time.Second, &r); got != test.want {
			t.Errorf("%s: %v", test.rule, got)
		}
	}
}

// No combination of directives serves a response that no-cache or must-revalidate holds back, and
// 504 is for only-if-cached alone.
// RFC 9111, 4.2.4; RFC 9111, 5.2.1.7
func FuzzReuse(f *testing.F) {
	f.Add("max-age=10, stale-while-revalidate=5", "max-stale=1", uint32(12))
	f.Add("s-maxage=1, must-revalidate", "min-fresh=x, only-if-cached", uint32(0))
	f.Fuzz(func(t *testing.T, response, request string, age uint32) {
		fresh := freshness(200, http.Header{"Cache-Control": {response}}, rfc9111.Heuristic{})
		r := rfc9111.ParseRequestDirectives([]string{request}, nil)
		current := time.Duration(age) * time.Second
		decision, cause := fresh.Reuse(current, &r)
		serves := decision == rfc9111.Serve || decision == rfc9111.ServeAndRevalidate
		stale := current >= fresh.Lifetime
		if serves && (fresh.NoCache || r.NoCache || stale && fresh.MustRevalidate) {
			t.Errorf("%q, %q, %v: %v, %v", response, request, current, decision, cause)
		}
		if stale && (cause == rfc9111.CauseFresh) || !stale && decision == rfc9111.ServeAndRevalidate {
			t.Errorf("%q, %q, %v: %v, %v", response, request, current, decision, cause)
		}
		if (decision == rfc9111.GatewayTimeout) != (r.OnlyIfCached && !serves) {
			t.Errorf("%q, %q, %v: %v, %v", response, request, current, decision, cause)
		}
	})
}
