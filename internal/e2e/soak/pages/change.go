package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// post changes a page by a POST to its URL, which purges it, if the cache works: a
// cache that fails does not fail the POST.
func (v *visitor) post(a *area) {
	path := v.path(a)
	p, began := v.site.truth.page(path), time.Now()
	header, status, err := v.send(path, nil, nil)
	if err == nil && status != http.StatusNoContent {
		err = fmt.Errorf("POST %s: status %d", path, status)
	}
	if !v.well(err) {
		return
	}
	version, err := strconv.ParseInt(header.Get(versionField), 10, 64)
	if err != nil {
		v.mistake(fmt.Errorf("POST %s: %w", path, err))
		return
	}
	if v.health.Sound(began) {
		p.purged(version)
	}
	v.observe("POST", began)
}

// purge changes a page and then purges it.
func (v *visitor) purge(a *area) {
	v.purgePage(a, order{path: v.path(a), prefix: rand.IntN(8) == 0, soft: rand.IntN(8) == 0})
}

// overtake changes and purges a page while it is being made, and asks for it again:
// what is under way then is not the answer.
func (v *visitor) overtake() {
	path, runs, end := v.once()
	defer end()
	waiting, over := context.WithCancel(v.ctx)
	first := v.ask(v.ctx, &slow, path)
	go func() {
		defer over()
		v.checked(first, http.StatusOK)
	}()
	for runs.Load() == 0 && wait(waiting, time.Millisecond) {
	}
	v.purgePage(&slow, order{path: path})
	q := v.ask(v.ctx, &slow, path)
	if _, ok := v.checked(q, http.StatusOK); ok {
		v.observe("GET, overtaken", q.began)
	}
	<-waiting.Done()
}

// order is a purge.
type order struct {
	path         string
	prefix, soft bool
}

// purgePage changes a page and then purges it. If the answer is that this was done,
// then it was, however ill the backend is.
func (v *visitor) purgePage(a *area, o order) {
	p := v.site.truth.page(o.path)
	version := p.version.Add(1)
	body, err := json.Marshal(map[string]any{"url": v.site.url + o.path, "prefix": o.prefix, "soft": o.soft})
	if err != nil {
		panic(err) // strings and booleans
	}
	began := time.Now()
	header := http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
	_, status, err := v.send(purgePath(v.alias, a.policy), header, body)
	if err == nil && status != http.StatusOK && (status != http.StatusServiceUnavailable || v.health.Sound(began)) {
		err = fmt.Errorf("purge of %s: status %d", o.path, status)
	}
	if !v.well(err) {
		return
	}
	if status == http.StatusOK && !o.soft {
		p.purged(version)
	}
	v.observe("purge", began)
}

// send sends a POST and returns the header and the status of its answer.
func (v *visitor) send(path string, header http.Header, body []byte) (answered http.Header, status int, err error) {
	r, err := http.NewRequestWithContext(v.ctx, http.MethodPost, v.site.url+path, bytes.NewReader(body))
	if err != nil {
		panic(err) // the URL is ours
	}
	for name, values := range header {
		r.Header[name] = values
	}
	response, err := v.site.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.Header, response.StatusCode, err
}
