package rfc9111_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// The questions that a hit asks of an ordinary request allocate nothing.
func TestHitAllocatesNothing(t *testing.T) {
	stored := http.Header{"Cache-Control": {"max-age=60"}, "Etag": {`"a"`}, "Last-Modified": {date(-time.Hour)}, "Date": {date(0)}}
	fresh := freshness(200, stored, rfc9111.Heuristic{})
	validators := rfc9111.ValidatorsOf(stored, noon)
	request := http.Header{
		"Cache-Control": {"max-age=30, stale-if-error=5"}, "If-None-Match": {`"b", W/"c"`}, "If-Range": {date(0)}, "Range": {"bytes=0-1"},
		"If-Unmodified-Since": {date(0)},
	}
	sinceOnly := http.Header{"If-Modified-Since": {date(-2 * time.Hour)}}
	age := make([]byte, 0, 32)
	if n := testing.AllocsPerRun(100, func() {
		directives := rfc9111.ParseRequestDirectives(request["Cache-Control"], request["Pragma"])
		current := rfc9111.CurrentAge(0, noon, noon.Add(time.Second))
		fresh.Reuse(current, &directives)
		fresh.AllowsOnError(current, &directives)
		validators.Evaluate("GET", request, noon)
		validators.Evaluate("GET", sinceOnly, noon)
		age = rfc9111.AppendAge(age[:0], current)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkReuse(b *testing.B) {
	fresh := freshness(200, http.Header{"Cache-Control": {"max-age=60"}}, rfc9111.Heuristic{})
	request := http.Header{"Cache-Control": {"max-age=30"}}
	for b.Loop() {
		directives := rfc9111.ParseRequestDirectives(request["Cache-Control"], request["Pragma"])
		fresh.Reuse(time.Second, &directives)
	}
}
