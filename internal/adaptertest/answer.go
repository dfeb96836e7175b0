package adaptertest

import (
	"net/http"
	"strings"
	"testing"
)

// Answer is a response that was read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Err    error // of reading the body
}

// CacheStatus is what the caches on the way have said.
func (a Answer) CacheStatus() string { return strings.Join(a.Header["Cache-Status"], " | ") }

// IsHit reports whether the answer is from the cache.
func (a Answer) IsHit() bool { return strings.Contains(a.CacheStatus(), "larder; hit") }

// Want fails the test if the answer is another.
func (a Answer) Want(t *testing.T, status int, body string) {
	t.Helper()
	if a.Status != status || a.Body != body || a.Err != nil {
		t.Errorf("the answer is %d %.100q, %v; want %d %.100q (%s)", a.Status, a.Body, a.Err, status, body, a.CacheStatus())
	}
}

// WantHit fails the test if the answer is not this page, from the cache.
func (a Answer) WantHit(t *testing.T, body string) {
	t.Helper()
	a.Want(t, http.StatusOK, body)
	if !a.IsHit() {
		t.Errorf("not a hit: %s", a.CacheStatus())
	}
}

// WantMiss fails the test if the answer is not this page, or from the cache.
func (a Answer) WantMiss(t *testing.T, body string) {
	t.Helper()
	a.Want(t, http.StatusOK, body)
	if a.IsHit() {
		t.Errorf("a hit: %s", a.CacheStatus())
	}
}
