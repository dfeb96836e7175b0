package reason

// Reason says why a response did not come from the cache or did not go into
// it. It is the detail of the Cache-Status field, and each is decided in one
// place only.
type Reason uint8

const (
	None Reason = iota

	// Of the request: it bypasses the cache.
	Method      // the method is neither GET nor HEAD
	RequestBody // a GET with a body
	Upgrade     // the request asks for another protocol
	Target      // the request target is not a path
	TTL         // the page's timeout is zero or less
	MaxBody     // a page may be larger than all responses under way together
	When        // an option says that it is not wanted
	Overlong    // it has more fields, cookies or elements of lists than are looked at
	Connection  // Connection takes a field away that pages may depend on

	// Of the response: it is not stored, and not given to others.
	Status     // responses with this status are not stored
	Partial    // it is a part of a representation only
	NoLifetime // nothing says for how long it is fresh
	Upstream   // it is 502 or 504: what the handler has asked did not answer
	RequestNoStore
	Credentials // the request identifies a user, and the response does not say that it is for all
	CSRF        // the same for a token against forged requests
	SetCookie
	NoStore
	Private
	NoCache
	Expired         // the response says itself that it is stale: max-age=0, a past Expires
	VaryAny         // Vary: *
	VaryCredentials // outer middleware says Vary on a field that says who asks, and it is not declared
	VaryCookie      // outer middleware says Vary: Cookie, and nothing is declared about cookies
	Nonce           // outer middleware sends a policy with a nonce
	VaryHidden      // Vary names a field that the handler does not get from the client
	TooLarge        // the body is over the limit
	InFlight        // the responses under way have all the memory that they may have
	Trailers        // it has fields behind its body
	EventStream     // it never ends
	Slow            // the handler took too long to know that nothing was invalidated
	Hijacked        // the handler took the connection
	Truncated       // fewer bytes than Content-Length
	HandlerError
	NoResponse // the handler wrote nothing, and somebody wrote past the cache
	Nested     // an inner CachePage has the response
	Loop       // it redirects the request to itself

	// Of what was found: the handler runs for this request alone.
	NotShared    // waited for a response that turned out not to be for others
	Uncacheable  // the last response to this request was not to be stored
	Collision    // the entry under this key is of another request
	Encoding     // the client does not accept the entry's content coding
	Recursive    // the handler asks for its own page
	StoreRefused // the cache's backend does not take the page
	StoreError   // the cache's backend failed
	UnknownAlias // there is no cache of that name
	Left         // the request ended before there was an answer
	Timeout      // its time was over before there was an answer
	MaxWait      // waited long enough for another request's run
	Purged       // the run in progress started before a purge
	Unstable     // what others made was of no use to this request
	OnlyIfCached

	// Of a stale page.
	StaleIfError // it is served instead of a failure
)

// Text explains the word of a reason.
type Text struct {
	Detail string // the word
	Means  string // the cause, as a sentence without a full stop
	Rule   string // the section of an RFC, or the option, that has the rule
	Advice string // what to do about it, if that is not wanted
}

// basis is what a reason derives from.
type basis uint8

const (
	ofRequest  basis = iota + 1 // what this request says: it is never remembered, not even for the next like it
	ofResponse                  // what the handler says: requests that are alike will probably fare the same for a while
	ofMoment                    // a failure, a time or what others do: the next may fare otherwise
)

// IsLasting reports whether a response that is not stored for this reason is remembered.
func (r Reason) IsLasting() bool { return bases[r] == ofResponse }

