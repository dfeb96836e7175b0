package policy

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
)

// MaxVary is how many fields a response may vary on. One that names more might
// as well say Vary: *, and each is a dimension for a client to fill a store in.
const MaxVary = 16

// Unstorable says why a response with this header must not be stored for others,
// or reason.None. Whether it is whole is seen at its end.
func (p *Policy) Unstorable(status int, header http.Header, j *RequestInfo, now time.Time) reason.Reason {
	control := p.Control(header)
	switch {
	case hasManyElements(header["Vary"], ","):
		return reason.VaryAny // before it is compared with what the request has
	case p.Mode != Shared && respwriter.IsNested(header["Cache-Status"]): // a shared cache has other programs behind it
		return reason.Nested
	case header["Set-Cookie"] != nil && !p.StripSetCookie && !p.Literal:
		return reason.SetCookie
	case VariesOnHidden(rfc9111.FieldNames(header["Vary"]), j):
		return reason.VaryHidden
	}
	if p.Mode == Shared {
		return p.unstorableByStandard(status, header, &control, j)
	}
	if hasNonce(header) && !p.Literal {
		return reason.Nonce
	}
	if !p.isWanted(status, &control, header, now) {
		return cmp.Or(upstreamReason(status), reason.Status)
	}
	if why := p.withheld(&control, header, now); why != reason.None {
		return why
	}
	return CredentialsReason(&j.Credentials, control.Permission(), rfc9111.FieldNames(header["Vary"]))
}

// VariesOnHidden reports whether a response depends on a field that the handler
// did not get from the client: what it has seen there, perhaps
// from an inner proxy, the cache cannot see. The host is in the key.
func VariesOnHidden(vary []string, j *RequestInfo) bool {
	return slices.ContainsFunc(vary, func(name string) bool { return name != "Host" && j.Hides(name) })
}

// isWanted reports whether responses with this status are stored: 200, those
// with a lifetime by option, and final ones that give one themselves.
func (p *Policy) isWanted(status int, control *rfc9111.Control, header http.Header, now time.Time) bool {
	ttl, named := p.StatusTTL[status]
	switch {
	case status == http.StatusPartialContent, status == http.StatusNotModified:
		return false
	case named:
		return ttl > 0
	case status == http.StatusOK:
		return true
	case isOfOneRequest(status):
		return false
	}
	f := rfc9111.FreshnessOf(control, status, header, now, p.heuristic())
	return rfc9111.IsUnderstood(status) && f.Source != rfc9111.SourceNone && f.Lifetime > 0
}

// isOfOneRequest reports whether a status says that something was wrong with the
// request, which its URL does not tell: an odd field of one client must not become
// the error of all.
func isOfOneRequest(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestTimeout, http.StatusLengthRequired, http.StatusPreconditionFailed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusRequestedRangeNotSatisfiable,
		http.StatusExpectationFailed, http.StatusMisdirectedRequest, http.StatusUnprocessableEntity, http.StatusTooEarly,
		http.StatusUpgradeRequired, http.StatusPreconditionRequired, http.StatusTooManyRequests, http.StatusRequestHeaderFieldsTooLarge:
		return true
	}
	return false
}

// unstorableByStandard is unstorable for a shared cache, by RFC 9111. Unless it
// is to the letter, a response that is private or says no-cache about some
// fields of its own is not stored without these fields, but not at all.
func (p *Policy) unstorableByStandard(status int, header http.Header, control *rfc9111.Control, j *RequestInfo) reason.Reason {
	x := rfc9111.Candidate{
		Method:        http.MethodGet,
		Authorization: j.Credentials.Authorization,
		NoStore:       j.Directives.NoStore,
		Status:        status,
		Header:        header,
		Control:       *control,
	}
	if why := reasonOf[x.Obstacle()]; why != reason.None && !p.giveLifetime(status, why) {
		if why == reason.NoLifetime {
			why = cmp.Or(upstreamReason(status), why)
		}
		return why
	}
	vary := rfc9111.FieldNames(header["Vary"])
	ttl, named := p.StatusTTL[status]
	switch {
	case named && ttl <= 0, !named && !p.Literal && isOfOneRequest(status):
		return reason.Status
	case len(vary) > MaxVary:
		return reason.VaryAny
	case !p.Literal && control.Private:
		return reason.Private
	}
	if why := CredentialsReason(&j.Credentials, control.Permission(), vary); why != reason.None {
		return why
	}
	return p.useless(status, header, control)
}

