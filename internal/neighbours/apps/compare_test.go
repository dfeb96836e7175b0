package apps_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/neighbours/apps"
)

// page returns an answer with these header fields: names and values in turn.
func page(status int, body string, fields ...string) apps.Answer {
	header := http.Header{}
	for i := 0; i < len(fields); i += 2 {
		header.Set(fields[i], fields[i+1])
	}
	return apps.Answer{Status: status, Header: header, Body: []byte(body)}
}

func TestADifferenceIsReportedUnlessAnRFCExplainsIt(t *testing.T) {
	get := apps.Request{Target: "/"}
	part := get.With("Range", "bytes=1-2")
	const hit, miss = "larder; hit; ttl=1", "larder; fwd=uri-miss; fwd-status=200"
	for _, test := range []struct {
		name           string
		request        apps.Request
		direct, cached apps.Answer
		want           string // the beginnings of the differences
	}{
		{"equal", get, page(200, "a"), page(200, "a"), ""},
		{"status", get, page(200, "a"), page(503, "a"), "status"},
		{"body", get, page(200, "for ada"), page(200, "for bob"), "body"},
		{"field lost", get, page(200, "", "X-Frame-Options", "DENY"), page(200, ""), "X-Frame-Options"},
		{"field added", get, page(200, ""), page(200, "", "Content-Type", "text/html"), "Content-Type"},
		{"fields of caches", get, page(200, "", "Date", "x"), page(200, "", "Age", "1", "Cache-Status", hit), ""},
		{"weak ETag of the same", get, page(200, "", "ETag", `W/"x"`), page(200, "", "ETag", `"x"`), ""},
		{"another ETag", get, page(200, "", "ETag", `"x"`), page(200, "", "ETag", `"y"`), "Etag"},
		{"a cookie of the same name", get, page(200, "", "Set-Cookie", "s=1"), page(200, "", "Set-Cookie", "s=2"), ""},
		{"a lost cookie", get, page(200, "", "Set-Cookie", "s=1"), page(200, ""), "Set-Cookie"},
		{"Vary on the coding lost", get, page(200, "", "Vary", "Cookie, Accept-Encoding"), page(200, "", "Vary", "cookie"), ""},
		{"Vary on cookies lost", get, page(200, "", "Vary", "Cookie"), page(200, ""), "Vary"},
		{"a coding that is not accepted", get, page(200, "a"), page(200, "a", "Content-Encoding", "gzip"), "Content-Encoding"},
		{"a coding that is accepted", get.With("Accept-Encoding", "gzip"), page(200, "a"), page(200, "a", "Content-Encoding", "gzip"), ""},
		{"another length", get, page(200, "a", "Content-Length", "1"), page(200, "a", "Content-Length", "2"), "Content-Length"},
		{"the same lifetime later", get,
			page(200, "", "Date", "Mon, 01 Jan 2024 00:00:00 GMT", "Expires", "Mon, 01 Jan 2024 01:00:00 GMT"),
			page(200, "", "Date", "Mon, 01 Jan 2024 00:00:09 GMT", "Expires", "Mon, 01 Jan 2024 01:00:09 GMT"), ""},
		{"a longer lifetime", get,
			page(200, "", "Date", "Mon, 01 Jan 2024 00:00:00 GMT", "Expires", "Mon, 01 Jan 2024 01:00:00 GMT"),
			page(200, "", "Date", "Mon, 01 Jan 2024 00:00:00 GMT", "Expires", "Mon, 01 Jan 2024 02:00:00 GMT"), "Expires"},
		{"If-Match on a hit", get.With("If-Match", `"x"`), page(412, ""), page(200, "a", "Cache-Status", hit), ""},
		{"If-Match on a miss", get.With("If-Match", `"x"`), page(412, ""), page(200, "", "Cache-Status", miss), "status"},
		{"the right part", part, page(200, "abc"), page(206, "bc", "Content-Range", "bytes 1-2/3"), ""},
		{"a wrong part", part, page(200, "abc"), page(206, "ab", "Content-Range", "bytes 1-2/3"), "part"},
		{"a part of another length", part, page(200, "abc"), page(206, "bc", "Content-Range", "bytes 1-1/3"), "Content-Range"},
		{"no part", part, page(206, "bc", "Content-Range", "bytes 1-2/3"), page(200, "abc"), "status body Content-Range"},
		{"a 416 in other words", part, page(416, "a", "Content-Range", "bytes */1"), page(416, "b", "Content-Range", "bytes */1"), ""},
		{"a 416 of another page", part, page(416, "", "Content-Range", "bytes */1"), page(416, "", "Content-Range", "bytes */2"), "Content-Range"},
		{"a 304 with more", get, page(304, "", "ETag", `"x"`), page(304, "", "ETag", `"x"`, "Vary", "Cookie"), ""},
		{"a 304 with less", get, page(304, "", "ETag", `"x"`, "Vary", "Cookie"), page(304, "", "ETag", `"x"`), "Vary"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var found []string
			for _, difference := range apps.Differences(test.request, test.direct, test.cached, nil) {
				name, _, _ := strings.Cut(difference, ":")
				found = append(found, name)
			}
			if got := strings.Join(found, " "); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