// bases are what the reasons derive from. What derives from both, as credentials do, is
// remembered for requests that are alike in that.
var bases = [len(Texts)]basis{
	Method:          ofRequest,
	RequestBody:     ofRequest,
	Upgrade:         ofRequest,
	Target:          ofRequest,
	TTL:             ofResponse,
	MaxBody:         ofResponse,
	When:            ofRequest,
	Overlong:        ofRequest,
	Connection:      ofRequest,
	Status:          ofResponse,
	Partial:         ofResponse,
	NoLifetime:      ofResponse,
	Upstream:        ofMoment,
	RequestNoStore:  ofRequest,
	Credentials:     ofResponse,
	CSRF:            ofResponse,
	SetCookie:       ofResponse,
	NoStore:         ofResponse,
	Private:         ofResponse,
	NoCache:         ofResponse,
	Expired:         ofResponse,
	VaryAny:         ofResponse,
	VaryCookie:      ofResponse,
	VaryCredentials: ofResponse,
	Nonce:           ofResponse,
	VaryHidden:      ofResponse,
	TooLarge:        ofResponse,
	InFlight:        ofMoment,
	Trailers:        ofResponse,
	EventStream:     ofResponse,
	Slow:            ofMoment,
	Hijacked:        ofResponse,
	Truncated:       ofMoment,
	HandlerError:    ofMoment,
	NoResponse:      ofResponse,
	Nested:          ofResponse,
	Loop:            ofResponse,
	NotShared:       ofMoment,
	Uncacheable:     ofMoment,
	Collision:       ofMoment,
	Encoding:        ofRequest,
	Recursive:       ofMoment,
	StoreRefused:    ofMoment,
	StoreError:      ofMoment,
	UnknownAlias:    ofMoment,
	Left:            ofMoment,
	Timeout:         ofMoment,
	MaxWait:         ofMoment,
	Purged:          ofMoment,
	Unstable:        ofMoment,
	OnlyIfCached:    ofRequest,
	StaleIfError:    ofMoment,
}

// String returns the word.
func (r Reason) String() string { return Texts[r].Detail }

