package middleware

// reason says why a response did not come from the cache or did not go into
// it. It is the detail of the Cache-Status field, and each is decided in one
// place only.
type reason uint8

const (
	reasonNone reason = iota

	// Of the request: it goes past the cache.
	reasonMethod      // the method is neither GET nor HEAD
	reasonRequestBody // a GET with a body
	reasonUpgrade     // the request asks for another protocol
	reasonTarget      // the request target is not a path
	reasonTTL         // the page's timeout is zero or less
	reasonWhen        // an option says that it is not wanted

	// Of the response: it is not stored, and not given to others.
	reasonStatus     // responses with this status are not stored
	reasonPartial    // it is a part of a representation only
	reasonNoLifetime // nothing says for how long it is fresh
	reasonRequestNoStore
	reasonCredentials // the request identifies a user, and the response does not say that it is for all
	reasonSetCookie
	reasonNoStore
	reasonPrivate
	reasonNoCache
	reasonExpired     // the response says itself that it is stale: max-age=0, a past Expires
	reasonVaryAny     // Vary: *
	reasonVaryHidden  // Vary names a field that the handler does not get from the client
	reasonTooLarge    // the body is over the limit
	reasonTrailers    // it has fields behind its body
	reasonEventStream // it never ends
	reasonSlow        // the handler took too long to know that nothing was invalidated
	reasonHijacked    // the handler took the connection
	reasonTruncated   // fewer bytes than Content-Length
	reasonNested      // a CachePage further in has the response

	// Of what was found: the handler runs for this request alone.
	reasonNotShared   // waited for a response that turned out not to be for others
	reasonUncacheable // the last response to this request was not to be stored
	reasonCollision   // the entry under this key is of another request
	reasonEncoding    // the client does not accept the entry's content coding
	reasonVaryChange  // the response varies on more than was known
	reasonRecursive   // the handler asks for its own page
	reasonStoreError  // the cache's backend failed
	reasonLeft        // the request ended before there was an answer
	reasonPatience    // waited long enough for another request's run
	reasonPurged      // the run that was under way began before a purge
	reasonUnstable    // what others made was of no use to this request
	reasonOnlyIfCached

	// Of a stale page.
	reasonStaleIfError // it is served in place of a failure
)

var reasonNames = [...]string{
	reasonMethod:      "method",
	reasonRequestBody: "request-body",
	reasonUpgrade:     "upgrade",
	reasonTarget:      "target",
	reasonTTL:         "ttl",
	reasonWhen:        "when",
	reasonStatus:      "status",
	reasonCredentials: "credentials",
	reasonSetCookie:   "set-cookie",
	reasonNoStore:     "no-store",
	reasonPrivate:     "private",
	reasonNoCache:     "no-cache",
	reasonExpired:     "expired",
	reasonVaryAny:     "vary-any",
	reasonVaryHidden:  "vary-hidden",
	reasonTooLarge:    "too-large",
	reasonTrailers:    "trailers",
	reasonEventStream: "event-stream",
	reasonSlow:        "slow",
	reasonHijacked:    "hijacked",
	reasonTruncated:   "truncated",
	reasonNested:      "nested",
	reasonNotShared:   "not-shared",
	reasonUncacheable: "uncacheable",
	reasonCollision:   "collision",
	reasonEncoding:    "encoding",
	reasonVaryChange:  "vary-change",
	reasonRecursive:   "recursive",
	reasonStoreError:  "store-error",
	reasonLeft:        "left",

	reasonPatience:       "patience",
	reasonPurged:         "purged",
	reasonUnstable:       "unstable",
	reasonOnlyIfCached:   "only-if-cached",
	reasonStaleIfError:   "stale-if-error",
	reasonPartial:        "partial",
	reasonNoLifetime:     "no-lifetime",
	reasonRequestNoStore: "request-no-store",
}

func (r reason) String() string { return reasonNames[r] }
