package rfc9111_test

import (
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A response to a request with credentials is for other clients only if it says public or s-maxage;
// must-revalidate suffices for Authorization, and Vary for fields other than Authorization.
// RFC 9111, 3.5
func TestMayShare(t *testing.T) {
	var (
		none          = rfc9111.Credentials{}
		authorization = rfc9111.Credentials{Authorization: true}
		cookie        = rfc9111.Credentials{Fields: []string{"Cookie"}}
		cookieAndKey  = rfc9111.Credentials{Fields: []string{"Cookie", "X-Api-Key"}}
		certificate   = rfc9111.Credentials{Certificate: true}
		all           = rfc9111.Credentials{Authorization: true, Certificate: true, Fields: []string{"Cookie"}}
	)
	for _, test := range []struct {
		rule         string
		who          rfc9111.Credentials
		cacheControl string
		vary         []string
		want         bool
	}{
		{"nobody in particular", none, "", nil, true},
		{"Authorization", authorization, "", nil, false},
		{"Authorization and a lifetime", authorization, "max-age=60", nil, false},
		{"Authorization and public", authorization, "public", nil, true},
		{"Authorization and s-maxage", authorization, "s-maxage=60", nil, true},
		{"Authorization and must-revalidate", authorization, "must-revalidate", nil, true},
		{"Authorization and Vary, which RFC 9111 does not name", authorization, "", []string{"Authorization"}, false},
		{"a cookie", cookie, "max-age=60", nil, false},
		{"a cookie and public", cookie, "public", nil, true},
		{"a cookie and s-maxage", cookie, "s-maxage=60", nil, true},
		{"a cookie and must-revalidate", cookie, "must-revalidate", nil, false},
		{"a cookie that the page varies on", cookie, "", []string{"Cookie"}, true},
		{"a cookie and a key, and the page varies on one", cookieAndKey, "", []string{"Cookie"}, false},
		{"a cookie and a key, and the page varies on both", cookieAndKey, "", []string{"X-Api-Key", "Cookie"}, true},
		{"a certificate", certificate, "must-revalidate", []string{"Cookie"}, false},
		{"a certificate and public", certificate, "public", nil, true},
		{"all of it, and only Authorization is allowed for", all, "must-revalidate", []string{"Cookie"}, false},
		{"all of it and s-maxage", all, "s-maxage=1", nil, true},
	} {
		d := rfc9111.ParseDirectives([]string{test.cacheControl})
		if got := test.who.MayShare(d.Permission(), test.vary); got != test.want {
			t.Errorf("%s: %v", test.rule, got)
		}
	}
	for who, want := range map[*rfc9111.Credentials]bool{&none: true, &authorization: false, &cookie: false, &certificate: false} {
		if who.None() != want {
			t.Errorf("%+v: None is %v", who, who.None())
		}
	}
}

// What allows sharing is read strictly, and what forbids it is not.
// RFC 9111, 3.5
func TestWhatPermitsHasItsProperForm(t *testing.T) {
	for line, want := range map[string]rfc9111.Permission{
		"public":                         {Public: true},
		"PUBLIC , max-age=60":            {Public: true},
		"public, public":                 {Public: true},
		`public="x"`:                     {},
		`public=""`:                      {},
		"public=":                        {},
		"public=1":                       {},
		"public; max-age=60":             {},
		"public max-age=60":              {},
		`"public"`:                       {},
		`max-age="60, public"`:           {},
		"s-maxage=60":                    {SMaxAge: true},
		"s-maxage=60, s-maxage=60":       {SMaxAge: true},
		"s-maxage=0":                     {SMaxAge: true},
		`s-maxage="60"`:                  {},
		"s-maxage=60, s-maxage=61":       {},
		"s-maxage=61, s-maxage=60":       {},
		`s-maxage=60, s-maxage="60"`:     {},
		"s-maxage":                       {},
		"s-maxage=":                      {},
		"s-maxage=-1":                    {},
		"s-maxage=1.5":                   {},
		"s-maxage=soon":                  {},
		"s-maxage=60 public":             {},
		"must-revalidate":                {MustRevalidate: true},
		"must-revalidate=1":              {},
		`must-revalidate="x"`:            {},
		"must-revalidate; public":        {},
		"proxy-revalidate":               {},
		"immutable, must-understand":     {},
		"max-age=60, stale-if-error=600": {},
	} {
		d := rfc9111.ParseDirectives([]string{line})
		if got := d.Permission(); got != want {
			t.Errorf("%s: %+v", line, got)
		}
	}
	d := rfc9111.ParseDirectives([]string{`must-revalidate="x", must-understand=1, immutable=1, no-store=x, private=1`})
	if !d.MustRevalidate || !d.MustUnderstand || !d.NoStore || !d.Private || !d.UnderstandInvalid || d.Immutable {
		t.Errorf("arguments where none belong: %+v", d)
	}
}

// A must-understand with an argument does not permit what no-store forbids.
// RFC 9111, 5.2.2.3; RFC 9111, 5.2.2.5
func TestMustUnderstandWithAnArgumentDoesNotVoidNoStore(t *testing.T) {
	for line, want := range map[string]rfc9111.Obstacle{
		"no-store, must-understand, max-age=60":     rfc9111.NoObstacle,
		`no-store, must-understand="x", max-age=60`: rfc9111.ObstacleNoStore,
	} {
		x := rfc9111.Candidate{Method: "GET", Status: 200, Control: rfc9111.ControlOf(map[string][]string{"Cache-Control": {line}}, nil)}
		if got := x.Obstacle(); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
