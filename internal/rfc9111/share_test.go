package rfc9111_test

import (
	"testing"

	"github.com/larder-go/larder/internal/rfc9111"
)

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
		if got := test.who.MayShare(d, test.vary); got != test.want {
			t.Errorf("%s: %v", test.rule, got)
		}
	}
	for who, want := range map[*rfc9111.Credentials]bool{&none: true, &authorization: false, &cookie: false, &certificate: false} {
		if who.None() != want {
			t.Errorf("%+v: None is %v", who, who.None())
		}
	}
}
