package uri

import (
	"net/netip"
	"strings"
)

// Host returns the normal form of a host and its port as they were received: in lower
// case, an address of IPv6 as RFC 5952 writes it, the port without leading zeros, and
// without a port that is empty or the scheme's own (RFC 3986, sections 6.2.2.1 and
// 6.2.3). scheme is http or https.
//
// A host in normal form is returned as it is, without an allocation.
func Host(scheme, host string) string {
	host = strings.ToLower(host)
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 {
		return host
	}
	name, port := host, ""
	if colon > strings.LastIndexByte(host, ']') {
		name, port = host[:colon], host[colon+1:]
	}
	shorter, number := shortAddress(name), withoutZeros(port)
	switch {
	case number == "", number == "80" && scheme != "https", number == "443" && scheme == "https":
		return shorter
	case len(shorter) == len(name) && len(number) == len(port):
		return host
	}
	return shorter + ":" + number
}

// withoutZeros returns a port without the zeros before its number, and what is no number
// as it is.
func withoutZeros(port string) string {
	if len(port) < 2 || port[0] != '0' || strings.Trim(port, "0123456789") != "" {
		return port
	}
	if number := strings.TrimLeft(port, "0"); number != "" {
		return number
	}
	return "0"
}

// shortAddress returns an address of IPv6 in brackets in its one form, and any other name
// as it is.
func shortAddress(name string) string {
	if len(name) < 2 || name[0] != '[' || name[len(name)-1] != ']' {
		return name
	}
	address, err := netip.ParseAddr(name[1 : len(name)-1])
	if err != nil || !address.Is6() {
		return name
	}
	var buffer [64]byte
	short := append(address.AppendTo(append(buffer[:0], '[')), ']')
	if string(short) == name {
		return name
	}
	return string(short)
}
