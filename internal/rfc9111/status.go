package rfc9111

import "net/http"

// IsHeuristicallyCacheable reports whether a response with this status code may
// be stored and given a heuristic lifetime though it says nothing of caching
// (RFC 9110, section 15.1; for 451 RFC 7725, section 3).
func IsHeuristicallyCacheable(status int) bool {
	switch status {
	case http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusPartialContent,
		http.StatusMultipleChoices, http.StatusMovedPermanently, http.StatusPermanentRedirect,
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusRequestURITooLong,
		http.StatusUnavailableForLegalReasons, http.StatusNotImplemented:
		return true
	}
	return false
}

// IsFinal reports whether a status code ends the exchange: it is none of the
// interim ones, 1xx, and is a status code at all (RFC 9110, section 15).
func IsFinal(status int) bool { return status >= 200 && status <= 599 }

// IsUnderstood reports whether this cache knows a final status code and what it
// asks of caches, as must-understand requires (section 5.2.2.3). That is all of
// RFC 9110 but 206 and 304, which are never stored as they came, and 451.
func IsUnderstood(status int) bool {
	switch status {
	case http.StatusPartialContent, http.StatusNotModified, http.StatusTeapot, 306:
		return false
	case http.StatusMisdirectedRequest, http.StatusUnprocessableEntity, http.StatusUpgradeRequired,
		http.StatusUnavailableForLegalReasons:
		return true
	}
	return status >= 200 && status <= 205 || status >= 300 && status <= 308 ||
		status >= 400 && status <= 417 || status >= 500 && status <= 505
}

// isNeverStored reports whether a status code forbids all caches to store the
// response (RFC 6585, sections 3 to 6).
func isNeverStored(status int) bool {
	switch status {
	case http.StatusPreconditionRequired, http.StatusTooManyRequests,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusNetworkAuthenticationRequired:
		return true
	}
	return false
}

// isError reports whether a response says that the request failed (section
// 4.4): it is neither 2xx nor 3xx.
func isError(status int) bool { return status < 200 || status > 399 }
