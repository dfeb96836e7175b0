package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/larder-go/larder/internal/testserver"
)

// TestReportOnThisGo is the whole program over the real source tree.
func TestReportOnThisGo(t *testing.T) {
	p := start(t, "-dir", t.TempDir())

	first := p.get("/")
	first.wantStatus(t, http.StatusOK)
	first.want(t, "<!DOCTYPE html>", `<a href="/pkg/net/http">`)
	if status := first.cacheStatus(); !strings.Contains(status, "fwd=uri-miss") || !strings.Contains(status, "stored") {
		t.Errorf("first Cache-Status = %q, want a miss that is stored", status)
	}
	second := p.get("/")
	if status := second.cacheStatus(); !strings.Contains(status, "hit") {
		t.Errorf("second Cache-Status = %q, want a hit", status)
	}
	if first.body != second.body {
		t.Error("the second page is not the first one")
	}

	pkg := p.get("/pkg/net/http")
	pkg.wantStatus(t, http.StatusOK)
	pkg.want(t, `<a href="/pkg/net/textproto">`, `<a href="/pkg/net/http/httputil">`, "server.go")

	if counts := p.counts("packages"); counts.Misses < 300 || counts.Loads != counts.Misses || counts.Sets != counts.Loads || counts.Errors != 0 {
		t.Errorf("packages: %+v, want hundreds of packages missed, loaded and set", counts)
	}
	if counts := p.counts("default"); counts.Hits == 0 || counts.Sets == 0 || counts.Errors != 0 {
		t.Errorf("default: %+v, want hits and sets", counts)
	}
}

func TestNextRunFindsThePackages(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "-root", fakeRoot, "-dir", dir)
	p.get("/").wantStatus(t, http.StatusOK)
	first := p.counts("packages")
	p.stop()

	p = start(t, "-root", fakeRoot, "-dir", dir)
	p.get("/").wantStatus(t, http.StatusOK)
	second := p.counts("packages")
	if first.Loads == 0 || second.Loads != 0 || second.Hits != first.Loads {
		t.Errorf("first run %+v, second run %+v; want what was loaded to be hit", first, second)
	}
}

func TestConcurrentRequestsMakeOneReport(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			// Different pages, of the one report.
			if res := p.get(fmt.Sprintf("/?top=%d", i+1)); res.StatusCode != http.StatusOK {
				t.Errorf("status %d", res.StatusCode)
			}
		})
	}
	clients.Wait()
	// A page that was streamed is there before its load is over, and counted.
	testserver.Await(t, func(context.Context) error {
		if loads := p.counts("default").Loads; loads < 8 {
			return fmt.Errorf("%d loads of pages so far, want 8", loads)
		}
		return nil
	})
	if pages, reports := p.counts("default").Loads, p.counts("report").Loads; pages != 8 || reports != 1 {
		t.Errorf("%d pages and %d reports were loaded, want 8 and 1", pages, reports)
	}
}

func TestCountsAreNeverCached(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	before := p.counts("default")
	p.get("/")
	after := p.counts("default")
	if before.Misses != 0 || after.Misses == 0 {
		t.Errorf("misses %d, then %d; want the page to tell of the request in between", before.Misses, after.Misses)
	}
}

var cells = regexp.MustCompile(`<td>([\d,]+)( %)?</td>`)

// counts reads the row of an alias from the page /cache.
func (p *program) counts(alias string) activity {
	p.t.Helper()
	page := p.get("/cache")
	page.wantStatus(p.t, http.StatusOK)
	if control := page.Header.Get("Cache-Control"); control != "private, no-store" {
		p.t.Errorf("Cache-Control = %q", control)
	}
	_, row, _ := strings.Cut(page.body, "<b>"+alias+"</b></td>")
	row, _, _ = strings.Cut(row, "</tr>")
	var numbers []int
	for _, cell := range cells.FindAllStringSubmatch(row, -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(cell[1], ",", ""))
		if err != nil {
			p.t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	if len(numbers) != 7 {
		p.t.Fatalf("/cache has no row for %q:\n%s", alias, page.body)
	}
	return activity{
		Alias: alias, Hits: numbers[0], Misses: numbers[1], Loads: numbers[3],
		Sets: numbers[4], Corrupt: numbers[5], Errors: numbers[6],
	}
}
