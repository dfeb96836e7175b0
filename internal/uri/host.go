package uri

import "strings"

// Host returns the normal form of a host and its port as they were received: in lower
// case, and without a port that is empty or the scheme's own (RFC 3986, sections
// 6.2.2.1 and 6.2.3). scheme is http or https.
func Host(scheme, host string) string {
	host = strings.ToLower(host)
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || colon < strings.LastIndexByte(host, ']') {
		return host
	}
	switch port := host[colon+1:]; {
	case port == "", port == "80" && scheme != "https", port == "443" && scheme == "https":
		return host[:colon]
	}
	return host
}
