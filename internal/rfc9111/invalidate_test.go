package rfc9111_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A response to an unsafe or unknown method that is no error invalidates the target and the URIs of
// Location and Content-Location if they have its origin.
// RFC 9111, 4.4
func TestInvalidated(t *testing.T) {
	for _, test := range []struct {
		rule   string
		method string
		status int
		header http.Header
		want   string
	}{
		{"POST", "POST", 200, nil, "http://shop.example/a/b?c"},
		{"an unknown method", "M-SEARCH", 204, nil, "http://shop.example/a/b?c"},
		{"a redirect is no error", "POST", 303, nil, "http://shop.example/a/b?c"},
		{"a safe method", "GET", 200, nil, ""},
		{"an error", "POST", 500, nil, ""},
		{"a refusal", "PUT", 412, nil, ""},
		{"an interim response", "PUT", 103, nil, ""},
		{"Location", "POST", 201, http.Header{"Location": {"/d#e"}}, "http://shop.example/a/b?c http://shop.example/d"},
		{"relative ones", "POST", 201, http.Header{"Location": {"../x"}, "Content-Location": {"?y"}}, "http://shop.example/a/b?c http://shop.example/x http://shop.example/a/b?y"},
		{"in full, with the default port", "POST", 201, http.Header{"Location": {"HTTP://SHOP.example:80/x"}}, "http://shop.example/a/b?c http://SHOP.example:80/x"},
		{"each once", "POST", 201, http.Header{"Location": {"/x", "/x"}, "Content-Location": {"/a/b?c"}}, "http://shop.example/a/b?c http://shop.example/x"},
		{"another host", "POST", 201, http.Header{"Location": {"http://other.example/x"}}, "http://shop.example/a/b?c"},
		{"another host, without a scheme", "POST", 201, http.Header{"Location": {"//other.example/x"}}, "http://shop.example/a/b?c"},
		{"another scheme", "POST", 201, http.Header{"Location": {"https://shop.example/x"}}, "http://shop.example/a/b?c"},
		{"another port", "POST", 201, http.Header{"Location": {"http://shop.example:8080/x"}}, "http://shop.example/a/b?c"},
		{"a host that only begins so", "POST", 201, http.Header{"Location": {"http://shop.example.org/x"}}, "http://shop.example/a/b?c"},
		{"what is no URI", "POST", 201, http.Header{"Location": {"%zz", "mailto:x@shop.example", "http://[::1"}}, "http://shop.example/a/b?c"},
	} {
		target := &url.URL{Scheme: "http", Host: "shop.example", Path: "/a/b", RawQuery: "c", User: url.User("u"), Fragment: "f"}
		var got []string
		for _, uri := range rfc9111.Invalidated(test.method, test.status, target, test.header) {
			got = append(got, uri.String())
		}
		if diff := cmp.Diff(strings.Fields(test.want), got, cmp.Transformer("len", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.rule, diff)
		}
	}
}

// No Location invalidates a URI of another host.
// RFC 9111, 4.4
func FuzzInvalidated(f *testing.F) {
	for _, seed := range []string{"", "/x", "//other", "http://shop.example:80/", "?a#b", "\x00", "http:x", "http://shop.example@other/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		target := &url.URL{Scheme: "http", Host: "shop.example", Path: "/a"}
		for _, uri := range rfc9111.Invalidated("POST", 200, target, http.Header{"Location": {location}}) {
			if !strings.EqualFold(uri.Hostname(), "shop.example") || uri.User != nil || uri.Fragment != "" {
				t.Errorf("%q invalidates %v", location, uri)
			}
		}
	})
}
