package rfc9111_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// targets is the target list of the tests.
var targets = []string{"Cdn-Cache-Control"}

func freshness(status int, header http.Header, h rfc9111.Heuristic) rfc9111.Freshness {
	c := rfc9111.ControlOf(header, targets)
	return rfc9111.FreshnessOf(&c, status, header, noon, h)
}

// The lifetime comes from a targeted field, else from s-maxage, max-age, Expires less Date, or is a
// tenth of the time since Last-Modified, in this order; an invalid Expires is in the past.
// RFC 9111, 4.2.1; RFC 9111, 4.2.2; RFC 9111, 5.3; RFC 9111, 5.2.2.1; RFC 9111, 5.2.2.10
// RFC 9213, 2.3
func TestLifetime(t *testing.T) {
	for _, test := range []struct {
		rule   string
		status int
		header http.Header
		want   time.Duration
		source rfc9111.Source
	}{
		{"nothing is said", 200, http.Header{}, 0, rfc9111.SourceNone},
		{"max-age", 200, http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, rfc9111.SourceMaxAge},
		{"s-maxage before max-age", 200, http.Header{"Cache-Control": {"max-age=0, s-maxage=60"}, "Expires": {date(-time.Hour)}}, time.Minute, rfc9111.SourceSMaxAge},
		{"max-age before Expires", 200, http.Header{"Cache-Control": {"max-age=60"}, "Expires": {"0"}}, time.Minute, rfc9111.SourceMaxAge},
		{"an invalid max-age too", 200, http.Header{"Cache-Control": {"max-age=a"}, "Expires": {date(time.Hour)}}, 0, rfc9111.SourceMaxAge},
		{"of any status code", 599, http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, rfc9111.SourceMaxAge},
		{"at most 2^31 seconds", 200, http.Header{"Cache-Control": {"max-age=99999999999"}}, most, rfc9111.SourceMaxAge},

		{"Expires less Date", 200, http.Header{"Expires": {date(time.Hour)}, "Date": {date(time.Minute)}}, 59 * time.Minute, rfc9111.SourceExpires},
		{"Expires before Date", 200, http.Header{"Expires": {date(time.Minute)}, "Date": {date(time.Hour)}}, 0, rfc9111.SourceExpires},
		{"Expires at Date", 200, http.Header{"Expires": {date(0)}, "Date": {date(0)}}, 0, rfc9111.SourceExpires},
		{"Expires without Date", 200, http.Header{"Expires": {date(time.Hour)}}, time.Hour - 500*time.Millisecond, rfc9111.SourceExpires},
		{"Expires with an invalid Date", 200, http.Header{"Expires": {date(time.Hour)}, "Date": {"foo"}}, time.Hour - 500*time.Millisecond, rfc9111.SourceExpires},
		{"Expires: 0", 200, http.Header{"Expires": {"0"}, "Last-Modified": {date(-time.Hour)}}, 0, rfc9111.SourceExpires},
		{"Expires far ahead", 200, http.Header{"Expires": {"Fri, 31 Dec 9999 23:59:59 GMT"}}, most, rfc9111.SourceExpires},
		{"Expires twice the same", 200, http.Header{"Expires": {date(time.Hour), date(time.Hour)}, "Date": {date(0)}}, time.Hour, rfc9111.SourceExpires},
		{"Expires twice", 200, http.Header{"Expires": {date(time.Hour), date(2 * time.Hour)}}, 0, rfc9111.SourceExpires},

		{"a targeted field before all", 200, http.Header{"Cdn-Cache-Control": {"max-age=60"}, "Cache-Control": {"s-maxage=1"}, "Expires": {"0"}}, time.Minute, rfc9111.SourceMaxAge},
		{"Expires does not count beside it", 200, http.Header{"Cdn-Cache-Control": {"public"}, "Expires": {date(time.Hour)}}, 0, rfc9111.SourceNone},

		{"a tenth of the age", 200, http.Header{"Last-Modified": {date(-100 * time.Minute)}, "Date": {date(0)}}, 10 * time.Minute, rfc9111.SourceHeuristic},
		{"at most a day", 200, http.Header{"Last-Modified": {date(-9000 * time.Hour)}, "Date": {date(0)}}, 24 * time.Hour, rfc9111.SourceHeuristic},
		{"modified in the future", 200, http.Header{"Last-Modified": {date(time.Hour)}, "Date": {date(0)}}, 0, rfc9111.SourceHeuristic},
		{"an invalid Last-Modified", 200, http.Header{"Last-Modified": {"yesterday"}}, 0, rfc9111.SourceNone},
		{"two of them", 200, http.Header{"Last-Modified": {date(-time.Hour), date(-time.Hour)}}, 0, rfc9111.SourceNone},
		{"no guess for some status codes", 503, http.Header{"Last-Modified": {date(-time.Hour)}}, 0, rfc9111.SourceNone},
		{"but with public", 599, http.Header{"Cache-Control": {"public"}, "Last-Modified": {date(-100 * time.Minute)}, "Date": {date(0)}}, 10 * time.Minute, rfc9111.SourceHeuristic},
	} {
		got := freshness(test.status, test.header, rfc9111.Heuristic{})
		if got.Lifetime != test.want || got.Source != test.source {
			t.Errorf("%s: %v from %v, want %v from %v", test.rule, got.Lifetime, got.Source, test.want, test.source)
		}
	}
}

