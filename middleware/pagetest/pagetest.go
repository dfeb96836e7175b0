// Package pagetest finds request data on which a page depends without declaring it: one user
// would get the page of another from a cache.
//
//	func TestPagesAreSafeToCache(t *testing.T) {
//		pagetest.Audit(t, newSite(), httptest.NewRequest("GET", "/news", nil))
//	}
//
// It is for tests only. The command "larder audit" does the same with a server that runs.
package pagetest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/larder-go/larder/internal/audit"
	"github.com/larder-go/larder/internal/explain"
)

// TB is what [Audit] needs of a [testing.TB].
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Audit sends requests through a handler with pages of larder in it (those of CachePage,
// Site, Shared or a Policy, in a mux, in gin or in echo), and fails the test if a page
// depends on what it does not declare, or if a request comes to no page.
//
// The handler of a page runs as it does when its response is to be stored, past all caches:
// nothing is looked up, stored or purged. A request is sent twice, and again after
// [Auditor].Apart. What differs in body or Content-Security-Policy is a token, a nonce or a
// time stamp that a cache gives to everyone. Then one thing is changed each time: fields by
// which proxies name the user, cookies, Authorization, Accept-*, User-Agent, Origin, the
// fields of htmx, Turbo and Fetch Metadata, what proxies forward, overrides of the method,
// the order and number of query parameters, the slash at the end of the path, the case of its
// letters, and the client's address. If the response changes, either the key or Vary must
// keep the two apart, or the response must not be stored, by the page's own decision.
//
// Requests have the methods GET or HEAD and no body. Those with the same URL are taken for
// those of different users, and compared with each other: no table knows a session that
// counts. An answer that says nothing about the page, such as 429, is reported as
// [NotJudged], and so are two bodies in a coding that cannot be read (br), unless they are
// the same bytes. It does not find what takes longer than Apart to change, or what depends
// on none of the above, such as a cookie whose value must be signed.
func Audit(t TB, h http.Handler, requests ...*http.Request) Report {
	t.Helper()
	return Auditor{}.Audit(t, h, requests...)
}

// Auditor is an audit with options. The zero value is what [Audit] uses.
type Auditor struct {
	// Fields are request fields to change, beside those that are known: those of a proxy
	// of one's own.
	Fields []Field

	// Harmless are response fields whose differences are ignored. Date and Age are
	// among them always.
	Harmless []string

	// Apart is how long after the first request the last is sent. The default is 1.1 s, by
	// which times to the second differ. In a synctest bubble it takes no time.
	Apart time.Duration
}

// Field is a request field, with values that are sent one after the other.
type Field struct {
	Name   string
	Values []string
}

// Audit is the function [Audit] with these options.
func (a Auditor) Audit(t TB, h http.Handler, requests ...*http.Request) Report {
	t.Helper()
	r := a.Run(h, requests...)
	if !r.IsSafe() {
		t.Errorf("the pages are not safe to cache:\n%s", r)
	}
	return r
}

// Run audits pages and returns the report without failing a test.
func (a Auditor) Run(h http.Handler, requests ...*http.Request) Report {
	secret, revoke := explain.Admit()
	defer revoke()
	engine := audit.Auditor{
		Ask:      func(r *http.Request) (*http.Response, error) { return serve(h, r) },
		Secret:   secret,
		Harmless: a.Harmless,
		Apart:    a.Apart,
	}
	for _, f := range a.Fields {
		engine.Fields = append(engine.Fields, audit.Field(f))
	}
	report, err := engine.Run(context.Background(), requests)
	switch {
	case err != nil:
		report.NotJudge("", "", err.Error())
	case len(requests) == 0:
		report.NotJudge("", "", `there are no requests: give at least one, such as httptest.NewRequest("GET", "/", nil)`)
	}
	return Report{report}
}

// serve returns the handler's response. A panic outside of all pages is no answer.
func serve(h http.Handler, r *http.Request) (response *http.Response, err error) {
	defer func() {
		if v := recover(); v != nil {
			response, err = nil, fmt.Errorf("%w: the handler panicked: %v", audit.ErrNotJudged, v)
		}
	}()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}
