package middleware

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/pagecache/reason"

	"github.com/larder-go/larder/internal/pagecache/respwriter"

	"github.com/larder-go/larder/internal/rfc9111"
)

// maxVary is how many fields a response may vary on. One that names more might
// as well say Vary: *, and each is a dimension for a client to fill a store in.
const maxVary = 16

// unstorable says why a response with this header must not be stored for others,
// or reasonNone. Whether it is whole is seen at its end.
func (p *policy) unstorable(status int, header http.Header, j *judgement, now time.Time) reason.Reason {
	control := p.control(header)
	switch {
	case hasManyElements(header["Vary"], ","):
		return reason.VaryAny // before it is compared with what the request has
	case p.face != shared && respwriter.IsNested(header["Cache-Status"]): // a shared cache has other programs behind it
		return reason.Nested
	case header["Set-Cookie"] != nil && !p.stripSetCookie && !p.literal:
		return reason.SetCookie
	case variesOnHidden(rfc9111.FieldNames(header["Vary"]), j):
		return reason.VaryHidden
	}
	if p.face == shared {
		return p.unstorableByStandard(status, header, &control, j)
	}
	if hasNonce(header) && !p.literal {
		return reason.Nonce
	}
	if !p.isWanted(status, &control, header, now) {
		return cmp.Or(upstreamReason(status), reason.Status)
	}
	if why := p.withheld(&control, header, now); why != reason.None {
		return why
	}
	return credentialsReason(&j.credentials, control.Permission(), rfc9111.FieldNames(header["Vary"]))
}

// variesOnHidden reports whether a response depends on a field that the handler
// did not get from the client: what it has seen there, from a proxy further in
// perhaps, the cache cannot see. The host is in the key.
func variesOnHidden(vary []string, j *judgement) bool {
	return slices.ContainsFunc(vary, func(name string) bool { return name != "Host" && j.hides(name) })
}

// isWanted reports whether responses with this status are stored: 200, those
// with a lifetime by option, and final ones that give one themselves.
func (p *policy) isWanted(status int, control *rfc9111.Control, header http.Header, now time.Time) bool {
	ttl, named := p.statusTTL[status]
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
func (p *policy) unstorableByStandard(status int, header http.Header, control *rfc9111.Control, j *judgement) reason.Reason {
	x := rfc9111.Exchange{
		Method:        http.MethodGet,
		Authorization: j.credentials.Authorization,
		NoStore:       j.directives.NoStore,
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
	ttl, named := p.statusTTL[status]
	switch {
	case named && ttl <= 0, !named && !p.literal && isOfOneRequest(status):
		return reason.Status
	case len(vary) > maxVary:
		return reason.VaryAny
	case !p.literal && control.Private:
		return reason.Private
	}
	if why := credentialsReason(&j.credentials, control.Permission(), vary); why != reason.None {
		return why
	}
	return p.useless(status, header, control)
}

// upstreamReason is reasonUpstream for a status by which a proxy says that the next
// server did not answer, and reasonNone for others.
func upstreamReason(status int) reason.Reason {
	if status == http.StatusBadGateway || status == http.StatusGatewayTimeout {
		return reason.Upstream
	}
	return reason.None
}

// giveLifetime reports whether an option gives a lifetime to a response that is
// not stored only because it has none.
func (p *policy) giveLifetime(status int, r reason.Reason) bool {
	return r == reason.NoLifetime && p.statusTTL[status] > 0
}

// useless says why a response that may be stored would never be served, or
// reasonNone: it is stale, and nothing can be done with it then.
func (p *policy) useless(status int, header http.Header, control *rfc9111.Control) reason.Reason {
	now := time.Now()
	age := rfc9111.InitialAge(header, now, now)
	f := p.freshness(control, status, header, now, age)
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
// reasonNone.
func (p *policy) withheld(control *rfc9111.Control, header http.Header, now time.Time) reason.Reason {
	vary, varyAny := rfc9111.VaryNames(header["Vary"])
	switch {
	case control.NoStore:
		return reason.NoStore
	case control.Private && !p.literal, control.PrivateWhole:
		return reason.Private
	case header["Set-Cookie"] != nil && !p.stripSetCookie && !p.literal:
		return reason.SetCookie
	case varyAny || len(vary) > maxVary:
		return reason.VaryAny
	case p.face == shared:
		return reason.None
	case control.NoCache || slices.ContainsFunc(control.NoCacheFields, rfc9111.IsEssential):
		return reason.NoCache
	case isExpired(control, header, now):
		return reason.Expired
	}
	return reason.None
}

// isSilent reports whether a header says nothing that keeps a response from being
// stored, or that it depends on.
func (p *policy) isSilent(header http.Header) bool {
	for name := range header {
		switch name {
		case "Age", "Cache-Control", "Content-Security-Policy", "Content-Security-Policy-Report-Only",
			"Date", "Expires", "Pragma", "Set-Cookie", "Vary":
			return false
		}
		if slices.Contains(p.targets, name) {
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
