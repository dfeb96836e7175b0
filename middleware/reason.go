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

	// Of the response: it is not stored, and not given to others.
	reasonStatus      // the status is not 200
	reasonCredentials // the request identifies a user, and the response does not say that it is for all
	reasonSetCookie
	reasonNoStore
	reasonPrivate
	reasonNoCache
	reasonExpired   // the response says itself that it is stale: max-age=0, a past Expires
	reasonVaryAny   // Vary: *
	reasonTooLarge  // the body is over the limit
	reasonStreamed  // the handler flushed, announced trailers or sent an event stream
	reasonHijacked  // the handler took the connection
	reasonTruncated // fewer bytes than Content-Length
	reasonNested    // a CachePage further in has the response

	// Of what was found: the handler runs for this request alone.
	reasonNotShared   // waited for a response that turned out not to be for others
	reasonUncacheable // the last response to this request was not to be stored
	reasonCollision   // the entry under this key is of another request
	reasonEncoding    // the client does not accept the entry's content coding
	reasonVaryChange  // the response varies on more than was known
	reasonRecursive   // the handler asks for its own page
	reasonStoreError  // the cache's backend failed
	reasonLeft        // the request ended before there was an answer
)

var reasonNames = [...]string{
	reasonMethod:      "method",
	reasonRequestBody: "request-body",
	reasonUpgrade:     "upgrade",
	reasonTarget:      "target",
	reasonTTL:         "ttl",
	reasonStatus:      "status",
	reasonCredentials: "credentials",
	reasonSetCookie:   "set-cookie",
	reasonNoStore:     "no-store",
	reasonPrivate:     "private",
	reasonNoCache:     "no-cache",
	reasonExpired:     "expired",
	reasonVaryAny:     "vary-any",
	reasonTooLarge:    "too-large",
	reasonStreamed:    "streamed",
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
}

func (r reason) String() string { return reasonNames[r] }
