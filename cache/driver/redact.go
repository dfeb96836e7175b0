package driver

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// String describes cfg without its secrets: the location as [RedactLocation]
// gives it, and of the options the names alone.
func (cfg Config) String() string {
	text := RedactLocation(cfg.Location)
	if text == "" {
		text = "no location"
	}
	if len(cfg.Options) > 0 {
		text += ", options " + strings.Join(slices.Sorted(maps.Keys(cfg.Options)), ", ")
	}
	return text
}

// GoString is String, so that %#v shows no secret either.
func (cfg Config) GoString() string { return "driver.Config{" + cfg.String() + "}" }

// LogValue is String, for log/slog.
func (cfg Config) LogValue() slog.Value { return slog.StringValue(cfg.String()) }

const hidden = "***"

// RedactLocation returns a location for messages, without user name, password
// and query. A location may have been written by hand, and any part of a
// malformed one may belong to a password: what is in doubt is left out.
func RedactLocation(location string) string {
	scheme, rest, isURL := strings.Cut(location, "://")
	if !isURL {
		scheme, rest = "", location
	} else {
		scheme += "://"
	}
	at, query := strings.LastIndexByte(rest, '@'), strings.IndexAny(rest, "?#")
	if query >= 0 && query < at {
		return scheme + hidden
	}
	if query >= 0 {
		rest = rest[:query]
	}
	server := rest[at+1:]
	if strings.ContainsAny(server, "= \t\r\n") || isURL && !validHosts(server) {
		return scheme + hidden
	}
	if at >= 0 {
		return scheme + hidden + "@" + server
	}
	return scheme + server
}

// validHosts reports whether what is before the path is a list of hosts. What
// stands where a port should be may be a password.
func validHosts(server string) bool {
	hosts, _, _ := strings.Cut(server, "/")
	for host := range strings.SplitSeq(hosts, ",") {
		if u, err := url.Parse(fmt.Sprintf("//%s", host)); err != nil || u.Host != host {
			return false
		}
	}
	return true
}
