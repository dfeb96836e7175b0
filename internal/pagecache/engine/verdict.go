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

// verdict is what becomes of an entry that was found.
type verdict uint8

const (
	verdictMiss     verdict = iota // it is of no use: the handler runs
	verdictHit                     // it is sent
	verdictStale                   // it is sent, and made anew in the background
	verdictValidate                // it is validated first
	verdictVariant                 // it leads to a variant
	verdictTimeout                 // it had to be validated, and the client forbids that
	verdictBypass                  // it must not be used, nor replaced: the handler runs for this request alone
)

// judged is a verdict with what led to it.
type judged struct {
	verdict verdict
	reason  reason.Reason // of verdictBypass
	cause   rfc9111.Cause // of the others but verdictMiss and verdictVariant
}

// assess decides what becomes of an entry that was found for this request.
func (x *exchange) assess(entry page.Entry) {
	x.now, x.purges = time.Now(), x.purgeList().Known.Load()
	x.page, _ = entry.(*page.Page)
	x.judged, x.assessed = x.verdictOn(entry), entry
}

// verdictOn is asked of every entry, so that neither a collision of keys nor a
// mistake in filling shows one client another's page.
func (x *exchange) verdictOn(entry page.Entry) judged {
	if entry == nil {
		return judged{verdict: verdictMiss}
	}
	key := entry.Canonical()
	isOfURL := bytes.HasPrefix(key, x.canonical[:x.primaryLen])
	switch entry := entry.(type) {
	case *page.Page:
		if bytes.Equal(key, x.canonical) {
			return x.verdictOnPage(entry)
		}
		if isOfURL {
			// For a request that differs in what else is in the key: from now on there
			// are variants, or this one takes the place of another.
			return judged{verdict: verdictMiss}
		}
	case *page.Index:
		if x.depth < maxDepth && bytes.Equal(key, x.indexKey(x.depth)) {
			return judged{verdict: verdictVariant}
		}
		if isOfURL && x.depth > 0 && len(key) > x.fullLen {
			return judged{verdict: verdictMiss} // of another variant that has the same slot
		}
	case *page.Tombstone:
		if isOfURL { // or of one of its variants
			return judged{verdict: verdictMiss}
		}
	}
	return judged{verdict: verdictBypass, reason: reason.Collision}
}

// verdictOnPage is verdictOn for a page whose key is that of the request.
func (x *exchange) verdictOnPage(p *page.Page) judged {
	if why := x.unusable(p); why != reason.None {
		return judged{verdict: verdictBypass, reason: why}
	}
	fresh := p.Fresh
	for i := range x.depth {
		if at := x.steps[i].index.Softened; !at.IsZero() && !p.Requested.After(at) {
			fresh = page.Softened(fresh, p.Age(at))
		}
	}
	switch purged, at := x.purges.Find(x.h.KeyPrefix, x.Target, p.Requested); purged {
	case purge.Hard:
		return judged{verdict: verdictMiss}
	case purge.Soft:
		fresh = page.Softened(fresh, p.Age(at))
	}
	decision, cause := fresh.Reuse(p.Age(x.now), &x.Directives)
	return judged{verdict: verdictOf[decision], cause: cause}
}

var verdictOf = [...]verdict{
	rfc9111.Serve:              verdictHit,
	rfc9111.ServeAndRevalidate: verdictStale,
	rfc9111.Validate:           verdictValidate,
	rfc9111.GatewayTimeout:     verdictTimeout,
}

// unusable says why a page must not be given to this request whatever its age,
// or reason.None.
func (x *exchange) unusable(p *page.Page) reason.Reason {
	if len(p.ContentEncoding) > 0 && !x.h.Literal && !x.acceptsCoding(p.ContentEncoding) {
		return reason.Encoding
	}
	return policy.CredentialsReason(&x.Credentials, p.Sharing.Permission(), p.Vary)
}

// acceptsCoding reports whether the client can read an encoded body.
func (x *exchange) acceptsCoding(contentEncoding []string) bool {
	return rfc9111.AcceptedCodings(x.requestHeader()["Accept-Encoding"]).Accepts(contentEncoding)
}
