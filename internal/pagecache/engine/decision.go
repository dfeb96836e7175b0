package engine

import (
	"bytes"
	"time"

	"github.com/larder-go/larder/internal/pagecache/page"
	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/pagecache/purge"
	"github.com/larder-go/larder/internal/pagecache/reason"
	"github.com/larder-go/larder/internal/rfc9111"
)

// decision is what becomes of an entry that was found.
type decision uint8

const (
	decisionMiss     decision = iota // it is of no use: the handler runs
	decisionHit                      // it is sent
	decisionStale                    // it is sent, and refreshed in the background
	decisionValidate                 // it is validated first
	decisionVariant                  // it leads to a variant
	decisionTimeout                  // it had to be validated, and the client forbids that
	decisionBypass                   // it must not be used, nor replaced: the handler runs for this request alone
)

// decided is a decision with what led to it.
type decided struct {
	decision decision
	reason   reason.Reason // of decisionBypass
	cause    rfc9111.Cause // of the others but decisionMiss and decisionVariant
}

// decide decides what becomes of an entry that was found for this request, and notes it.
func (x *requestFlow) decide(entry page.Entry) {
	x.now, x.purges = time.Now(), x.purgeList().Known.Load()
	x.page, _ = entry.(*page.Page)
	x.decided, x.decidedOn = x.decideOn(entry), entry
}

// decideOn is called for every entry, so that neither a collision of keys nor a
// mistake in filling shows one client another's page.
func (x *requestFlow) decideOn(entry page.Entry) decided {
	if entry == nil {
		return decided{decision: decisionMiss}
	}
	key := entry.Canonical()
	isOfURL := bytes.HasPrefix(key, x.canonical[:x.primaryLen])
	switch entry := entry.(type) {
	case *page.Page:
		if bytes.Equal(key, x.canonical) {
			return x.decideOnPage(entry)
		}
		if isOfURL {
			// For a request that differs in what else is in the key: from now on there
			// are variants, or this one replaces another.
			return decided{decision: decisionMiss}
		}
	case *page.Index:
		if x.depth < maxDepth && bytes.Equal(key, x.indexKey(x.depth)) {
			return decided{decision: decisionVariant}
		}
		if isOfURL && x.depth > 0 && len(key) > x.fullLen {
			return decided{decision: decisionMiss} // of another variant that has the same slot
		}
	case *page.Tombstone:
		if isOfURL { // or of one of its variants
			return decided{decision: decisionMiss}
		}
	}
	return decided{decision: decisionBypass, reason: reason.Collision}
}

// decideOnPage is decideOn for a page whose key is that of the request.
func (x *requestFlow) decideOnPage(p *page.Page) decided {
	if why := x.unusable(p); why != reason.None {
		return decided{decision: decisionBypass, reason: why}
	}
	fresh := p.Fresh
	for i := range x.depth {
		if at := x.steps[i].index.MarkedStale; !at.IsZero() && !p.Requested.After(at) {
			fresh = page.MarkedStale(fresh, p.Age(at))
		}
	}
	switch purged, at := x.purges.Find(x.h.KeyPrefix, x.Target, p.Requested); purged {
	case purge.Hard:
		return decided{decision: decisionMiss}
	case purge.Soft:
		fresh = page.MarkedStale(fresh, p.Age(at))
	}
	decision, cause := fresh.Reuse(p.Age(x.now), &x.Directives)
	return decided{decision: decisionOf[decision], cause: cause}
}

var decisionOf = [...]decision{
	rfc9111.Serve:              decisionHit,
	rfc9111.ServeAndRevalidate: decisionStale,
	rfc9111.Validate:           decisionValidate,
	rfc9111.GatewayTimeout:     decisionTimeout,
}

// unusable says why a page must not be given to this request whatever its age,
// or reason.None.
func (x *requestFlow) unusable(p *page.Page) reason.Reason {
	if len(p.ContentEncoding) > 0 && !x.h.Literal && !x.acceptsCoding(p.ContentEncoding) {
		return reason.Encoding
	}
	return policy.CredentialsReason(&x.Credentials, p.Sharing.Permission(), p.Vary)
}

// acceptsCoding reports whether the client can read an encoded body.
func (x *requestFlow) acceptsCoding(contentEncoding []string) bool {
	return rfc9111.AcceptedCodings(x.requestHeader()["Accept-Encoding"]).Accepts(contentEncoding)
}
