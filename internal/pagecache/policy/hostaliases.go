package policy

import (
	"strings"

	"github.com/larder-go/larder/internal/uri"
)

// HostAliases has the name of a site for each of its aliases, and for that name, all in
// normal form. It is nil if there are none.
type HostAliases map[string]string

// fold returns a host and port with the name of its site, in normal form. A host of no
// site stays as it is.
func (as HostAliases) fold(scheme, host string) string {
	if as == nil {
		return host
	}
	name, port := uri.Host(strings.ToLower(scheme), host), ""
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, ']') {
		name, port = name[:colon], name[colon:]
	}
	if site, ok := as[name]; ok {
		return site + port
	}
	return host
}

// Folds reports whether fold gives a host another name.
func (as HostAliases) Folds(scheme, host string) bool {
	return as != nil && as.fold(scheme, host) != host && as.fold(scheme, host) != uri.Host(scheme, host)
}

// foldLines is fold for the lines of a request field, if that is one of a host.
func (as HostAliases) foldLines(scheme, field string, lines []string) []string {
	if as == nil || field != "X-Forwarded-Host" || len(lines) != 1 {
		return lines
	}
	return []string{as.fold(scheme, lines[0])}
}
