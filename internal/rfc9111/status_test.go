package rfc9111_test

import (
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

// The heuristically cacheable status codes are those that RFC 9110 lists, and only final codes that
// the cache understands count as understood.
// RFC 9110, 15.1; RFC 9111, 5.2.2.3
func TestStatusCodes(t *testing.T) {
	heuristic := map[int]bool{200: true, 203: true, 204: true, 206: true, 300: true, 301: true, 308: true, 404: true, 405: true, 410: true, 414: true, 451: true, 501: true}
	strange := map[int]bool{206: true, 304: true, 306: true, 418: true, 419: true, 420: true}
	for status := range 1000 {
		if got := rfc9111.IsHeuristicallyCacheable(status); got != heuristic[status] {
			t.Errorf("%d is heuristically cacheable: %v", status, got)
		}
		if got := rfc9111.IsFinal(status); got != (status >= 200 && status < 600) {
			t.Errorf("%d is final: %v", status, got)
		}
		if rfc9111.IsUnderstood(status) && (!rfc9111.IsFinal(status) || strange[status]) {
			t.Errorf("%d is understood", status)
		}
		if heuristic[status] && status != 206 && !rfc9111.IsUnderstood(status) {
			t.Errorf("%d is not understood", status)
		}
	}
	for _, status := range []int{299, 428, 429, 499, 599} {
		if rfc9111.IsUnderstood(status) {
			t.Errorf("%d is understood", status)
		}
	}
}

// The registered safe methods are safe in exactly this spelling, and all other methods are unsafe.
// RFC 9110, 9.2.1
func TestIsSafe(t *testing.T) {
	for method, want := range map[string]bool{
		"GET": true, "HEAD": true, "OPTIONS": true, "TRACE": true, "QUERY": true, "PROPFIND": true,
		"POST": false, "PUT": false, "DELETE": false, "PATCH": false, "M-SEARCH": false, "get": false, "": false, "PURGE": false,
	} {
		if rfc9111.IsSafe(method) != want {
			t.Errorf("%q: %v", method, !want)
		}
	}
}
