package policy

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A run for all gets the request of the client that started it, without what is
// not in the key of the page: one client could otherwise change the page of
// everybody else.

// Believed are the fields that count if they come from a trusted proxy; then
// they are a part of the key.
var Believed = []string{"X-Forwarded-Proto", "X-Forwarded-Host"}

// rewritingURL are the fields by which a client could change what a handler answers
// Without changing the key: host, path and scheme as a proxy would give them; and
// rewritingOthers those for the method and the client's address. All that begin with one
// of rewritingPrefixes are, too; but not those that are credentials, without which the
// handler could not answer the user.
var rewritingURL = []string{
	"Forwarded", "X-Forwarded", "X-Host", "X-Scheme", "X-Proto", "X-Url-Scheme", "X-Https", "X-Replaced-Path",
	"Front-End-Https", "Cloudfront-Forwarded-Proto", "Cf-Visitor",
}

var rewritingOthers = []string{
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "Proxy", "Forwarded-For", "X-Forward-For",
	"X-Real-Ip", "X-Client-Ip", "Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Cf-Connecting-Ipv6", "Fastly-Client-Ip",
}

var rewritingPrefixes = []string{"X-Forwarded-", "X-Original-", "X-Rewrite-", "X-Envoy-Original-", "X-Ms-Original-"}

// OfConnection are the fields that are about the connection to one client, as is
// what Connection names (RFC 9110, section 7.6.1): an inner proxy would take that out of
// the request, though it had selected the page. The host is in the key, and net/http has
// it elsewhere.
var OfConnection = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Expect", "Host"}

// Special are the fields that mean something to the cache in other ways.
var Special = []string{"Accept-Encoding", "Content-Length", "Transfer-Encoding"}

// nominated returns the fields of a request that Connection names, except those
// that no handler gets.
func nominated(header http.Header) []string {
	names := rfc9111.FieldNames(header["Connection"])
	return slices.DeleteFunc(names, func(name string) bool { return header[name] == nil || IsHidden(name) })
}

// Hides reports whether the handler does not get the request field of this name.
// Underscores count as hyphens, as they do for CGI, WSGI and their like.
func (j *RequestInfo) Hides(name string) bool {
	switch {
	case j.Rules.Ignores(name):
		return true
	case j.Trusted && slices.Contains(Believed, name):
		return false
	case slices.Contains(j.Nominated, name):
		return true
	}
	hyphened := WithHyphens(name)
	return IsHidden(hyphened) || hyphened != name && slices.Contains(Special, hyphened)
}

func IsHidden(name string) bool {
	if KindOf(name)&KindsOfUser != 0 {
		return false
	}
	return IsPartial(name) || slices.Contains(OfConnection, name) || isRewriting(name)
}

// isRewriting reports whether a field is one of rewritingURL or rewritingOthers.
func isRewriting(name string) bool {
	return slices.Contains(rewritingURL, name) || slices.Contains(rewritingOthers, name) || hasRewritingPrefix(name)
}

// SaysURL reports whether a field says what URL the client has asked for.
func SaysURL(name string) bool {
	return slices.Contains(rewritingURL, name) || hasRewritingPrefix(name) && !strings.HasSuffix(name, "-For")
}

func hasRewritingPrefix(name string) bool {
	return slices.ContainsFunc(rewritingPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// Selecting returns the lines of a request field as the handler gets them,
// which is how they select a variant too: several lines are one, since they mean
// the same, and a handler that looks at the first must not make the page of a
// request that has both in one. header is the request's.
func (j *RequestInfo) Selecting(header http.Header, name string) []string {
	return j.appendSelecting(nil, header, name)
}

// appendSelecting is Selecting with memory for the lines.
func (j *RequestInfo) appendSelecting(dst []string, header http.Header, name string) []string {
	line := ""
	switch {
	case j.Rules.Ignores(name):
	case name == "Accept-Encoding":
		line = rfc9111.AcceptedCodings(header[name]).String()
	case name == "Accept-Language" && j.normalize:
		if header[name] != nil {
			line = rfc9111.NormalizeField(name, header[name])
		}
	case name == "Cookie":
		line = CookieLine(j.KeyCookies, j.UserCookies)
	case j.Hides(name):
	case len(header[name]) > 1:
		line = strings.Join(header[name], ", ")
	default:
		return append(dst, j.hosts.foldLines(j.Target.Scheme, name, header[name])...)
	}
	if line == "" {
		return dst
	}
	return append(dst, line)
}

// SharedRequest returns the request that a handler answers for all, with its URL in to.
func (j *RequestInfo) SharedRequest(ctx context.Context, r *http.Request, to *url.URL) *http.Request {
	bare := *r
	bare.Header, bare.URL = nil, nil // not to be copied twice
	shared := bare.Clone(ctx)
	shared.Method = http.MethodGet
	shared.Host = j.Target.Host
	if j.Trusted {
		shared.Host = j.hosts.fold(j.Target.Scheme, r.Host) // which is in the key, beside that of the target
	}
	shared.Body = http.NoBody
	*to = j.url
	shared.URL = to
	shared.RequestURI = j.Target.Received()
	if j.url.RawQuery != r.URL.RawQuery {
		shared.Form, shared.PostForm = nil, nil // what was parsed from the whole query
	}
	shared.Header = j.selected(r.Header)
	return shared
}

// selected returns a copy of a request's header with what selects a variant, and nothing else.
func (j *RequestInfo) selected(header http.Header) http.Header {
	h, room := make(http.Header, len(header)), make([]string, 0, len(header))
	for name := range header {
		begin := len(room)
		if room = j.appendSelecting(room, header, name); len(room) > begin {
			h[name] = room[begin:len(room):len(room)]
		}
	}
	return h
}
