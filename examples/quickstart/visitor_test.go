package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// made is the box of a page, with the time at which the page was made and what it
// says of loading the page again.
var made = regexp.MustCompile(`(?s)<p class="made">Made in <b>[^<]+</b> at <b>([^<]+)</b>\. Load the page again: (.*?)</p>`)

// box returns the parts of the box of a page.
func (r reply) box(t *testing.T) (at, says string) {
	t.Helper()
	found := made.FindStringSubmatch(r.body)
	if found == nil {
		t.Fatalf("%s: the page has no box:\n%s", r.Request.URL, r.body)
	}
	return found[1], found[2]
}

// What the page /cache counts, and what the box of each page says, is what a
// visitor did and saw.
func TestTheNumbersAndTheBoxesAreWhatAVisitorDid(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	kept := []string{"/", "/?sort=files", "/pkg/alpha", "/pkg/alpha/inner"}
	notKept := []string{"/pkg/gamma", "/?sort=size", "/elsewhere", "/cache"}
	statuses := map[string]int{"/pkg/gamma": http.StatusNotFound, "/?sort=size": http.StatusBadRequest, "/elsewhere": http.StatusNotFound}

	hits, misses := 0, 0
	times := make(map[string]string)
	visit := func(target string) (at, says string) {
		t.Helper()
		r := p.get(target)
		r.wantStatus(t, max(statuses[target], http.StatusOK))
		switch status := r.cacheStatus(); {
		case strings.Contains(status, "; hit"):
			hits++
		case status != "":
			misses++
		}
		return r.box(t)
	}
	for range 3 {
		for _, target := range kept {
			at, says := visit(target)
			if !strings.Contains(says, "while the time stays, it comes from the cache") {
				t.Errorf("%s: the box says %q", target, says)
			}
			if before, again := times[target]; again && at != before {
				t.Errorf("%s comes from the cache, and is of %s and of %s", target, before, at)
			}
			times[target] = at
		}
	}
	for range 2 {
		for _, target := range notKept {
			before := hits
			if _, says := visit(target); !strings.Contains(says, "the time changes") {
				t.Errorf("%s: the box says %q", target, says)
			}
			if hits != before {
				t.Errorf("%s comes from the cache", target)
			}
		}
	}

	if want := 2 * len(kept); hits != want {
		t.Errorf("Cache-Status says %d hits, want %d", hits, want)
	}
	if got := p.counts("default"); got.Hits != hits || got.Misses != misses || got.HitRate() != 100*hits/(hits+misses) {
		t.Errorf("/cache counts %d hits, %d misses, %d %%; a visitor saw %d and %d", got.Hits, got.Misses, got.HitRate(), hits, misses)
	}
	if got := p.counts("report"); got.Misses != 1 || got.Loads != 1 {
		t.Errorf("/cache counts %d misses and %d loads of the report, want one", got.Misses, got.Loads)
	}
}
