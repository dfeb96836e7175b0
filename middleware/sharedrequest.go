package middleware

import (
	"context"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/rfc9111"
)

// A run for all gets the request of the client who started it, without what is
// not in the key of the page: one client could otherwise change the page of
// everybody else.

// believed are the fields that count if they come from a trusted proxy; then
// they are a part of the key.
var believed = []string{"X-Forwarded-Proto", "X-Forwarded-Host"}

// rewriting are the fields by which a client could change what a handler
// answers without changing the key.
var rewriting = []string{
	"Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Path",
	"X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Forwarded-For", "X-Forwarded-Uri", "X-Forwarded-Method",
	"X-Real-Ip", "X-Host", "X-Scheme", "X-Url-Scheme", "X-Original-Url", "X-Original-Uri", "X-Original-Host",
	"X-Original-Method", "X-Rewrite-Url", "X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "Front-End-Https",
}

// ofConnection are the fields that are about the connection to one client, as is
// what Connection names (RFC 9110, section 7.6.1): a proxy further in would take
// that out of the request, though it had selected the page. The host is in the key,
// and net/http has it elsewhere.
var ofConnection = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Expect", "Host"}

// special are the fields that mean something to the cache in other ways.
var special = []string{"Accept-Encoding", "Authorization", "Content-Length", "Cookie", "Transfer-Encoding", "X-Api-Key"}

// nominated returns the fields of a request that Connection names, except those
// that no handler gets.
func nominated(header http.Header) []string {
	names := rfc9111.FieldNames(header["Connection"])
	return slices.DeleteFunc(names, func(name string) bool { return header[name] == nil || isHidden(name) })
}

// hides reports whether the handler does not get the request field of this name.
func (j *judgement) hides(name string) bool {
	if j.trusted && slices.Contains(believed, name) {
		return false
	}
	if isHidden(name) || slices.Contains(j.nominated, name) {
		return true
	}
	hyphened, is := withHyphens(name)
	return is && (isHidden(hyphened) || slices.Contains(special, hyphened))
}

func isHidden(name string) bool {
	return isPartial(name) || slices.Contains(rewriting, name) || slices.Contains(ofConnection, name)
}

// withHyphens is the field for which CGI, WSGI and their like take one that is
// written with underscores.
func withHyphens(name string) (hyphened string, is bool) {
	if !strings.Contains(name, "_") {
		return "", false
	}
	return textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(name, "_", "-")), true
}

// selecting returns the lines of a request field as the handler gets them,
// which is how they select a variant too: several lines are one, since they mean
// the same, and a handler that looks at the first must not make the page of a
// request that has both in one. header is the request's.
func (j *judgement) selecting(header http.Header, name string) []string {
	line := ""
	switch {
	case name == "Accept-Encoding":
		line = rfc9111.AcceptedCodings(header[name]).String()
	case name == "Accept-Language" && j.normalize:
		if header[name] != nil {
			line = rfc9111.NormalizeField(name, header[name])
		}
	case name == "Cookie":
		line = cookieLine(j.keyCookies, j.userCookies)
	case j.hides(name):
	case len(header[name]) > 1:
		line = strings.Join(header[name], ", ")
	default:
		return header[name]
	}
	if line == "" {
		return nil
	}
	return []string{line}
}

// sharedRequest returns the request that a handler answers for all.
func (j *judgement) sharedRequest(ctx context.Context, r *http.Request) *http.Request {
	shared := r.Clone(ctx)
	shared.Method = http.MethodGet
	shared.Host = j.target.host
	if j.trusted {
		shared.Host = r.Host // which is in the key, beside that of the target
	}
	shared.Body = http.NoBody
	*shared.URL = j.url
	shared.RequestURI = j.target.path
	if j.target.query != "" {
		shared.RequestURI += "?" + j.target.query
	}
	if j.url.RawQuery != r.URL.RawQuery {
		shared.Form, shared.PostForm = nil, nil // what was parsed from the whole query
	}
	for name := range shared.Header {
		if lines := j.selecting(r.Header, name); lines != nil {
			shared.Header[name] = slices.Clone(lines)
		} else {
			delete(shared.Header, name)
		}
	}
	return shared
}