// The share of the age and the bound of the heuristic lifetime can be set, and a negative bound
// turns it off.
// RFC 9111, 4.2.2
func TestHeuristic(t *testing.T) {
	header := http.Header{"Last-Modified": {date(-100 * time.Minute)}, "Date": {date(0)}}
	for h, want := range map[rfc9111.Heuristic]time.Duration{
		{}:                 10 * time.Minute,
		{Percent: 20}:      20 * time.Minute,
		{Max: time.Minute}: time.Minute,
		{Max: -1}:          0,
	} {
		if got := freshness(200, header, h); got.Lifetime != want {
			t.Errorf("%+v: %v", h, got.Lifetime)
		}
	}
}

// The directives about validation and about stale responses are read together with the lifetime;
// s-maxage implies proxy-revalidate.
// RFC 9111, 5.2.2.2; RFC 9111, 5.2.2.8; RFC 9111, 5.2.2.10; RFC 5861, 3; RFC 5861, 4; RFC 8246, 2
func TestFreshnessOf(t *testing.T) {
	got := freshness(200, http.Header{"Cache-Control": {`s-maxage=1, proxy-revalidate, immutable, no-cache="vary", stale-while-revalidate=2, stale-if-error=3`}}, rfc9111.Heuristic{})
	want := rfc9111.Freshness{
		Lifetime: time.Second, Source: rfc9111.SourceSMaxAge, NoCache: true, Immutable: true, MustRevalidate: true, SharedRevalidate: true,
		HasStaleWhileRevalidate: true, StaleWhileRevalidate: 2 * time.Second, HasStaleIfError: true, StaleIfError: 3 * time.Second,
	}
	if got != want {
		t.Errorf("%+v", got)
	}
	if got := freshness(200, http.Header{"Cache-Control": {`no-cache="x-user"`}}, rfc9111.Heuristic{}); got.NoCache {
		t.Error("no-cache with a field that may be left out is about the whole response")
	}
}

// No header gives a lifetime that is negative or above 2^31 seconds.
// RFC 9111, 4.2.1
func FuzzFreshnessOf(f *testing.F) {
	f.Add("max-age=1", "0", "", "", "")
	f.Add("public", "", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 2094 08:49:37 GMT", "max-age=1")
	f.Fuzz(func(t *testing.T, cacheControl, expires, modified, date, targeted string) {
		header := http.Header{
			"Cache-Control": {cacheControl}, "Expires": {expires}, "Last-Modified": {modified}, "Date": {date}, "Cdn-Cache-Control": {targeted},
		}
		for _, status := range []int{200, 599} {
			got := freshness(status, header, rfc9111.Heuristic{})
			if got.Lifetime < 0 || got.Lifetime > most || got.Source == rfc9111.SourceNone && got.Lifetime > 0 {
				t.Errorf("%v: %+v", header, got)
			}
		}
	})
}
