package faithful

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
)

// Answer is what a client gets.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Cache is what is held against the page.
type Cache struct {
	// Ask sends a request for the page, with fields that are written "Name: value".
	Ask func(method string, fields []string) Answer

	// Age makes time go by for what is stored, or makes it stale.
	Age func()

	// IsShared is set for a shared cache, which may ignore If-Match and
	// If-Unmodified-Since (RFC 9110, 13.1.1) and makes no tags of its own.
	IsShared bool
}

// Drive does random things to the page and its cache, and returns an error that says what
// was wrong, and what was done before, at the first answer that is.
func (p *Page) Drive(c Cache, steps int) error {
	for range steps {
		switch p.random.IntN(10) {
		case 0:
			p.change()
			p.note("change: %+v", p.versions[len(p.versions)-1])
		case 1, 2:
			c.Age()
			p.note("age")
		default:
			method, fields := p.request()
			got := c.Ask(method, fields)
			p.note("%s %q: %d with %d bytes, %q", method, fields, got.Status, len(got.Body), got.Header)
			if err := p.check(c, method, fields, got); err != nil {
				return fmt.Errorf("%w\nafter\n%s", err, strings.Join(p.trace, "\n"))
			}
		}
	}
	return nil
}

func (p *Page) note(format string, args ...any) {
	p.trace = append(p.trace, fmt.Sprintf(format, args...))
}

// check reports what is wrong with an answer.
func (p *Page) check(c Cache, method string, fields []string, got Answer) error {
	n, err := strconv.Atoi(got.Header.Get("X-Version"))
	status := got.Header.Get("Cache-Status")
	mayBeOld := strings.Contains(status, "larder; hit") || strings.Contains(status, "; collapsed") // with a run that began before
	if last := len(p.versions) - 1; err != nil || n < 0 || n > last || n < last && !mayBeOld {
		return fmt.Errorf("the answer is of version %q, want that of %d", got.Header["X-Version"], last)
	}
	if err := p.checkTag(c, n, got.Header); err != nil {
		return err
	}
	alone := p.alone(n, method, fields)
	reused := p.reused(c, n, method, fields)
	errAlone, errReused := compare(method, got, alone, p.versions[n]), compare(method, got, reused, p.versions[n])
	if errAlone != nil && errReused != nil {
		return fmt.Errorf("%s %q:\nheld against the handler alone: %w\nheld against a stored response: %w", method, fields, errAlone, errReused)
	}
	return nil
}

// checkTag holds the entity tag of an answer against that of its version. If that has none,
// the tag is the cache's, weak, and always the same.
func (p *Page) checkTag(c Cache, n int, header http.Header) error {
	switch got, own := header.Get("Etag"), p.versions[n].tag; {
	case got == "", got == own:
		return nil
	case own != "" || c.IsShared || !strings.HasPrefix(got, `W/"`) || p.tags[n] != "" && p.tags[n] != got:
		return fmt.Errorf("the ETag of version %d is %s, and was %s, %s", n, got, own, p.tags[n])
	default:
		p.tags[n] = got
	}
	return nil
}