// Texts are the texts of all, in the order in which a request may meet with them.
var Texts = [...]Text{
	Method: {
		"method", "the method is neither GET nor HEAD",
		"RFC 9111, section 3", "Nothing. Use GET for requests that only read. A successful change invalidates the page of its URL.",
	},
	RequestBody: {
		"request-body", "a GET with a body, which is not in the key",
		"RFC 9110, section 9.3.1", "Send the parameters in the query.",
	},
	Upgrade: {
		"upgrade", "the request asks for another protocol, such as WebSocket",
		"RFC 9110, section 7.8", "Nothing: a connection cannot be stored.",
	},
	Target: {
		"target", "the request target is not a path",
		"RFC 9112, section 3.2", "Nothing: OPTIONS * and CONNECT name no page.",
	},
	TTL: {
		"ttl", "the page's timeout is zero or less",
		"CachePage", "Give CachePage a ttl above zero, unless you meant to switch it off.",
	},
	MaxBody: {
		"max-body", "MaxBody of the page is more than max_in_flight, so the page might never be stored; the log says so",
		"max_in_flight", "Lower MaxBody, or raise max_in_flight of alias default.",
	},
	When: {
		"when", "the option When excludes the request from the cache",
		"When", "See the function that was given to When.",
	},
	Overlong: {
		"overlong", "the request has more than 256 fields, cookies, query parameters or elements in one list, or a target of more than 32 KiB",
		"RFC 9110, section 5.4", "Nothing: browsers send a dozen. A page with that many query parameters is cached if no option looks at them.",
	},
	Connection: {
		"connection", "Connection names another field of the request, which the handler of a stored page must not get",
		"RFC 9110, section 7.6.1", "Nothing: it is the client's wish. It gets what is stored, and its request brings nothing into the cache.",
	},
	Status: {
		"status", "responses with this status code are not stored",
		"RFC 9111, section 3", "Give the status a lifetime with StatusTTL, or make the handler send max-age.",
	},
	Partial: {
		"partial", "the handler answered with a part of the page only",
		"RFC 9111, section 3.4", "Answer a request without Range with the whole page; larder cuts out the range of each client.",
	},
	NoLifetime: {
		"no-lifetime", "the response has no lifetime",
		"RFC 9111, section 4.2", "Make the origin send max-age, s-maxage or Last-Modified, or set DefaultTTL.",
	},
	Upstream: {
		"upstream", "the response is 502 or 504: the server that the handler has asked did not answer",
		"RFC 9110, section 15.6.3", "See the log of the handler, and whether that server runs.",
	},
	RequestNoStore: {
		"request-no-store", "the client says no-store",
		"RFC 9111, section 5.2.1.5", "Nothing: it is the client's wish. CachePage and Site ignore it, unless HeedRequests is set.",
	},
	Credentials: {
		"credentials", "the request has a cookie, a certificate, Authorization or another field that identifies the user, and the response does not say that it may be shared",
		"RFC 9111, section 3.5", "Explain names the fields. Declare cookies with IgnoreCookies or VaryByCookie, fields with VaryByHeader or IgnoreHeaders; or make the handler send public or Vary, if the page is the same for all.",
	},
	CSRF: {
		"csrf-token", "the request has a token against forged requests, such as X-CSRF-Token, which belongs to a session",
		"CredentialHeaders", "Make scripts send the token with POST, PUT, PATCH and DELETE only; or declare the field with IgnoreHeaders, if no page has the token in it.",
	},
	SetCookie: {
		"set-cookie", "the response, or outer middleware, sets a cookie",
		"RFC 9111, section 7.3", "Set cookies on other pages; or use StripSetCookie, if the cookie does not matter to clients that get the stored page.",
	},
	NoStore: {
		"no-store", "the response says no-store",
		"RFC 9111, section 5.2.2.5", "Remove it from the handler, or from middleware such as NeverCache, if the page may be stored.",
	},
	Private: {
		"private", "the response says private",
		"RFC 9111, section 5.2.2.7", "Remove it, if the page is the same for all.",
	},
	NoCache: {
		"no-cache", "the response says no-cache",
		"RFC 9111, section 5.2.2.4", "Remove it; max-age is for browsers, and s-maxage for this cache.",
	},
	Expired: {
		"expired", "the response says that it is stale: max-age=0, a past Expires, an Age over its lifetime",
		"RFC 9111, section 4.2", "Send s-maxage beside max-age=0, or a lifetime above zero; look for a max-age that is malformed or sent twice.",
	},
	VaryAny: {
		"vary-any", "Vary is *, is malformed, or names more than 16 fields",
		"RFC 9111, section 4.1", "Name the fields that matter, in Vary or with VaryByHeader and VaryBy.",
	},
	VaryCookie: {
		"vary-cookie", "outer middleware sends Vary: Cookie, as session middleware does, so the page may be one user's",
		"RFC 9111, section 4.1", "Declare what cookies mean to the page with VaryByCookie, or with IgnoreCookies and VaryBy; or put the page outside that middleware.",
	},
	Nonce: {
		"nonce", "the handler, or outer middleware, has set a Content-Security-Policy with a nonce, which is made for one response",
		"CSP Level 3, section 7.1", "Use hashes instead of nonces on cached pages.",
	},
	VaryCredentials: {
		"vary-credentials", "outer middleware names in Vary a field that identifies the user, and the page does not declare it",
		"VaryByHeader", "Declare the field with VaryByHeader, or the user with VaryBy; or put the page outside that middleware.",
	},
	VaryHidden: {
		"vary-hidden", "Vary names a field that the handler does not get: a condition, Range, a forwarded field of a peer that is not trusted, or one of IgnoreHeaders",
		"TrustProxies", "Name the proxy in TrustProxies, or do not vary on the field.",
	},
	TooLarge: {
		"too-large", "the body is longer than the limit",
		"MaxBody", "Raise MaxBody, if the cache is large enough.",
	},
	InFlight: {
		"in-flight", "the responses in progress use all the memory that max_in_flight allows, so this one went to its client alone",
		"max_in_flight", "Raise max_in_flight, if the program has the memory; see which clients read slowly, and limit their time by http.Server's WriteTimeout.",
	},
	Trailers: {
		"trailers", "the response has trailers",
		"RFC 9110, section 6.5", "Send the fields in the header, if the response is to be stored.",
	},
	EventStream: {
		"event-stream", "the response is a stream of server-sent events, which has no end",
		"RFC 9111, section 3.3", "Nothing.",
	},
	Slow: {
		"slow", "the handler took more than five minutes, and may have missed a purge",
		"Purge", "Make it faster, or store what it computes in the data cache.",
	},
	Hijacked: {
		"hijacked", "the handler took over the connection; this detail is never sent, but later requests say uncacheable",
		"http.Hijacker", "Nothing: a connection cannot be stored.",
	},
	Truncated: {
		"truncated", "the body is shorter than Content-Length says",
		"RFC 9111, section 3.3", "Correct the handler, or see why the upstream server stopped sending.",
	},
	HandlerError: {
		"handler-error", "the handler reported a failure, by an error or by a second status",
		"http.ResponseWriter", "See the handler's error. Render a template into memory first, so that an error comes before the status.",
	},
	NoResponse: {
		"no-response", "the handler has written to another ResponseWriter than the one that it was given",
		"http.Handler", "Write to the ResponseWriter that the handler gets. In gin, see HandleContext.",
	},
	Nested: {
		"nested", "an inner cache of larder answers the request, or a part of it",
		"CachePage", "Nothing: the inner cache stores it, by its own key and for its own time, from the next request on. To store it in the outer one, remove the inner one.",
	},
	Loop: {
		"redirect-to-itself", "the handler redirects to the URL that was requested, mostly to https or another host, behind a proxy whose fields it does not get",
		"TrustProxies, HostAliases", "Name the proxy in TrustProxies: its X-Forwarded-Proto and X-Forwarded-Host are then a part of the key, and the handler gets them. With HostAliases, give the name first from which the handler does not redirect. Until then, such requests bypass the cache.",
	},
	NotShared: {
		"not-shared", "the request waited for the response to another, which could not be shared",
		"RFC 9111, section 4", "See the detail of the other response.",
	},
	Uncacheable: {
		"uncacheable", "the last response for this page, in the last ten seconds, could not be stored, so requests do not wait for another",
		"RFC 9111, section 4", "See larder-cause, which is the detail of that response.",
	},
	Collision: {
		"collision", "the entry under the page's key belongs to another request",
		"RFC 9111, section 4", "Look for another program that writes into the cache. No wrong page is sent.",
	},
	Encoding: {
		"encoding", "the client does not accept the content coding of the stored page",
		"RFC 9110, section 12.5.3", "Make the handler send Vary: Accept-Encoding; both forms are then stored.",
	},
	Recursive: {
		"recursive", "the handler asks for its own page",
		"CachePage", "Do not request a page in its own handler.",
	},
	StoreRefused: {
		"store-refused", "the backend refused this page, now or the last time, because it is too large",
		"Alias", "Raise the backend's limit (memcached -I, max_value_size, max_value_bytes, max_bytes), compress the alias, or store such pages in another alias.",
	},
	StoreError: {
		"store-error", "the cache failed; the log says how",
		"Lifecycle", "Check that Lifecycle is outside the page, and that the server of its alias answers.",
	},
	UnknownAlias: {
		"unknown-alias", "the option Alias names a cache that the request's caches do not have; the log says which there are",
		"Alias", "Name an alias of the settings, or add this one to them.",
	},
	Left: {
		"left", "the request ended before there was an answer",
		"CachePage", "Nothing: the client went away.",
	},
	Timeout: {
		"timeout", "the time-out of outer middleware ended before there was an answer",
		"http.TimeoutHandler", "Give that middleware more time than the handler needs.",
	},
	MaxWait: {
		"patience", "the request has waited for the run of another as long as MaxWait allows",
		"MaxWait", "Make the handler faster, or raise MaxWait.",
	},
	Purged: {
		"purged", "the run in progress started before a purge",
		"PurgePrefix", "Nothing: later responses are stored.",
	},
	Unstable: {
		"unstable", "the responses of other requests repeatedly did not match this one",
		"RFC 9111, section 4.1", "Send the same Vary with every response of a URL; check whether it is purged very often.",
	},
	OnlyIfCached: {
		"only-if-cached", "the client accepts only a stored response, and there is none that may be served",
		"RFC 9111, section 5.2.1.7", "Nothing: it is the client's wish.",
	},
	StaleIfError: {
		"stale-if-error", "the handler failed, and a stale page was served",
		"RFC 5861, section 4", "See why the handler fails; Grace and stale-if-error limit how long the stale page is served.",
	},
}
