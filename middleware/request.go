package middleware

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/rfc9111"
)

// judgement is what is known of a request before anything is looked up.
type judgement struct {
	bypass      reason  // reasonNone if the request can be answered from the cache
	path        string  // of the request target, as received
	url         url.URL // as the handler gets it in a run for all
	codings     rfc9111.Codings
	credentials rfc9111.Credentials
	keyCookies  []cookie
	userCookies []cookie
	trusted     bool     // the peer's X-Forwarded-Host and -Proto count
	vary        []string // what the response varies on whatever the handler says
}

// judge reads a request as it came, before any handler has seen it. outer is the
// header of the response so far, to which middleware further out may have added
// what is for one client only: a page that goes with a cookie of theirs, say,
// may well have the cookie's value in it.
func (p *policy) judge(outer http.Header, r *http.Request) judgement {
	j := judgement{bypass: p.bypassReason(r)}
	if j.bypass == reasonNone && len(outer) > 0 {
		j.bypass = p.withheld(outer, time.Now())
		j.vary, _ = rfc9111.VaryNames(outer["Vary"])
	}
	if j.bypass != reasonNone {
		return j
	}
	var ok bool
	if j.path, ok = targetPath(r); !ok {
		j.bypass = reasonTarget
		return j
	}
	j.url = p.sharedURL(r)
	j.codings = rfc9111.AcceptedCodings(r.Header["Accept-Encoding"])
	j.trusted = p.isTrusted(r.RemoteAddr)
	if lines := r.Header["Cookie"]; lines != nil {
		j.keyCookies, j.userCookies = p.cookies.split(lines)
	}
	j.credentials = p.credentials(r, j.userCookies)
	return j
}

func (p *policy) bypassReason(r *http.Request) reason {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return reasonMethod
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return reasonRequestBody
	case r.Header["Upgrade"] != nil:
		return reasonUpgrade
	case p.ttl <= 0:
		return reasonTTL
	}
	return reasonNone
}

// target returns the request target as received. URL.Path alone will not do as
// a key: it is unescaped, and http.StripPrefix changes it, so that two routers
// could give two pages one key.
func target(r *http.Request) string {
	if r.RequestURI == "" {
		return r.URL.RequestURI() // a request that was not read from a connection
	}
	return r.RequestURI
}

// targetPath returns the path of the request target, with its escapes. It is
// false for targets that have none, such as "*", and for opaque URLs.
func targetPath(r *http.Request) (path string, ok bool) {
	path, _, _ = strings.Cut(target(r), "?")
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
	scheme, rest, ok := strings.Cut(t, ":")
	if !ok || strings.HasPrefix(t, "/") {
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
	if _, _, absolute := cutScheme(target(r)); absolute {
		u.Scheme, u.Host = "", ""
	}
	u.User = nil
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	u.RawQuery = p.query.apply(u.RawQuery)
	return u
}

// credentials returns what in the request may have made its response the
// user's own: all that is neither declared nor a part of the key.
func (p *policy) credentials(r *http.Request, userCookies []cookie) rfc9111.Credentials {
	c := rfc9111.Credentials{
		Authorization: r.Header["Authorization"] != nil,
		Certificate:   r.TLS != nil && len(r.TLS.PeerCertificates) > 0,
	}
	if len(userCookies) > 0 {
		c.Fields = append(c.Fields, "Cookie")
	}
	for _, name := range p.credentialHeaders {
		if r.Header[name] != nil {
			c.Fields = append(c.Fields, name)
		}
	}
	return c
}

func (p *policy) isTrusted(remoteAddr string) bool {
	if len(p.trustedProxies) == 0 {
		return false
	}
	host, _, err := net.SplitHostPort(remoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(p.trustedProxies, func(prefix netip.Prefix) bool {
		return prefix.Contains(addr.Unmap())
	})
}
