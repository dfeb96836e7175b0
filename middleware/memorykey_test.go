package middleware_test

import (
	"net/http"
	"strings"
	"testing"
)

// That a response was not stored for what one client said is not remembered for others who do not
// say it.
// RFC 9111, 5.2.1.5
func TestWhatOneClientSaysIsNotRememberedAgainstOthers(t *testing.T) {
	says := func(vary, field string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60, public")
			if vary != "" {
				w.Header().Set("Vary", vary)
			}
			if field != "" && r.Header.Get(field) != "" {
				w.Header().Set("Cache-Control", "no-store")
			}
		})
	}
	for name, test := range map[string]struct{ vary, field, hostile, other string }{
		"takes away by Connection what the page varies on": {"Accept-Language", "", "Connection: Accept-Language\nAccept-Language: de", "Accept-Language: de"},
		"names by Connection what it does not have":        {"Accept-Language", "", "Connection: Accept-Language", "Accept-Language: de"},
		"asks for what is not stored":                      {"X-Debug", "X-Debug", "X-Debug: 1", ""},
		"asks for another thing that is not":               {"X-Debug, Accept", "X-Debug", "X-Debug: 1\nAccept: a", "Accept: a"},
		"has credentials":                                  {"", "Authorization", "Authorization: x", ""},
		"has credentials where others have cookies":        {"Cookie", "Authorization", "Authorization: x", "Cookie: a=1"},
		"has another cookie":                               {"Cookie", "X-None", "Cookie: b=1", "Cookie: a=1"},
		"is overlong":                                      {"", "", "Accept-Encoding: " + enumerated("x%d,", 3000), ""},
		"has a body in mind":                               {"", "", "Upgrade: x\nConnection: Upgrade", ""},
	} {
		for mode, p := range modes(t, says(test.vary, test.field)) {
			for range 3 {
				ask(p, "/page", strings.FieldsFunc(test.hostile, isLineBreak)...)
			}
			ask(p, "/page", strings.FieldsFunc(test.other, isLineBreak)...)
			if a := ask(p, "/page", strings.FieldsFunc(test.other, isLineBreak)...); !a.isHit() {
				t.Errorf("%s: after a client that %s: %s", mode, name, a.cacheStatus())
			}
		}
	}
}

// Requests do not queue for a response that varies and was not stored for the same kind of request.
func TestWhatIsNeverStoredIsRememberedForRequestsWithTheSameSignature(t *testing.T) {
	for name, fields := range map[string][]string{
		"plain":       nil,
		"varies":      {"Vary: Accept-Encoding, Accept-Language"},
		"on a cookie": {"Vary: Cookie"},
	} {
		p := cached(t, answering("page", append(fields, "Cache-Control: private")...))
		for _, asked := range [][]string{nil, {"Accept-Language: de"}, {"Cookie: session=1"}, {"Cookie: session=2"}, {"Authorization: x"}} {
			ask(p, "/page", asked...)
			for range 3 {
				if a := ask(p, "/page", asked...); !strings.Contains(a.cacheStatus(), "; detail=uncacheable") {
					t.Errorf("%s, with %q: %s", name, asked, a.cacheStatus())
				}
			}
		}
		if a := ask(p, "/page", "Cookie: session=3"); !strings.Contains(a.cacheStatus(), "; detail=uncacheable") {
			t.Errorf("%s, with another session: %s", name, a.cacheStatus())
		}
	}
}

func isLineBreak(c rune) bool { return c == '\n' }
