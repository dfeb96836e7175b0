package middleware

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/reason"

	"github.com/larder-go/larder/internal/pagecache/respwriter"

	"github.com/larder-go/larder/internal/rfc9111"
)

// judgement is what is known of a request before anything is looked up.
type judgement struct {
	fields      fieldKind
	bypass      reason.Reason // reasonNone if the request can be answered from the cache
	target      target
	url         url.URL // as the handler gets it in a run for all
	credentials rfc9111.Credentials
	directives  rfc9111.RequestDirectives // none if they are not heeded
	keyCookies  []cookie
	userCookies []cookie
	apart       []string // credentials on which values of VaryBy depend
	trusted     bool     // the peer's X-Forwarded-Host and -Proto count
	normalize   bool     // values that mean the same select the same variant
	vary        []string // what the response varies on whatever the handler says
	nominated   []string // fields of the request that Connection takes away from the handler
	rules       *fieldRules
	hosts       hostAliases
	note        keyNote // for Explain
}

// judge reads a request as it came, before any handler has seen it. outer is the
// header of the response so far, to which middleware further out may have added
// what is for one client only: a page that goes with a cookie of theirs, say,
// may well have the cookie's value in it.
func (p *policy) judge(outer http.Header, r *http.Request) judgement {
	j := judgement{fields: p.fieldsOf(r.Header), vary: p.varyHeaders, normalize: p.normalize, rules: p.fieldRules, hosts: p.hosts}
	j.bypass = p.bypassReason(r, j.fields)
	if j.bypass == reason.None && !p.isSilent(outer) {
		j.bypass = p.reasonOutside(outer, time.Now())
		j.vary = append(slices.Clip(p.varyHeaders), rfc9111.FieldNames(outer["Vary"])...)
	}
	if j.bypass == reason.None && p.isOverlong(r, j.fields) {
		j.bypass = reason.Overlong
	}
	if j.bypass != reason.None {
		return j
	}
	j.trusted = p.trustsPeer(r)
	var ok bool
	if j.target, ok = p.targetOf(r, j.trusted); !ok {
		j.bypass = reason.Target
		return j
	}
	j.url = p.sharedURL(r)
	if j.fields.has(kindConnection) {
		j.nominated = nominated(r.Header)
	}
	if variesOnHidden(j.vary, &j) {
		j.bypass = reason.VaryHidden
		return j
	}
	if j.fields.has(kindCookie) {
		j.keyCookies, j.userCookies = p.cookies.split(r.Header["Cookie"])
	}
	j.credentials, j.apart = p.credentials(r, j.fields, j.userCookies)
	if j.fields.has(kindDirectives) && p.heedRequests {
		j.directives = rfc9111.ParseRequestDirectives(r.Header["Cache-Control"], r.Header["Pragma"])
	}
	return j
}

func (p *policy) bypassReason(r *http.Request, f fieldKind) reason.Reason {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return reason.Method
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return reason.RequestBody
	case f.has(kindUpgrade):
		return reason.Upgrade
	case r.URL.Opaque != "": // by middleware further out
		return reason.Target
	case p.face == perView && p.ttl <= 0:
		return reason.TTL
	}
	for _, wanted := range p.when {
		if !wanted(r) {
			return reason.When
		}
	}
	return reason.None
}

// targetOf returns the target of a request, and false for those that have no
// path, such as "*", and for opaque URLs.
func (p *policy) targetOf(r *http.Request, trusted bool) (t target, ok bool) {
	path, ok := targetPath(r)
	if !ok {
		return target{}, false
	}
	_, query, _ := strings.Cut(requestTarget(r), "?")
	scheme, host := p.originOf(r, trusted)
	return p.newTarget(scheme, host, path, query), true
}

// originOf returns the scheme and host by which the client of a request knows the site.
func (p *policy) originOf(r *http.Request, trusted bool) (scheme, host string) {
	scheme, host = "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if trusted {
		scheme = cmp.Or(respwriter.Single(r.Header["X-Forwarded-Proto"]), scheme)
		host = cmp.Or(respwriter.Single(r.Header["X-Forwarded-Host"]), host)
	}
	return scheme, host
}

// requestTarget returns the request target as received. URL.Path alone will not do as
// a key: it is unescaped, and http.StripPrefix changes it, so that two routers
// could give two pages one key.
func requestTarget(r *http.Request) string {
	if r.RequestURI == "" {
		return r.URL.RequestURI() // a request that was not read from a connection
	}
	return r.RequestURI
}

// targetPath returns the path of the request target, with its escapes. It is
// false for targets that have none, such as "*", and for opaque URLs.
func targetPath(r *http.Request) (path string, ok bool) {
	path, _, _ = strings.Cut(requestTarget(r), "?")
	if _, rest, absolute := cutScheme(path); absolute {
		// The authority is in r.Host, too (RFC 9112, section 3.2.2).
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			return "", false
		}
		return rest[slash:], true
	}
	return path, strings.HasPrefix(path, "/")
}

// cutScheme splits a target in absolute form after "scheme://".
func cutScheme(t string) (scheme, rest string, absolute bool) {
	if strings.HasPrefix(t, "/") {
		return "", t, false
	}
	scheme, rest, ok := strings.Cut(t, ":")
	if !ok {
		return "", t, false
	}
	rest, absolute = strings.CutPrefix(rest, "//")
	return scheme, rest, absolute
}

// sharedURL is the URL that the handler gets in a run for all. Scheme and
// authority of a target in absolute form are left out: they would be one
// client's choice.
func (p *policy) sharedURL(r *http.Request) url.URL {
	u := *r.URL
	if _, _, absolute := cutScheme(requestTarget(r)); absolute {
		u.Scheme, u.Host = "", ""
	}
	u.User = nil
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	u.RawQuery = p.query.apply(u.RawQuery)
	return u
}

// trustsPeer reports whether the forwarded fields of a request count.
func (p *policy) trustsPeer(r *http.Request) bool {
	if len(p.trustedProxies) == 0 {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && p.trusts(addr)
}
