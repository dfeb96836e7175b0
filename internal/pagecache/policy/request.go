package policy

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

// RequestInfo is what is known of a request before anything is looked up.
type RequestInfo struct {
	Fields         FieldKind
	Bypass         reason.Reason // reason.None if the request can be answered from the cache
	Target         Target
	url            url.URL // as the handler gets it in a run for all
	Credentials    rfc9111.Credentials
	Directives     rfc9111.RequestDirectives // none if they are not heeded
	KeyCookies     []cookie
	UserCookies    []cookie
	KeyCredentials []string // credentials on which values of VaryBy depend
	Trusted        bool     // the peer's X-Forwarded-Host and -Proto count
	normalize      bool     // values that mean the same select the same variant
	Vary           []string // what the response varies on whatever the handler says
	Nominated      []string // fields of the request that Connection takes away from the handler
	Rules          *FieldRules
	hosts          HostAliases
	Note           KeyNote // for Explain
}

// Classify reads a request as it came, before any handler has seen it. outer is the
// header of the response so far, to which outer middleware may have added
// what is for one client only: a page that goes with a cookie of theirs, say,
// may well have the cookie's value in it.
func (p *Policy) Classify(outer http.Header, r *http.Request) RequestInfo {
	j := RequestInfo{Fields: p.FieldsOf(r.Header), Vary: p.VaryHeaders, normalize: p.Normalize, Rules: p.FieldRules, hosts: p.Hosts}
	j.Bypass = p.BypassReason(r, j.Fields)
	if j.Bypass == reason.None && !p.PermitsStoring(outer) {
		j.Bypass = p.reasonOutside(outer, time.Now())
		j.Vary = append(slices.Clip(p.VaryHeaders), rfc9111.FieldNames(outer["Vary"])...)
	}
	if j.Bypass == reason.None && p.isOverlong(r, j.Fields) {
		j.Bypass = reason.Overlong
	}
	if j.Bypass != reason.None {
		return j
	}
	j.Trusted = p.TrustsPeer(r)
	var ok bool
	if j.Target, ok = p.TargetOf(r, j.Trusted); !ok {
		j.Bypass = reason.Target
		return j
	}
	j.url = p.SharedURL(r)
	if j.Fields.Has(kindConnection) {
		j.Nominated = nominated(r.Header)
	}
	if VariesOnHidden(j.Vary, &j) {
		j.Bypass = reason.VaryHidden
		return j
	}
	if j.Fields.Has(KindCookie) {
		j.KeyCookies, j.UserCookies = p.Cookies.split(r.Header["Cookie"])
	}
	j.Credentials, j.KeyCredentials = p.credentials(r, j.Fields, j.UserCookies)
	if j.Fields.Has(kindDirectives) && p.HeedRequests {
		j.Directives = rfc9111.ParseRequestDirectives(r.Header["Cache-Control"], r.Header["Pragma"])
	}
	return j
}

func (p *Policy) BypassReason(r *http.Request, f FieldKind) reason.Reason {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return reason.Method
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return reason.RequestBody
	case f.Has(kindUpgrade):
		return reason.Upgrade
	case r.URL.Opaque != "": // by outer middleware
		return reason.Target
	case p.Mode == PerView && p.TTL <= 0:
		return reason.TTL
	}
	for _, wanted := range p.When {
		if !wanted(r) {
			return reason.When
		}
	}
	return reason.None
}

// TargetOf returns the target of a request, and false for those that have no
// path, such as "*", and for opaque URLs.
func (p *Policy) TargetOf(r *http.Request, trusted bool) (t Target, ok bool) {
	path, ok := targetPath(r)
	if !ok {
		return Target{}, false
	}
	_, query, _ := strings.Cut(RequestTarget(r), "?")
	scheme, host := p.OriginOf(r, trusted)
	return p.NewTarget(scheme, host, path, query), true
}

// OriginOf returns the scheme and host by which the client of a request knows the site.
func (p *Policy) OriginOf(r *http.Request, trusted bool) (scheme, host string) {
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

// RequestTarget returns the request target as received. URL.Path alone will not do as
// a key: it is unescaped, and http.StripPrefix changes it, so that two routers
// could give two pages one key.
func RequestTarget(r *http.Request) string {
	if r.RequestURI == "" {
		return r.URL.RequestURI() // a request that was not read from a connection
	}
	return r.RequestURI
}

// targetPath returns the path of the request target, with its escapes. It is
// false for targets that have none, such as "*", and for opaque URLs.
func targetPath(r *http.Request) (path string, ok bool) {
	path, _, _ = strings.Cut(RequestTarget(r), "?")
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

// SharedURL is the URL that the handler gets in a run for all. Scheme and
// authority of a target in absolute form are left out: they would be one
// client's choice.
func (p *Policy) SharedURL(r *http.Request) url.URL {
	u := *r.URL
	if _, _, absolute := cutScheme(RequestTarget(r)); absolute {
		u.Scheme, u.Host = "", ""
	}
	u.User = nil
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	u.RawQuery = p.Query.apply(u.RawQuery)
	return u
}

// TrustsPeer reports whether the forwarded fields of a request count.
func (p *Policy) TrustsPeer(r *http.Request) bool {
	if len(p.TrustedProxies) == 0 {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && p.trusts(addr)
}