func newRequest(method string, fields []string) *http.Request {
	r := httptest.NewRequest(method, "/", nil)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// alone is what the handler alone gives.
func (p *Page) alone(n int, method string, fields []string) Answer {
	w := httptest.NewRecorder()
	p.versions[n].serve(n, w, newRequest(method, fields))
	return answerOf(w, method)
}

// reused is what a cache makes of a stored response by what its documentation says, with
// the help of http.ServeContent.
func (p *Page) reused(c Cache, n int, method string, fields []string) Answer {
	r, v := newRequest(method, fields), p.versions[n]
	if c.IsShared {
		r.Header.Del("If-Match")
		r.Header.Del("If-Unmodified-Since")
	}
	if method == http.MethodHead {
		r.Header.Del("Range") // it is of GET only (RFC 9110, 14.2)
	}
	if line := r.Header.Get("Range"); line != "" {
		r.Header.Set("Range", understood(line, v.length))
		if accepts := r.Header.Get("Accept-Encoding"); !v.content && accepts != "" && accepts != "identity" && accepts != "gzip;q=0" || r.Header.Get("Range") == "" {
			r.Header.Del("Range") // and If-Range without it means nothing
		}
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "text/plain")
	tag := v.tag
	if tag == "" {
		tag = p.tags[n]
	}
	if tag != "" {
		w.Header().Set("Etag", tag)
	}
	http.ServeContent(w, r, "", v.modified, strings.NewReader(v.body(n)))
	return answerOf(w, method)
}

var rangeSpec = regexp.MustCompile(`^(\d+)-(\d*)$|^-(\d+)$`)

// understood returns the line of Range as http.ServeContent understands it, or "" for one
// that is ignored.
func understood(line string, length int) string {
	unit, set, found := strings.Cut(line, "=")
	if !found || !strings.EqualFold(unit, "bytes") || length == 0 { // of nothing there is no part
		return ""
	}
	var specs []string
	asked := 0
	for spec := range strings.SplitSeq(set, ",") {
		if spec = strings.TrimSpace(spec); spec == "" {
			continue
		}
		m := rangeSpec.FindStringSubmatch(spec)
		if m == nil {
			return ""
		}
		first, errFirst := strconv.Atoi(m[1])
		last, errLast := strconv.Atoi(m[2])
		if errFirst == nil && errLast == nil && last < first {
			return ""
		}
		asked++
		if errors.Is(errFirst, strconv.ErrRange) || m[3] != "" && strings.Trim(m[3], "0") == "" {
			continue // there is no such part
		}
		specs = append(specs, spec)
	}
	switch {
	case asked == 0, asked > 16:
		return ""
	case len(specs) == 0:
		specs = append(specs, fmt.Sprintf("%d-", length))
	}
	return "bytes=" + strings.Join(specs, ",")
}

func answerOf(w *httptest.ResponseRecorder, method string) Answer {
	a := Answer{w.Code, w.Header(), w.Body.String()}
	if method == http.MethodHead {
		a.Body = ""
	}
	return a
}

// compare reports how an answer differs from the one that is right.
func compare(method string, got, want Answer, v version) error {
	switch gotBody, wantBody := unbounded(got), unbounded(want); {
	case got.Status != want.Status:
		return fmt.Errorf("the status is %d, want %d", got.Status, want.Status)
	case got.Status < 300 && gotBody != wantBody:
		return fmt.Errorf("the body is %.60q, %d bytes, want %.60q, %d", gotBody, len(gotBody), wantBody, len(wantBody))
	case got.Status == http.StatusNotModified && (got.Body != "" || got.Header["Content-Length"] != nil):
		return fmt.Errorf("a 304 with %d bytes, Content-Length %q", len(got.Body), got.Header["Content-Length"])
	case got.Header.Get("Content-Range") != want.Header.Get("Content-Range"):
		return fmt.Errorf("Content-Range is %q, want %q", got.Header["Content-Range"], want.Header["Content-Range"])
	}
	if got.Status < 300 && !v.modified.IsZero() && got.Header.Get("Last-Modified") != v.modified.Format(http.TimeFormat) {
		return fmt.Errorf("Last-Modified is %q", got.Header["Last-Modified"])
	}
	if got.Status < 300 && v.tag != "" && got.Header.Get("Etag") != v.tag {
		return fmt.Errorf("the ETag is %q", got.Header["Etag"])
	}
	return compareLength(method, got, want, v)
}

// compareLength: Content-Length is that of the body, and what the handler says is said.
func compareLength(method string, got, want Answer, v version) error {
	if got.Status >= 300 {
		return nil
	}
	said, right := got.Header.Get("Content-Length"), strconv.Itoa(len(got.Body))
	if method == http.MethodHead {
		right = want.Header.Get("Content-Length")
	}
	if said == "" && !v.declares && got.Status == http.StatusOK {
		return nil
	}
	if said != right {
		return fmt.Errorf("Content-Length is %q, want %s", said, right)
	}
	return nil
}

// unbounded returns a body without what is random about its boundaries.
func unbounded(a Answer) string {
	_, parameters, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if boundary := parameters["boundary"]; err == nil && boundary != "" {
		return strings.ReplaceAll(a.Body, boundary, "boundary")
	}
	return a.Body
}
