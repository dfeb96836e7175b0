package engine

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/respwriter"
	"github.com/larder-go/larder/internal/rfc9111"
	"github.com/larder-go/larder/internal/uri"
)

// What was taken out of a request for a run that others may join is put back if the
// response turns out to be for the client that started it, and without that it is not the
// response which that client asked for: then the handler answers the request as it came.
// That takes a second run, so it is done for what cannot be applied to the response: a
// range, which is the handler's to cut, and fields of proxies on which a redirect depends.
// Conditions are applied, see [recorder.direct]. Other fields of proxies are left out of a
// first response as of those that are stored: nobody can tell whether it depends on them.

// putsBack reports whether the client is to have another answer than the response that
// has begun, which is not shared.
func (u *run) putsBack() bool { return u.x.w != nil && (u.isLoop || u.lacksRange()) }

// lacksRange reports whether a response is the whole, and the client wants a part.
func (u *run) lacksRange() bool {
	x := u.x
	if u.status != http.StatusOK || x.r.Method != http.MethodGet || !x.Fields.Has(policy.KindConditional) || x.r.Header["Range"] == nil {
		return false
	}
	validators := rfc9111.ValidatorsOf(u.recorder.sent, u.requested)
	return x.h.conditions(x.r, &validators) == rfc9111.OutcomeProceed
}

// putBack makes answerAsItCame answer the request after the handler has returned, and
// cancels the run; mu is held.
func (w *recorder) putBack() {
	w.mode = modeDirect
	w.sendHeld()
	w.stop(stoppedToPutBack)
}

// answerAsItCame runs the handler again, for this client alone.
func (x *requestFlow) answerAsItCame(u *run) {
	if x.r.Context().Err() != nil {
		x.unanswered()
		return
	}
	why := x.forward()
	if x.wantsPart() {
		why = forwardPartial
	}
	x.pass(why, u.reason)
}

// loop says of a response whether it redirects the request to the URL that its client has
// asked for. Usually the handler does not know that URL: it redirects http to https, or one
// host to another, behind a proxy that has the connection to the client, and does not get
// the field that says so, since TrustProxies does not name the proxy.
type loop uint8

const (
	noLoop     loop = iota
	loopForOne      // if X-Forwarded-Host of a peer that is not trusted is right
	loopForAll
)

// redirectsToItself returns what a response is. The scheme is known only if a trusted
// proxy has said it, so otherwise the other one is that of the request, too.
func (x *requestFlow) redirectsToItself(status int, header http.Header) loop {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return noLoop
	}
	base, err := url.Parse(x.Target.Scheme + "://" + x.Target.Host + x.Target.Received())
	if err != nil || x.h.Literal || len(header["Location"]) == 0 {
		return noLoop
	}
	to, err := base.Parse(respwriter.Single(header["Location"]))
	if err != nil || to.Opaque != "" {
		return noLoop
	}
	is := x.h.NewTarget(to.Scheme, to.Host, cmp.Or(to.EscapedPath(), "/"), to.RawQuery)
	switch {
	case is.Received() != x.Target.Received(), x.Trusted && is.Scheme != x.Target.Scheme:
		return noLoop
	case is.Host == uri.Host(is.Scheme, x.Target.Host):
		return loopForAll
	case !x.Trusted && x.saysHost(is):
		return loopForOne
	}
	return noLoop
}

// saysHost reports whether the host of a target is what the request has in
// X-Forwarded-Host.
func (x *requestFlow) saysHost(t policy.Target) bool {
	for _, line := range x.requestHeader()["X-Forwarded-Host"] {
		for host := range strings.SplitSeq(line, ",") {
			if t.Host == uri.Host(t.Scheme, strings.TrimSpace(host)) {
				return true
			}
		}
	}
	return false
}

// hiddenOfURL returns the fields of the request that say what URL the client has asked
// for, and which the handler did not get as they were.
func (x *requestFlow) hiddenOfURL() (names []string) {
	for name := range x.requestHeader() {
		if policy.SaysURL(policy.WithHyphens(name)) && x.Hides(name) {
			names = append(names, name)
		}
	}
	if x.h.Hosts.Folds(x.Target.Scheme, x.r.Host) {
		names = append(names, "Host")
	}
	slices.Sort(names)
	return names
}

// warnOfLoop says once which option is missing, or wrong.
func (h *Handler) warnOfLoop(ctx context.Context, r *http.Request, hidden []string) {
	if !h.hasWarnedOfLoop.CompareAndSwap(false, true) {
		return
	}
	cure := "name the proxy in TrustProxies, so that its pages can be cached"
	if slices.Contains(hidden, "Host") {
		cure = "give HostAliases the name first from which the handler does not redirect, so that its pages can be cached"
	}
	Logger(ctx).WarnContext(ctx, "larder: a handler redirects to the URL that was requested, and does not get the fields that say so: "+cure,
		"peer", r.RemoteAddr, "path", r.URL.Path, "fields", strings.Join(hidden, ", "))
}
