package rfc9111

import (
	"net/url"
	"strings"
)

// Invalidated returns the URIs of which a cache must forget what it has stored
// (section 4.4), the target first and each once: the response to a method that
// is not known to be safe is no error, so the target has changed, and so may
// have what Location and Content-Location name, if that is of the same origin.
// Another origin's URIs are nobody else's to invalidate. target is absolute.
func Invalidated(method string, status int, target *url.URL, header map[string][]string) []*url.URL {
	if IsSafe(method) || isError(status) {
		return nil
	}
	uris := []*url.URL{withoutFragment(target)}
	texts := []string{target.RequestURI()}
	var known distinct
	for _, name := range [...]string{"Location", "Content-Location"} {
		for _, line := range header[name] {
			uri, err := target.Parse(line)
			if err != nil || !sameOrigin(uri, target) {
				continue
			}
			uri = withoutFragment(uri)
			if text := uri.RequestURI(); known.add(texts, text) {
				texts, uris = append(texts, text), append(uris, uri)
			}
		}
	}
	return uris
}

func withoutFragment(u *url.URL) *url.URL {
	v := *u
	v.User, v.Fragment, v.RawFragment = nil, "", ""
	return &v
}

// sameOrigin compares scheme, host and port (RFC 9110, section 4.3.1), the last
// with its default filled in.
func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case strings.EqualFold(u.Scheme, "http"):
		return "80"
	case strings.EqualFold(u.Scheme, "https"):
		return "443"
	}
	return ""
}
