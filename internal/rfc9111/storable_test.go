package rfc9111_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A response is stored only if its method, its final status, its directives, its request's
// directives and its lifetime all allow it.
// RFC 9111, 3; RFC 9111, 3.5; RFC 9111, 5.2.1.5; RFC 9111, 5.2.2.3; RFC 9111, 5.2.2.5
// RFC 9111, 5.2.2.7; RFC 9111, 5.2.2.9; RFC 9110, 9.3.3; RFC 6585, 4; RFC 9213, 2.2
func TestObstacle(t *testing.T) {
	target := &url.URL{Scheme: "http", Host: "example.com", Path: "/a", RawQuery: "b"}
	const none = rfc9111.NoObstacle
	says := func(cacheControl string) http.Header { return http.Header{"Cache-Control": {cacheControl}} }
	for _, test := range []struct {
		rule string
		x    rfc9111.Candidate
		want rfc9111.Obstacle
	}{
		{"200 by default", rfc9111.Candidate{Method: "GET", Status: 200}, none},
		{"HEAD too", rfc9111.Candidate{Method: "HEAD", Status: 200}, none},
		{"302 not by default", rfc9111.Candidate{Method: "GET", Status: 302}, rfc9111.ObstacleNoFreshness},
		{"302 with a lifetime", rfc9111.Candidate{Method: "GET", Status: 302, Header: says("max-age=1")}, none},
		{"302 with s-maxage", rfc9111.Candidate{Method: "GET", Status: 302, Header: says("s-maxage=1")}, none},
		{"302 with public", rfc9111.Candidate{Method: "GET", Status: 302, Header: says("public")}, none},
		{"302 with Expires, even in the past", rfc9111.Candidate{Method: "GET", Status: 302, Header: http.Header{"Expires": {"0"}}}, none},
		{"Expires beside a targeted field", rfc9111.Candidate{Method: "GET", Status: 302, Header: http.Header{"Expires": {"0"}, "Cdn-Cache-Control": {"immutable"}}}, rfc9111.ObstacleNoFreshness},
		{"no-cache, to be validated", rfc9111.Candidate{Method: "GET", Status: 200, Header: says("no-cache")}, none},
		{"an unknown status code with a lifetime", rfc9111.Candidate{Method: "GET", Status: 599, Header: says("max-age=1")}, none},

		{"PUT", rfc9111.Candidate{Method: "PUT", Status: 200, Header: says("max-age=1")}, rfc9111.ObstacleMethod},
		{"an unknown method", rfc9111.Candidate{Method: "get", Status: 200}, rfc9111.ObstacleMethod},
		{"POST", rfc9111.Candidate{Method: "POST", Status: 200, Target: target, Header: says("max-age=1")}, rfc9111.ObstacleMethod},
		{"POST that says what GET would", rfc9111.Candidate{Method: "POST", Status: 200, Target: target,
			Header: http.Header{"Cache-Control": {"max-age=1"}, "Content-Location": {"?b"}}}, none},
		{"POST of another location", rfc9111.Candidate{Method: "POST", Status: 200, Target: target,
			Header: http.Header{"Cache-Control": {"max-age=1"}, "Content-Location": {"/a?c"}}}, rfc9111.ObstacleMethod},
		{"POST of another origin", rfc9111.Candidate{Method: "POST", Status: 200, Target: target,
			Header: http.Header{"Cache-Control": {"max-age=1"}, "Content-Location": {"http://example.org/a?b"}}}, rfc9111.ObstacleMethod},
		{"POST without a lifetime", rfc9111.Candidate{Method: "POST", Status: 200, Target: target,
			Header: http.Header{"Content-Location": {"/a?b"}}}, rfc9111.ObstacleMethod},
		{"103", rfc9111.Candidate{Method: "GET", Status: 103, Header: says("max-age=1")}, rfc9111.ObstacleInterim},
		{"600", rfc9111.Candidate{Method: "GET", Status: 600, Header: says("max-age=1")}, rfc9111.ObstacleInterim},
		{"429", rfc9111.Candidate{Method: "GET", Status: 429, Header: says("max-age=1")}, rfc9111.ObstacleStatus},

		{"no-store", rfc9111.Candidate{Method: "GET", Status: 200, Header: says("max-age=1, no-store")}, rfc9111.ObstacleNoStore},
		{"no-store in the request", rfc9111.Candidate{Method: "GET", Status: 200, NoStore: true}, rfc9111.ObstacleRequestNoStore},
		{"no-store for those who do not understand", rfc9111.Candidate{Method: "GET", Status: 200, Header: says("max-age=1, no-store, must-understand")}, none},
		{"and for this cache", rfc9111.Candidate{Method: "GET", Status: 599, Header: says("max-age=1, no-store, must-understand")}, rfc9111.ObstacleUnderstanding},
		{"must-understand alone", rfc9111.Candidate{Method: "GET", Status: 599, Header: says("max-age=1, must-understand")}, rfc9111.ObstacleUnderstanding},
		{"must-understand beside what cannot be read", rfc9111.Candidate{Method: "GET", Status: 200, Header: says(`must-understand, x="no-store`)}, rfc9111.ObstacleNoStore},
		{"must-understand does not undo the request's no-store", rfc9111.Candidate{Method: "GET", Status: 200, NoStore: true, Header: says("must-understand")}, rfc9111.ObstacleRequestNoStore},
		{"a targeted field allows what Cache-Control forbids", rfc9111.Candidate{Method: "GET", Status: 200,
			Header: http.Header{"Cache-Control": {"no-store"}, "Cdn-Cache-Control": {"max-age=1"}}}, none},
		{"and the reverse", rfc9111.Candidate{Method: "GET", Status: 200,
			Header: http.Header{"Cache-Control": {"max-age=1"}, "Cdn-Cache-Control": {"no-store"}}}, rfc9111.ObstacleNoStore},
		{"private", rfc9111.Candidate{Method: "GET", Status: 200, Header: says("private, max-age=1")}, rfc9111.ObstaclePrivate},
		{"some private fields", rfc9111.Candidate{Method: "GET", Status: 200, Header: says(`private="x-a", max-age=1`)}, none},
		{"Authorization", rfc9111.Candidate{Method: "GET", Status: 200, Authorization: true, Header: says("max-age=1")}, rfc9111.ObstacleAuthorization},
		{"Authorization and must-revalidate", rfc9111.Candidate{Method: "GET", Status: 200, Authorization: true, Header: says("must-revalidate")}, none},
		{"Authorization and proxy-revalidate", rfc9111.Candidate{Method: "GET", Status: 200, Authorization: true, Header: says("proxy-revalidate")}, rfc9111.ObstacleAuthorization},
		{"Vary: *", rfc9111.Candidate{Method: "GET", Status: 200, Header: http.Header{"Vary": {"a , *"}}}, rfc9111.ObstacleVary},

		{"206", rfc9111.Candidate{Method: "GET", Status: 206}, rfc9111.ObstaclePartial},
		{"304", rfc9111.Candidate{Method: "GET", Status: 304, Header: says("max-age=1")}, rfc9111.ObstaclePartial},
		{"Content-Range of a 200, which has no meaning", rfc9111.Candidate{Method: "GET", Status: 200, Header: http.Header{"Content-Range": {"bytes 0-1/2"}}}, none},
		{"206 that is private is that first", rfc9111.Candidate{Method: "GET", Status: 206, Header: says("private")}, rfc9111.ObstaclePrivate},
	} {
		test.x.Control = rfc9111.ControlOf(test.x.Header, targets)
		if got := test.x.Obstacle(); got != test.want {
			t.Errorf("%s: obstacle %d, want %d", test.rule, got, test.want)
		}
	}
}
