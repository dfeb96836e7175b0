package apps

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// explained are the header fields that may differ, each for the reason given.
var explained = map[string]string{
	"Accept-Ranges":     "what the answering server can do (RFC 9110, 14.3); a cache has whole bodies",
	"Date":              "the time of the answer that was stored (RFC 9110, 6.6.1)",
	"Age":               "added by caches (RFC 9111, 5.1)",
	"Cache-Status":      "added by caches (RFC 9211)",
	"Via":               "added by proxies (RFC 9110, 7.6.3)",
	"Connection":        "of one connection (RFC 9110, 7.6.1)",
	"Keep-Alive":        "of one connection (RFC 9112, 9.3)",
	"Content-Encoding":  "the cached one has to be acceptable (RFC 9110, 12.5.3); what the application chose may be none or another",
	"Transfer-Encoding": "of one connection (RFC 9112, 6.1)",
	"Content-Length":    "a stored body has a length that a generated one lacks (RFC 9110, 8.6); compared if both have it",
	"Expires":           "compared as a lifetime after Date (RFC 9111, 5.3)",
	"Etag":              "compared weakly: a 304 updates the stored field (RFC 9111, 3.2)",
	"Vary":              "compared without Accept-Encoding and order: see selecting",
	"Set-Cookie":        "compared by name: the values are random",
}

// otherRight reports whether the two answers are of different kinds that are both
// right, or are to be compared in another way than field by field, and returns what
// is wrong even so.
func otherRight(r Request, direct, cached Answer) (differences []string, ok bool) {
	switch {
	case mayIgnore(r) && direct.Status == http.StatusPreconditionFailed && cached.wasStored():
		return nil, true
	case r.Header.Get("Range") == "":
		return nil, false
	case strings.HasPrefix(r.Header.Get("If-Range"), "W/") && direct.Status == http.StatusPartialContent && cached.Status == http.StatusOK:
		return nil, true // a weak tag is no reason for a part (RFC 9110, 13.1.5)
	case cached.Status == http.StatusPartialContent && (direct.Status == http.StatusOK || coding(direct) != coding(cached)):
		return partDiffers(direct, cached), true
	case cached.Status == http.StatusRequestedRangeNotSatisfiable && direct.Status != http.StatusPartialContent:
		return unsatisfiedDiffers(r, direct, cached), true
	case direct.Status == http.StatusRequestedRangeNotSatisfiable && cached.Status == http.StatusOK:
		// A server may ignore Range (RFC 9110, 14.2). Nothing is lost if there is nothing.
		return nil, len(cached.Body) == 0
	}
	return nil, false
}

// mayIgnore reports whether the request has a condition that is for the application
// alone, which a cache with the page may ignore (RFC 9110, 13.1.1 and 13.1.4).
func mayIgnore(r Request) bool {
	return r.Header.Get("If-Match") != "" || r.Header.Get("If-Unmodified-Since") != ""
}

// partDiffers compares the part that a cache cuts from a page that it has whole with
// the page of an application that knows no ranges (RFC 9110, 14.2), or that has
// ranges only of the page without a content coding.
func partDiffers(direct, cached Answer) []string {
	contentRange := cached.Header.Get("Content-Range")
	var first, last, size int
	if _, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &first, &last, &size); err != nil || last-first+1 != len(cached.Body) {
		return []string{fmt.Sprintf("Content-Range: %q of %d bytes", contentRange, len(cached.Body))}
	}
	if coding(cached) != "" {
		return nil // the part of another representation, and labelled so
	}
	if size != len(direct.Body) || !bytes.Equal(cached.Body, direct.Body[first:last+1]) {
		return []string{fmt.Sprintf("part: %s of another page than that of %d bytes", contentRange, len(direct.Body))}
	}
	return nil
}

// unsatisfiedDiffers compares what a 416 has to say (RFC 9110, 15.5.17). Its content
// explains that to people, in the words of the server that found it.
func unsatisfiedDiffers(r Request, direct, cached Answer) []string {
	got, want := cached.Header.Get("Content-Range"), direct.Header.Get("Content-Range")
	if direct.Status == http.StatusOK {
		want = fmt.Sprintf("bytes */%d", len(direct.Body))
	}
	compressed := r.accepts("gzip") && strings.HasPrefix(got, "bytes */") // its length is the cache's to know
	if got == want || compressed {
		return nil
	}
	return []string{fmt.Sprintf("Content-Range: directly %q, through the cache %q", want, got)}
}

// mayDiffer reports whether the application may leave a field out of an answer
// without content that a cache has from the one with content: from one to HEAD
// (RFC 9110, 9.3.2) and from a 304, where it is to have the fields that cached
// responses are updated by, and Last-Modified only without ETag (15.4.5).
func mayDiffer(r Request, direct Answer, name string) bool {
	missing := direct.Header.Get(name) == ""
	return missing && r.Method == http.MethodHead ||
		direct.Status == http.StatusNotModified && (missing || name == "Last-Modified")
}

func coding(answer Answer) string { return answer.Header.Get("Content-Encoding") }

// accepts reports whether a visitor can read a content coding.
func (r Request) accepts(coding string) bool {
	return coding == "" || strings.Contains(r.Header.Get("Accept-Encoding"), coding)
}
