package middleware

import (
	"strings"

	"github.com/larder-go/larder/internal/pagecache/policy"
	"github.com/larder-go/larder/internal/uri"
)

// HostAliases declares that a site has other host names besides name, under which its
// pages are the same: HostAliases("example.com", "www.example.com"). Such requests have
// one page for all names, and a purge by any of them reaches it. The port and the scheme
// are not folded. It may be given for several sites.
//
// The handler sees name as Host (and as X-Forwarded-Host if [TrustProxies] trusts the
// peer), whatever name the client used, unless the request bypasses the cache. So a page
// must not depend on the name, and links in it carry name. Choose the name from which the
// site does not redirect, and redirect the others in front of the cache.
//
// Names are written without scheme, port and path. One that is not a host's, and an alias
// of two sites, is an error.
func HostAliases(name string, aliases ...string) PageOption {
	return func(s *optionSet) { s.hostAliases = append(s.hostAliases, site{name, aliases}) }
}

// site is a host name with its aliases, as they were given.
type site struct {
	name    string
	aliases []string
}

// resolveHosts makes hostAliases of the options.
func (s *optionSet) resolveHosts(p *policy.Policy) {
	const option = "HostAliases"
	if len(s.hostAliases) > 0 {
		p.Hosts = make(policy.HostAliases)
	}
	names := make(map[string]bool)
	for _, given := range s.hostAliases {
		name := s.hostName(option, given.name)
		names[name], p.Hosts[name] = true, name
	}
	for _, given := range s.hostAliases {
		name := s.hostName("", given.name)
		if len(given.aliases) == 0 {
			s.problem(option, "no alias of %q is given", given.name)
		}
		for _, text := range given.aliases {
			alias := s.hostName(option, text)
			switch site, known := p.Hosts[alias]; {
			case alias == "", name == "":
			case names[alias]:
				s.problem(option, "%q is the name of a site, and an alias of %q; it can be one of the two", text, given.name)
			case known && site != name:
				s.problem(option, "%q is an alias of %q and of %q; a host is of one site", text, min(site, name), max(site, name))
			default:
				p.Hosts[alias] = name
			}
		}
	}
}

// hostName returns a name of a host as requests have it, or "" if it is none, which is a
// problem of the option.
func (s *optionSet) hostName(option, text string) string {
	u, err := uri.Parse("http://" + text + "/")
	isName := err == nil && u == uri.URL{Scheme: "http", Host: u.Host, Path: "/"} && !strings.ContainsAny(text, "*@/?# ") &&
		strings.LastIndexByte(text, ':') <= strings.LastIndexByte(text, ']')
	if isName {
		return u.Host
	}
	if option != "" {
		s.problem(option, "%q is not the name of a host; write it without scheme, port and path, such as www.example.com", text)
	}
	return ""
}
