package rfc9111

// IsSafe reports whether a method changes nothing at the origin (RFC 9110,
// section 9.2.1): it is one of the safe methods of that section, of WebDAV (RFC
// 4918, RFC 3253, RFC 5323), or QUERY. Any other, known or not, may change
// something. Methods are compared with regard to case.
func IsSafe(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY":
		return true
	}
	return false
}
