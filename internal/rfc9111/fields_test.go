package rfc9111_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-go/larder/internal/rfc9111"
)

// Connection, the fields that it names and the other fields of one connection are not stored, but
// fields that caching depends on stay whatever Connection says.
// RFC 9111, 3.1; RFC 9110, 7.6.1
func TestUnstorableFields(t *testing.T) {
	header := http.Header{
		"Connection":          {"close, x-one", "X-Two,cache-control, VARY, content-encoding, content-type"},
		"Keep-Alive":          {"1"},
		"Proxy-Authenticate":  {"Basic"},
		"Te":                  {"trailers"},
		"Trailer":             {"X-T"},
		"Transfer-Encoding":   {"chunked"},
		"Upgrade":             {"h2c"},
		"Proxy-Connection":    {"close"},
		"Proxy-Authorization": {"x"},
		"X-One":               {"1"},
		"X-Two":               {"2"},
		"X-Three":             {"3"},
		"Cache-Control":       {"public"},
		"Content-Encoding":    {"gzip"},
		"Content-Type":        {"text/plain"},
		"Vary":                {"Accept"},
	}
	removeUnstorable(header, &rfc9111.Directives{})
	if diff := cmp.Diff(http.Header{
		"X-Three":          {"3"},
		"Cache-Control":    {"public"},
		"Content-Encoding": {"gzip"},
		"Content-Type":     {"text/plain"},
		"Vary":             {"Accept"},
	}, header); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Fields that private or no-cache name are not stored, except those that the body depends on.
// RFC 9111, 5.2.2.4; RFC 9111, 5.2.2.7
func TestQualifiedFieldsAreUnstorable(t *testing.T) {
	d := rfc9111.ParseDirectives([]string{`private="x-one", no-cache="x-two, content-type"`})
	header := http.Header{"X-One": {"1"}, "X-Two": {"2"}, "X-Three": {"3"}, "Content-Type": {"text/plain"}}
	removeUnstorable(header, &d)
	if diff := cmp.Diff(http.Header{"X-Three": {"3"}, "Content-Type": {"text/plain"}}, header); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func removeUnstorable(header http.Header, d *rfc9111.Directives) {
	unstorable := rfc9111.UnstorableOf(header, d)
	maps.DeleteFunc(header, func(name string, _ []string) bool { return unstorable.Has(name) })
}
