package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// question is a request for a page, and what its answer may be.
type question struct {
	area  *area
	text  text // without a version
	page  *page
	least int64
	began time.Time
	*http.Request
}

// ask returns a question of somebody whom the area is for.
func (v *visitor) ask(ctx context.Context, a *area, path string) *question {
	whom := one(a.people)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.site.url+path, nil)
	if err != nil {
		panic(err) // the URL is ours
	}
	a.as(r, whom)
	if a.policy == paged && rand.IntN(2) == 0 {
		r.AddCookie(&http.Cookie{Name: analytics, Value: fmt.Sprint(rand.Int())})
	}
	p := v.site.truth.page(path)
	return &question{area: a, text: text{path: path, whom: whom}, page: p, least: p.least(), began: time.Now(), Request: r}
}

// answer is a response with its body.
type answer struct {
	*http.Response
	body []byte
}

// get returns the answer to a question if its status is one of those.
func (v *visitor) get(q *question, statuses ...int) (*answer, error) {
	response, err := v.site.client.Do(q.Request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: after %d bytes: %w", q.text.path, len(body), err)
	}
	for _, status := range statuses {
		if response.StatusCode == status {
			return &answer{response, body}, nil
		}
	}
	return nil, fmt.Errorf("%s: status %d: %.100q", q.text.path, response.StatusCode, body)
}

// hit reports whether an answer came from the cache.
func (a *answer) hit() bool { return strings.HasPrefix(a.Header.Get("Cache-Status"), "larder; hit") }

// own reports whether the page is that of one user, which no cache may keep.
func (q *question) own() bool { return q.area.cookie == session && q.text.whom != nobody }

// checkWhole checks an answer that has the whole page.
func (q *question) checkWhole(a *answer) error {
	version, err := q.text.read(a.body, q.area.longest)
	if err == nil {
		err = q.checkVersion(version, a)
	}
	if status := a.Header.Get("Cache-Status"); err == nil && (!strings.HasPrefix(status, "larder;") || q.own() && a.hit()) {
		err = fmt.Errorf("%s for %s: Cache-Status: %q", q.text.path, q.text.whom, status)
	}
	return err
}

// checkVersion checks the version of an answer, and that its entity tag names it.
func (q *question) checkVersion(version int64, a *answer) error {
	tagged, err := q.text.tagged(a.Header.Get("ETag"))
	switch {
	case err != nil:
		return err
	case tagged != version:
		return fmt.Errorf("%s: version %d has the entity tag of %d", q.text.path, version, tagged)
	}
	if err := q.page.right(version, q.least); err != nil {
		return fmt.Errorf("%s: %w; Cache-Status: %s", q.text.path, err, a.Header.Get("Cache-Status"))
	}
	return nil
}

// read reads a page.
func (v *visitor) read(a *area) {
	q := v.ask(v.ctx, a, v.path(a))
	if got, ok := v.checked(q, http.StatusOK); ok {
		if got.hit() {
			v.hits.Add(1)
		}
		v.observe(q.name(got), q.began)
	}
}

// name says what a visit was.
func (q *question) name(got *answer) string {
	op := "GET"
	if q.area == &stream {
		op = "GET, streamed"
	}
	switch {
	case q.own():
		return op + ", one user's"
	case got.hit():
		return op + ", hit"
	}
	return op + ", made"
}

// checked returns the right answer to a question.
func (v *visitor) checked(q *question, statuses ...int) (got *answer, ok bool) {
	got, err := v.get(q, statuses...)
	if err == nil && got.StatusCode == http.StatusOK {
		err = q.checkWhole(got)
	}
	return got, v.well(err)
}

// well reports whether there was no mistake. That a visit was interrupted by the
// end of the traffic is none.
func (v *visitor) well(err error) bool {
	if err != nil && v.ctx.Err() == nil {
		v.mistake(err)
	}
	return err == nil
}

// revalidate reads a page, and then asks whether it is still the same.
func (v *visitor) revalidate(a *area) {
	path := v.path(a)
	first := v.ask(v.ctx, a, path)
	got, ok := v.checked(first, http.StatusOK)
	if !ok {
		return
	}
	tag := got.Header.Get("ETag")
	q := v.ask(v.ctx, a, path)
	q.text = first.text
	q.Request.Header = first.Request.Header.Clone()
	q.Request.Header.Set("If-None-Match", tag)
	got, ok = v.checked(q, http.StatusOK, http.StatusNotModified)
	if !ok {
		return
	}
	if got.StatusCode == http.StatusNotModified {
		version, err := q.text.tagged(tag)
		if err == nil {
			err = q.checkVersion(version, got)
		}
		if !v.well(err) {
			return
		}
	}
	v.observe("GET, conditional", q.began)
}

// readPart asks for a range of a page.
func (v *visitor) readPart(a *area) {
	q := v.ask(v.ctx, a, v.path(a))
	from := rand.IntN(200)
	q.Request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+99))
	// A page that is shorter than from has no such range, and a page on its way
	// to the cache may be sent whole.
	got, ok := v.checked(q, http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if !ok {
		return
	}
	if got.StatusCode == http.StatusPartialContent && !v.well(q.checkPart(got, from)) {
		return
	}
	v.observe("GET, range", q.began)
}

// checkPart checks a hundred bytes, or as many as there are, of a page.
func (q *question) checkPart(got *answer, from int) error {
	version, err := q.text.tagged(got.Header.Get("ETag"))
	if err != nil {
		return err
	}
	whole := q.text
	whole.version = version
	body := whole.body(q.area.longest)
	if from >= len(body) || !bytes.Equal(got.body, body[from:min(from+100, len(body))]) {
		return fmt.Errorf("%s: bytes from %d on are %.100q", q.text.path, from, got.body)
	}
	return q.checkVersion(version, got)
}

// leave goes away while the page comes.
func (v *visitor) leave(a *area) {
	ctx, cancel := context.WithTimeout(v.ctx, time.Duration(1+rand.IntN(30))*time.Millisecond)
	defer cancel()
	q := v.ask(ctx, a, v.path(a))
	got, err := v.get(q, http.StatusOK)
	switch {
	case err == nil:
		v.well(q.checkWhole(got)) // it came in time
	case !errors.Is(err, context.DeadlineExceeded):
		v.well(err)
	}
}
