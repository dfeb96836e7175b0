package apps_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/neighbours/apps"
)

const (
	slowSize  = 400 << 10
	largeSize = 20 << 20 // over the size of a page that the cache keeps
)

// nginxDirectives give pages a lifetime, list folders and send slowly.
const nginxDirectives = `
	location /fresh/ { expires 2s; }
	location /list/ { autoindex on; }
	location /slow/ { limit_rate 100k; expires 1h; }
	location = /gone { return 410; }
	location = /moved { return 301 /fresh/page0.html; }
`

// writeSite writes the files that nginx serves: as many pages in each folder.
func writeSite(public string, pages int) error {
	var errs []error
	write := func(name string, content []byte) {
		path := filepath.Join(public, name)
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644))
	}
	for i := range pages {
		text := strings.Repeat(fmt.Sprintf("<p>Page %d &amp; more</p>\n", i), 300)
		write(fmt.Sprintf("fresh/page%d.html", i), []byte(text))
		write(fmt.Sprintf("list/page%d.html", i), []byte(text))
		write(fmt.Sprintf("list/sub %d/café.txt", i), []byte(text))
	}
	write("index.html", []byte(`<a href="/fresh/page0.html">fresh</a><a href="/list/">list</a><a href="/moved">moved</a><a href="/none">none</a>`))
	write("fresh/empty.html", nil)
	write("fresh/large.bin", pattern(largeSize))
	write("slow/download.bin", pattern(slowSize))
	return errors.Join(errs...)
}

// pattern returns bytes that differ from each other far enough to tell where they
// are from.
func pattern(size int) []byte {
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "%08d ", b.Len())
	}
	return b.Bytes()[:size]
}

func startNginx(t *testing.T) apps.Site {
	pages := 2
	if !testing.Short() {
		pages = 20
	}
	return apps.StartNginx(t, func(public string) error { return writeSite(public, pages) }, nginxDirectives)
}

func TestNginxBehindTheCache(t *testing.T) {
	t.Parallel()
	site := startNginx(t)
	rules{
		"pages are the same":                  nginxIsTheSame,
		"a stale page is validated with gzip": nginxIsValidatedWithGzip,
		"a download is resumed":               nginxResumesDownloads,
		"a large file is the same":            nginxSendsLargeFiles,
	}.run(t, site)
}

func nginxIsTheSame(t *testing.T, site apps.Site) {
	v := newVisitor(t)
	pages, err := apps.Crawl(t.Context(), v, site.Direct, crawlLimit(), nil, "/", "/gone", "/list", "/fresh/empty.html", "/list/page0.html?C=D")
	if err != nil {
		t.Fatal(err)
	}
	site.Visit(t, v, pages)
	apps.Expire(t, lifetime)
	site.Visit(t, v, pages)
	probed := some("/fresh/page0.html", "/fresh/empty.html", "/list/page0.html", "/list/", "/list/sub%200/caf%C3%A9.txt", "/none")
	site.Probe(t, v, probed)
	apps.Expire(t, lifetime)
	site.Probe(t, v, probed)
}

// nginx compresses while it sends, and then makes the ETag weak; its 304 has the
// strong one (RFC 9111, 4.3.4).
func nginxIsValidatedWithGzip(t *testing.T, site apps.Site) {
	expectValidated(t, site, "/fresh/page1.html")
}

// A range of a page that is not stored is the application's to answer
// (RFC 9110, 14.2), so that a download can be resumed.
func nginxResumesDownloads(t *testing.T, site apps.Site) {
	for _, target := range []string{"/slow/download.bin", "/fresh/large.bin"} {
		t.Run(target, func(t *testing.T) {
			v := newVisitor(t)
			const first = 50 << 10
			begin := readSome(t, v, site.Cached, apps.Request{Target: target}, first)
			rest := apps.Request{Target: target}.With("Range", fmt.Sprintf("bytes=%d-", first))
			answer := site.Compare(t, v, rest)
			whole, err := v.Ask(t.Context(), site.Direct, apps.Request{Target: target})
			if err != nil {
				t.Fatal(err)
			}
			if got := append(begin, answer.Body...); !bytes.Equal(got, whole.Body) {
				t.Errorf("the download has %d bytes in two parts, and %d in one, or others", len(got), len(whole.Body))
			}
		})
	}
}

// readSome reads the first bytes of an answer, and leaves.
func readSome(t *testing.T, v *apps.Visitor, base string, r apps.Request, size int64) []byte {
	t.Helper()
	res, err := v.Send(t.Context(), base, r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	some, err := io.ReadAll(io.LimitReader(res.Body, size))
	if err != nil {
		t.Fatal(err)
	}
	return some
}

func nginxSendsLargeFiles(t *testing.T, site apps.Site) {
	v := newVisitor(t)
	large := apps.Request{Target: "/fresh/large.bin"}
	for range 2 {
		site.Compare(t, v, large)
		site.Compare(t, v, apps.Request{Method: "HEAD", Target: large.Target})
		site.Compare(t, v, large.With("Range", "bytes=1000-1999"))
		site.Compare(t, v, large.With("Range", "bytes=-100"))
	}
}
