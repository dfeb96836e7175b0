package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/explain"
)

// pageOfWho answers with a page that depends on the cookie "who" and does not say so, and
// counts the requests.
func pageOfWho(sent map[string]int) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		r.Header.Del(explain.Field)
		sent[sentAs(r)]++
		user := "nobody"
		for _, pair := range cookiePairs(r) {
			if pair.name == "who" {
				user = pair.text
			}
		}
		page := explain.Page{Key: "k", Response: explain.Response{Status: 200, Sum: user, Body: []byte(user)}}
		body, err := json.Marshal(explain.Answer{Pages: []explain.Page{page}})
		return &http.Response{StatusCode: 200, Header: http.Header{explain.Field: {explain.Audited}}, Body: io.NopCloser(bytes.NewReader(body))}, err
	}
}

// A request is sent again for what differs between equal requests, and not again for
// each request that it differs from.
func TestARequestIsSentAgainOnceForAllThatItDiffersFrom(t *testing.T) {
	const users = 8
	sent := make(map[string]int)
	a := &Auditor{Secret: "s", Apart: 1, Ask: pageOfWho(sent)}
	var requests []*http.Request
	for i := range users {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", fmt.Sprintf("who=%d", i))
		requests = append(requests, r)
	}
	report, err := a.Run(t.Context(), requests)
	if err != nil || report.Verdict() != Unsafe || !strings.Contains(report.String(), "request 8 and request 1") {
		t.Fatalf("%v: %s", err, report.String())
	}
	for _, r := range requests {
		// Twice, once at the end, and once for each of the other cookies and none.
		if n := sent[sentAs(r)]; n > 5 {
			t.Errorf("%s was sent %d times", r.Header.Get("Cookie"), n)
		}
		delete(sent, sentAs(r))
	}
	for request, n := range sent {
		if n > 3*users { // once, and twice if it differs, for each user
			t.Errorf("sent %d times: %s", n, request)
		}
	}
}
