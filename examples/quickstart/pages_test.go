package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestAddressesThatAreWrong(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	for _, test := range []struct {
		target string
		status int
		says   string
	}{
		{"/?sort=size", 400, "sort is &#34;size&#34; and must be one of files, lines, imports, importers"},
		{"/?sort=", 400, "sort is"},
		{"/?sort=lines&sort=files", 400, "given 2 times"},
		{"/?sort=%zz", 400, "malformed query"},
		{"/?top=0", 400, "from 1 to 5000"},
		{"/?top=5001", 400, "from 1 to 5000"},
		{"/?top=many", 400, "from 1 to 5000"},
		{"/pkg/gamma", 404, "no package &#34;gamma&#34;"},
		{"/pkg/alpha/", 404, "no package"},
		{"/pkg/generators", 404, "no package"},
		{"/pkg/", 404, "no package"},
		{"/elsewhere", 404, "no such page"},
	} {
		res := p.get(test.target)
		res.wantStatus(t, test.status)
		res.want(t, test.says)
		if strings.Contains(res.cacheStatus(), "stored") {
			t.Errorf("%s: Cache-Status = %q, want nothing stored", test.target, res.cacheStatus())
		}
	}
}

func TestVisitorsTextIsEscaped(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	const hostile = "%3Cscript%3Ealert(1)%3C/script%3E%22%27"
	for _, target := range []string{"/?sort=" + hostile, "/?top=" + hostile, "/pkg/" + hostile, "/?sort=lines&" + hostile + "=" + hostile} {
		res := p.get(target)
		if strings.Contains(res.body, "<script") || strings.Contains(res.body, "alert(1)</") {
			t.Errorf("%s: the page has it unescaped:\n%s", target, res.body)
		}
	}
}

func TestOverviewOfTheFakeTree(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	byLines := p.get("/?top=1")
	byLines.wantStatus(t, http.StatusOK)
	byLines.want(t, "<b>6</b> packages", "<b>7</b> files", `<a href="/pkg/alpha">`, "<td>2</td><td>15</td><td>4</td><td>0</td>")
	if strings.Contains(byLines.body, `<a href="/pkg/beta">`) {
		t.Error("top=1 shows a second package")
	}
	byImporters := p.get("/?top=1&sort=importers")
	byImporters.want(t, `<a href="/pkg/beta">`, "<td>1</td><td>3</td><td>0</td><td>2</td>")
}

func TestPackageLinksToItsNeighbours(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	p.get("/pkg/alpha").want(t,
		`<a href="/pkg/alpha/inner">alpha/<wbr>inner</a>`,
		`<a href="/pkg/vendor/example.org/dep">example.org/<wbr>dep</a>`,
		"<li>unsafe</li>", // not in the fake tree
		"alpha_windows.go",
	)
	p.get("/pkg/cmd/tool").want(t, `<a href="/pkg/cmd/vendor/example.org/dep">example.org/<wbr>dep</a>`)
	p.get("/pkg/beta").want(t, `<a href="/pkg/alpha">`, `<a href="/pkg/cmd/tool">`)
}

func TestWhatDoesNotMatterMakesNoOtherPage(t *testing.T) {
	p := start(t, "-root", fakeRoot, "-dir", t.TempDir())
	p.get("/?sort=files&top=3")
	for _, target := range []string{"/?sort=files&top=3", "/?top=3&sort=files", "/?top=3&utm_source=x&sort=files"} {
		if status := p.get(target).cacheStatus(); !strings.Contains(status, "hit") {
			t.Errorf("%s: Cache-Status = %q, want a hit", target, status)
		}
	}
	cookies := http.Header{"Cookie": {"other_program=on_localhost"}}
	if status := p.do(http.MethodGet, "/?sort=files&top=3", cookies).cacheStatus(); !strings.Contains(status, "hit") {
		t.Errorf("with a cookie: Cache-Status = %q, want a hit", status)
	}
	// As curl -I asks.
	if head := p.do(http.MethodHead, "/?sort=files&top=3", nil); !strings.Contains(head.cacheStatus(), "hit") || head.body != "" {
		t.Errorf("HEAD: Cache-Status = %q and %d bytes, want a hit without a body", head.cacheStatus(), len(head.body))
	}
}

func TestNumberGroupsDigits(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1002: "1,002", 12034: "12,034", 1000000: "1,000,000", 2129755: "2,129,755"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}
