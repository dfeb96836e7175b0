package policy

import "net/http"

// FieldKind is what a request field means to the cache, or those that a request has mean
// together. Most have few that mean something, and all are found in one walk through the
// header. None is zero.
type FieldKind uint8

const (
	kindUpgrade FieldKind = 1 << iota
	kindConnection
	KindCookie
	kindAuthorization
	kindCredential  // names the user or authenticates the client
	kindCSRF        // proves that the request is not forged; the user has it, too
	kindDirectives  // Cache-Control or Pragma
	KindConditional // a condition or a range

	// KindsOfUser are those by which a response may be one user's own.
	KindsOfUser = kindAuthorization | kindCredential | kindCSRF
)

// Has reports whether a field is of one of these kinds.
func (k FieldKind) Has(kinds FieldKind) bool { return k&kinds != 0 }

// FieldsOf finds the fields of a request that mean something to this policy.
func (p *Policy) FieldsOf(header http.Header) (kinds FieldKind) {
	for name, lines := range header {
		if lines != nil {
			kinds |= p.kindOf(name)
		}
	}
	return kinds
}

// KindOf returns what a request field means, whatever the options of a policy are.
// Those that browsers and proxies send with most requests are told from credentials
// here; what is missing is looked for among the credentials, which takes longer.
func KindOf(name string) FieldKind {
	switch name {
	case "Upgrade":
		return kindUpgrade
	case "Connection":
		return kindConnection
	case "Cookie":
		return KindCookie
	case "Authorization":
		return kindAuthorization
	case "Cache-Control", "Pragma":
		return kindDirectives
	case "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since":
		return KindConditional
	case
		// RFC 9110, and of a browser's fetch.
		"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Content-Length", "Content-Type", "Date", "Expect", "From",
		"Host", "Max-Forwards", "Origin", "Referer", "Te", "Trailer", "Transfer-Encoding", "User-Agent", "Via",
		"Access-Control-Request-Headers", "Access-Control-Request-Method", "Priority", "Upgrade-Insecure-Requests",
		"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-Gpc", "Sec-Purpose",
		"Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Dnt", "Purpose", "Save-Data", "Keep-Alive", "Proxy-Connection",
		"Device-Memory", "Downlink", "Dpr", "Ect", "Rtt", "Viewport-Width", "Width",

		// Of scripts: XMLHttpRequest by convention, htmx, Turbo.
		"X-Requested-With", "Hx-Boosted", "Hx-Current-Url", "Hx-History-Restore-Request", "Hx-Prompt", "Hx-Request", "Hx-Target",
		"Hx-Trigger", "Hx-Trigger-Name", "Turbo-Frame",

		// Of proxies, content delivery networks and tracing.
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-Ip",
		"X-Request-Id", "X-Correlation-Id", "Traceparent", "Tracestate", "Baggage", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context",
		"Cdn-Loop", "Cf-Connecting-Ip", "Cf-Ipcountry", "Cf-Ray", "Cf-Visitor", "True-Client-Ip", "X-Client-Ip":
		return 0
	}
	return kindOfCredential(name)
}

// IsPartial reports whether a request field would make an answer partial or
// empty. Each client's own are applied to the whole answer.
func IsPartial(name string) bool { return KindOf(name) == KindConditional }
