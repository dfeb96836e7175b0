package apps

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Differences returns what two answers to a request differ in, except what the RFCs
// explain. scrub, if it is not nil, removes from a body what the application makes
// at random.
func Differences(r Request, direct, cached Answer, scrub func([]byte) []byte) []string {
	if found, ok := otherRight(r, direct, cached); ok {
		return found
	}
	if scrub == nil {
		scrub = func(body []byte) []byte { return body }
	}
	var found []string
	differ := func(what string, direct, cached any) {
		found = append(found, fmt.Sprintf("%s: directly %v, through the cache %v", what, direct, cached))
	}
	if direct.Status != cached.Status {
		differ("status", direct.Status, cached.Status)
	}
	a, b := scrub(direct.Body), scrub(cached.Body)
	if !bytes.Equal(a, b) {
		differ("body", excerpt(a, b), excerpt(b, a))
	}
	if !r.accepts(coding(cached)) {
		differ("Content-Encoding", quoted(coding(direct)), quoted(coding(cached)))
	}
	random := len(a) != len(direct.Body)
	for _, name := range names(direct.Header, cached.Header) {
		a, b := comparable(name, direct.Header), comparable(name, cached.Header)
		if name == "Expires" && sameLifetime(direct.Header, cached.Header) {
			continue
		}
		if a != b && !mayDiffer(r, direct, name) && !(random && name == "Etag") {
			differ(name, quoted(a), quoted(b))
		}
	}
	if a, b := plainLength(direct), plainLength(cached); a != "" && b != "" && a != b && !random {
		differ("Content-Length", a, b)
	}
	return found
}

// plainLength returns the Content-Length of an answer without a content coding;
// nobody compresses twice in the same way.
func plainLength(answer Answer) string {
	if coding(answer) != "" {
		return ""
	}
	return answer.Header.Get("Content-Length")
}

// names returns the fields of both headers, sorted.
func names(a, b http.Header) []string {
	var names []string
	for _, header := range []http.Header{a, b} {
		for name := range header {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// comparable returns a field in a form that is equal where the RFCs say that its
// values mean the same.
func comparable(name string, header http.Header) string {
	switch name {
	case "Etag":
		return strings.TrimPrefix(header.Get(name), "W/")
	case "Set-Cookie":
		return cookieNames(header)
	case "Vary":
		return selecting(header.Values(name))
	}
	if _, ok := explained[name]; ok && name != "Expires" {
		return ""
	}
	return strings.Join(header.Values(name), ", ")
}

// slack is how long an application may take between Expires and Date.
const slack = 5 * time.Second

// sameLifetime reports whether two responses expire as long after their Date. What
// Cache-Control says is compared to the letter, and counts more (RFC 9111, 5.3).
func sameLifetime(a, b http.Header) bool {
	first, ok := lifetime(a)
	second, okToo := lifetime(b)
	if !ok || !okToo {
		return a.Get("Expires") == b.Get("Expires")
	}
	return (first - second).Abs() <= slack
}

// lifetime returns how long after Date a response expires.
func lifetime(header http.Header) (d time.Duration, ok bool) {
	expires, err := http.ParseTime(header.Get("Expires"))
	date, dateErr := http.ParseTime(header.Get("Date"))
	return expires.Sub(date), err == nil && dateErr == nil
}

func cookieNames(header http.Header) string {
	res := http.Response{Header: header}
	var names []string
	for _, cookie := range res.Cookies() {
		names = append(names, cookie.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// selecting returns the members of Vary without Accept-Encoding, in one order and
// case. A 304 that does not name it, because it has no body to compress, replaces
// the stored field (RFC 9111, 3.2).
func selecting(values []string) string {
	var list []string
	for member := range strings.SplitSeq(strings.ToLower(strings.Join(values, ",")), ",") {
		if member = strings.TrimSpace(member); member != "accept-encoding" && member != "" {
			list = append(list, member)
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// excerpt returns the length of a body and the place where it leaves another.
func excerpt(body, other []byte) string {
	i := 0
	for i < len(body) && i < len(other) && body[i] == other[i] {
		i++
	}
	from, to := max(0, i-40), min(len(body), i+60)
	return fmt.Sprintf("%d bytes, at %d %q", len(body), i, body[from:to])
}

func quoted(value string) string { return fmt.Sprintf("%q", value) }
