package uri_test

import (
	"strings"
	"testing"

	"github.com/larder-go/larder/internal/uri"
)

// URLs are accepted as people write them.
func TestURLsAsPeopleWriteThem(t *testing.T) {
	for _, test := range []struct{ text, want, query string }{
		{"https://example.org/café", "https://example.org/caf%C3%A9", ""},
		{"https://example.org/caf%c3%a9", "https://example.org/caf%C3%A9", ""},
		{`https://example.org/a b"|^<>{}`, "https://example.org/a%20b%22%7C%5E%3C%3E%7B%7D", ""},
		{"https://example.org/sh%6Fp", "https://example.org/shop", ""},
		{"https://example.org/a/../b/./c", "https://example.org/b/c", ""},
		{"HTTPS://EXAMPLE.org:443/", "https://example.org/", ""},
		{"http://example.org:0080", "http://example.org/", ""},
		{"http://example.org:/a", "http://example.org/a", ""},
		{"http://example.org:8080/a", "http://example.org:8080/a", ""},
		{"http://example.org?a=b c#top", "http://example.org/", "a=b c"},
		{"http://example.org/#/a?b", "http://example.org/", ""},
		{"http://user:word@example.org/", "http://example.org/", ""},
		{"http://[2001:DB8::1]:80/", "http://[2001:db8::1]/", ""},
		{"http://[fe80::1%25en0]/", "http://[fe80::1]/", ""},
		{"http://münchen.example/", "http://xn--mnchen-3ya.example/", ""},
		{"http://MÜNCHEN.example:8080/", "http://xn--mnchen-3ya.example:8080/", ""},
		{"http://m%C3%BCnchen.example/", "http://xn--mnchen-3ya.example/", ""},
		{"http://xn--mnchen-3ya.example/", "http://xn--mnchen-3ya.example/", ""},
		{"http://mu\u0308nchen.example/", "http://xn--mnchen-3ya.example/", ""}, // UTS 46: not composed
		{"http://MU\u0308NCHEN.example/", "http://xn--mnchen-3ya.example/", ""},
		{"http://ｅｘａｍｐｌｅ．org:8080/", "http://example.org:8080/", ""}, // UTS 46: full width
		{"http://example\u3002org/", "http://example.org/", ""},
		{"http://exam\u00adple.org/", "http://example.org/", ""}, // UTS 46: left out
		{"http://\u212aelvin.example/", "http://kelvin.example/", ""},
		{"http://straße.example/", "http://xn--strae-oqa.example/", ""}, // as browsers send it, not "strasse"
		{"http://日本語。ＪＰ/", "http://xn--wgv71a119e.jp/", ""},
		{"http://１２７.0.0.1/", "http://127.0.0.1/", ""},
		{"http://münchen.example./", "http://xn--mnchen-3ya.example./", ""},
		{"http://[2001:DB8:0:0::0001]:0080/", "http://[2001:db8::1]/", ""}, // RFC 5952
		{"http://example.org/a%5Cb?q=\\", "http://example.org/a%5Cb", `q=\`},
	} {
		u, err := uri.Parse(test.text)
		if got := u.Scheme + "://" + u.Host + u.Path; err != nil || got != test.want || u.Query != test.query {
			t.Errorf("%q is %q with the query %q, %v; want %q with %q", test.text, got, u.Query, err, test.want, test.query)
		}
	}
}

// The error about a text that is no URL of a page says what is wrong and what would be right.
func TestWhatIsNoURLOfAPage(t *testing.T) {
	for _, test := range []struct{ text, says string }{
		{"", `"" is not absolute; write it with scheme and host, such as https://example.org/path`},
		{"/shop", `"/shop" is not absolute; write it with scheme and host, such as https://example.org/path`},
		{"//example.org/shop", `"//example.org/shop" is not absolute; write it with scheme and host, such as https://example.org/path`},
		{"example.org/shop", `"example.org/shop" is not absolute; write it with scheme and host, such as https://example.org/path`},
		{"ftp://example.org/", `"ftp://example.org/" has the scheme "ftp"; it must be http or https`},
		{"example.org:80/shop", `"example.org:80/shop" has the scheme "example.org"; it must be http or https`},
		{"http:/shop", `"http:/shop" has no host; write it such as https://example.org/path`},
		{"http:shop", `"http:shop" has no host; write it such as https://example.org/path`},
		{"http://:80/", `"http://:80/" has no host; write it such as https://example.org/path`},
		{`http://example.org\shop`, `"http://example.org\\shop": invalid character "\\" in host name`},
		{`http://example.org/a\b`, `"http://example.org/a\\b" has a backslash; write / if a slash is meant, and %5C if not`},
		{"http://example.org/100%", `"http://example.org/100%": invalid URL escape "%"; a percent sign that is meant as such is written %25, and a host has no escapes of ASCII characters`},
		{"http://ex%61mple.org/", `"http://ex%61mple.org/": invalid URL escape "%61"; a percent sign that is meant as such is written %25, and a host has no escapes of ASCII characters`},
		{"http://exa mple.org/", `"http://exa mple.org/": invalid character " " in host name`},
		{"http://example.org:http/", `"http://example.org:http/": invalid port ":http" after host`},
		{"http://::1:80/", `"::1:80" is not a host; the address of IPv6 is written in brackets, as [::1]`},
		{"http://%25:0/", `"%:0" is not a host; only an address of IPv6 in brackets has a percent sign`},
		{"http://example.org%25evil.example/", `"example.org%evil.example" is not a host; only an address of IPv6 in brackets has a percent sign`},
		{"http://127.0.0.1%25en0/", `"127.0.0.1%en0" is not a host; only an address of IPv6 in brackets has a percent sign`},
		// Of brackets, it depends on the release of Go which words say so.
		{"http://[%25en0]/", `[%25en0]`},
		{"http://[]/", `[]`},
		{"http://[127.0.0.1]/", `[127.0.0.1]`},
		{"http://[example.org]/", `[example.org]`},
		{"http://example.org:65536/", `"65536" is not a port; it must be a number up to 65535`},
		{"http://example.org/\x07", `"http://example.org/\a": net/url: invalid control character in URL`},
		{`http://"é.example/`, `the host "\"é.example" has no form that DNS knows; write it as punycode, which begins with xn--`},
		{"http://\u0661.example/", `the host "١.example" has no form that DNS knows; write it as punycode, which begins with xn--`},
		{"http://℀.example/", `has no form that DNS knows; write it as punycode`},
		{"http://a\u200db.example/", `has no form that DNS knows; write it as punycode`},
		{"http://xn--ü.example/", `has no form that DNS knows; write it as punycode`},
		{"http://\xff.example/", `the host "\xff.example" is not UTF-8`},
		{"http://example.org/" + strings.Repeat("a", uri.MaxLength), "it has 32787 bytes; at most 32768 are allowed"},
		{"ftp://example.org/" + strings.Repeat("a", 1000), `aaa"... has the scheme "ftp"; it must be http or https`},
	} {
		if u, err := uri.Parse(test.text); err == nil || !strings.Contains(err.Error(), test.says) || len(err.Error()) > 500 {
			t.Errorf("%.100q: %v, %+v; want %s", test.text, err, u, test.says)
		}
	}
}

// What Parse returns is in normal form, and is one target of a request.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"https://example.org/café?q=a b#c", "http://münchen.example:80/a/../b", "http://[::1%25en0]:8080", `http://h/a\b`, "http://%25:0", "http://[%25]:0", "http://\xff/%zz"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := uri.Parse(text)
		if err != nil {
			if u != (uri.URL{}) {
				t.Errorf("%q: %+v beside the error %v", text, u, err)
			}
			return
		}
		if u.Host == "" || u.Host != uri.Host(u.Scheme, u.Host) || u.Path != uri.Path(u.Path) || u.Path[0] != '/' || strings.ContainsAny(u.Path, "?# \\") {
			t.Errorf("%q: %+v", text, u)
		}
		query := ""
		if u.Query != "" {
			query = "?" + u.Query
		}
		if again, err := uri.Parse(u.Scheme + "://" + u.Host + u.Path + query); err != nil || again != u {
			t.Errorf("%q: %+v, and then %+v, %v", text, u, again, err)
		}
	})
}
