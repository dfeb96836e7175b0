package policy

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/rfc9111"
)

// ReasonAdded says why what has been added to a header makes the response one client's,
// or reason.None.
func (p *Policy) ReasonAdded(was, now, added http.Header) reason.Reason {
	before, control := p.Control(was), p.Control(now)
	_, varyAny := rfc9111.VaryNames(added["Vary"])
	switch {
	case control.NoStore && !before.NoStore:
		return reason.NoStore
	case control.Private && !before.Private && !p.Literal, control.PrivateWhole && !before.PrivateWhole:
		return reason.Private
	case added["Set-Cookie"] != nil && !p.StripSetCookie && !p.Literal:
		return reason.SetCookie
	case control.NoCache && !before.NoCache && p.Mode != Shared:
		return reason.NoCache
	case varyAny:
		return reason.VaryAny
	case hasNonce(added):
		return reason.Nonce
	}
	return reason.None
}

// reasonOutside says why what outer middleware has set makes a response one client's,
// or reason.None.
func (p *Policy) reasonOutside(outer http.Header, now time.Time) reason.Reason {
	control := p.Control(outer)
	if why := p.withheld(&control, outer, now); why != reason.None {
		return why
	}
	switch {
	case hasNonce(outer):
		return reason.Nonce
	case slices.Contains(rfc9111.FieldNames(outer["Vary"]), "Cookie") && p.Identifies("Cookie"):
		return reason.VaryCookie
	case slices.ContainsFunc(rfc9111.FieldNames(outer["Vary"]), p.Identifies):
		return reason.VaryCredentials
	}
	return reason.None
}

// hasNonce reports whether a header has a Content-Security-Policy with a nonce, which
// is made for one response and stands in its body, too (CSP Level 3, section 7.1).
func hasNonce(header http.Header) bool {
	for _, name := range [...]string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		for _, line := range header[name] {
			if strings.Contains(strings.ToLower(line), "'nonce-") {
				return true
			}
		}
	}
	return false
}