// upstreamReason is reason.Upstream for a status by which a proxy says that the next
// server did not answer, and reason.None for others.
func upstreamReason(status int) reason.Reason {
	if status == http.StatusBadGateway || status == http.StatusGatewayTimeout {
		return reason.Upstream
	}
	return reason.None
}

// giveLifetime reports whether an option gives a lifetime to a response that is
// not stored only because it has none.
func (p *Policy) giveLifetime(status int, r reason.Reason) bool {
	return r == reason.NoLifetime && p.StatusTTL[status] > 0
}

// useless says why a response that may be stored would never be served, or
// reason.None: it is stale, and nothing can be done with it then.
func (p *Policy) useless(status int, header http.Header, control *rfc9111.Control) reason.Reason {
	now := time.Now()
	age := rfc9111.InitialAge(header, now, now)
	f := p.Freshness(control, status, header, now, age)
	if f.Lifetime <= age && !rfc9111.MayValidate(header) && f.StaleWhileRevalidate <= 0 && f.StaleIfError <= 0 {
		if f.Source == rfc9111.SourceNone {
			return reason.NoLifetime
		}
		return reason.Expired
	}
	return reason.None
}

// reasonOf are the words of this package for what hinders RFC 9111.
var reasonOf = [...]reason.Reason{
	rfc9111.NoObstacle:             reason.None,
	rfc9111.ObstacleMethod:         reason.Method,
	rfc9111.ObstacleInterim:        reason.Status,
	rfc9111.ObstacleStatus:         reason.Status,
	rfc9111.ObstacleUnderstanding:  reason.Status,
	rfc9111.ObstacleNoStore:        reason.NoStore,
	rfc9111.ObstacleRequestNoStore: reason.RequestNoStore,
	rfc9111.ObstaclePrivate:        reason.Private,
	rfc9111.ObstacleAuthorization:  reason.Credentials,
	rfc9111.ObstacleVary:           reason.VaryAny,
	rfc9111.ObstacleNoFreshness:    reason.NoLifetime,
	rfc9111.ObstaclePartial:        reason.Partial,
}

// withheld says why a header, that of a response or what is there of it before
// the handler runs, keeps the response from being stored for others, or
// reason.None. The case of Set-Cookie is for the latter: for a response, Unstorable
// has returned before.
func (p *Policy) withheld(control *rfc9111.Control, header http.Header, now time.Time) reason.Reason {
	vary, varyAny := rfc9111.VaryNames(header["Vary"])
	switch {
	case control.NoStore:
		return reason.NoStore
	case control.Private && !p.Literal, control.PrivateWhole:
		return reason.Private
	case header["Set-Cookie"] != nil && !p.StripSetCookie && !p.Literal:
		return reason.SetCookie
	case varyAny || len(vary) > MaxVary:
		return reason.VaryAny
	case p.Mode == Shared:
		return reason.None
	case control.NoCache || slices.ContainsFunc(control.NoCacheFields, rfc9111.IsEssential):
		return reason.NoCache
	case isExpired(control, header, now):
		return reason.Expired
	}
	return reason.None
}

// PermitsStoring reports whether a header says nothing that keeps a response from being
// stored, or that it depends on.
func (p *Policy) PermitsStoring(header http.Header) bool {
	for name := range header {
		switch name {
		case "Age", "Cache-Control", "Content-Security-Policy", "Content-Security-Policy-Report-Only",
			"Date", "Expires", "Pragma", "Set-Cookie", "Vary":
			return false
		}
		if slices.Contains(p.Targets, name) {
			return false
		}
	}
	return true
}

// isExpired reports whether a response says of itself that it is stale.
func isExpired(control *rfc9111.Control, header http.Header, now time.Time) bool {
	f := rfc9111.FreshnessOf(control, http.StatusOK, header, now, rfc9111.Heuristic{Max: -1})
	return f.Source != rfc9111.SourceNone && f.Lifetime <= rfc9111.InitialAge(header, now, now)
}
