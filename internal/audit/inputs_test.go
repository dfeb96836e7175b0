package audit

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/identity"
)

// Each pattern of the table of identities has an example.
func TestEachPatternOfTheTableOfIdentitiesHasAnExample(t *testing.T) {
	for _, known := range identity.Fields {
		text := strings.Trim(known.Name, "*")
		if !strings.Contains(known.Name, "*") {
			continue
		}
		if len(examples[known.Name]) == 0 {
			t.Errorf("%s has no example", known.Name)
		}
		for _, name := range examples[known.Name] {
			if !strings.Contains(name, text) {
				t.Errorf("%s is no example of %s", name, known.Name)
			}
		}
	}
	for pattern := range examples {
		if !strings.Contains(pattern, "*") {
			t.Errorf("%s is no pattern", pattern)
		}
	}
}

// Each request of an audit changes one thing, and none of them is a request that changes anything
// on the server.
func TestEachInputChangesOneThing(t *testing.T) {
	r := httptest.NewRequest("GET", "http://shop.example/Path/?b=1&a=2", nil)
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("X-Own", "1")
	r.AddCookie(&http.Cookie{Name: "own", Value: "1"})
	seen := make(map[string]bool)
	for _, in := range inputsOf(r, []Field{{"X-Given", []string{"a"}}}, []*http.Cookie{{Name: "received", Value: "1"}}) {
		for _, c := range in.changed {
			seen[c.says] = true
			if n := differences(r, c.request); n != 1 {
				t.Errorf("%s changes %d things", c.says, n)
			}
			if c.request.Method != "GET" || "http://shop.example"+c.request.URL.RequestURI() != c.request.RequestURI {
				t.Errorf("%s is %s %s, with the URL %s", c.says, c.request.Method, c.request.RequestURI, c.request.URL)
			}
			for _, name := range []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
				if method := c.request.Header.Get(name); method != "" && method != "HEAD" && method != "OPTIONS" {
					t.Errorf("%s is not safe", c.says)
				}
			}
		}
	}
	for _, says := range []string{
		"Accept-Language: de", "without Accept-Language", "X-Own: audit", "without X-Own", "X-Given: a", "Remote-User: ada", "X-Forwarded-User: bob", "Hx-Request: true",
		"another cookie own", "without the cookie own", "another cookie received", "another cookie session", "the parameters of the query in another order",
		"the parameter b a second time", "without the parameter a", "no slash at the end of the path", "the path in lower case", "the host www.shop.example",
		"the client's address 203.0.113.7:4711", "X-Http-Method-Override: HEAD",
	} {
		if !seen[says] {
			t.Errorf("nothing is %q", says)
		}
	}
}

// differences counts the things in which two requests differ.
func differences(a, b *http.Request) (n int) {
	for _, differs := range []bool{a.Host != b.Host, a.URL.Path != b.URL.Path, a.URL.RawQuery != b.URL.RawQuery, a.RemoteAddr != b.RemoteAddr} {
		if differs {
			n++
		}
	}
	for name := range b.Header {
		if a.Header.Get(name) != b.Header.Get(name) {
			n++
		}
	}
	for name := range a.Header {
		if b.Header[name] == nil {
			n++
		}
	}
	return n
}

// Cookies are left as they were sent, with quotes, blanks and names that net/http drops.
func TestTheOtherCookiesStayAsTheyWereSent(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie"] = []string{`q="a b"; odd name=1;flag`, `own=1; own=2; json={"a":1}`}
	value := "x"
	for _, test := range []struct {
		name  string
		value *string
		want  string
	}{
		{"own", nil, `q="a b"; odd name=1; flag; json={"a":1}`},
		{"own", &value, `q="a b"; odd name=1; flag; json={"a":1}; own=x`},
		{"flag", nil, `q="a b"; odd name=1; own=1; own=2; json={"a":1}`},
		{"odd name", nil, `q="a b"; flag; own=1; own=2; json={"a":1}`},
	} {
		c := r.Clone(t.Context())
		setCookie(c, test.name, test.value)
		if got := strings.Join(c.Header["Cookie"], "|"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	said := make(map[string]bool)
	for _, in := range cookieInputs(r, nil) {
		for _, c := range in.changed {
			said[c.says] = true
		}
	}
	for _, name := range []string{"q", "odd name", "flag", "own", "json"} {
		if !said["another cookie "+name] || !said["without the cookie "+name] {
			t.Errorf("the cookie %s is not changed", name)
		}
	}
}

// No request of an audit is sent twice.
func TestNoRequestIsSentTwice(t *testing.T) {
	r := httptest.NewRequest("GET", "/path/?a=1&a=1&b=2", nil)
	r.Header.Set("Cookie", "own=audit; session=1")
	r.Header.Set("Accept-Language", "de")
	received := []*http.Cookie{{Name: "own", Value: "audit"}, {Name: "token", Value: "1"}, {Name: "token", Value: "1"}}
	seen := map[string]string{sentAs(r): "nothing"}
	for _, in := range inputsOf(r, []Field{{"Accept", []string{"a", "a"}}}, received) {
		for _, c := range in.changed {
			if before, ok := seen[sentAs(c.request)]; ok {
				t.Errorf("%s is the same as %s", c.says, before)
			}
			seen[sentAs(c.request)] = c.says
		}
	}
}
