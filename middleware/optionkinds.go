package middleware

import (
	"strings"
	"time"
)

// kinds is a set of faces.
type kinds uint8

const allKinds = kinds(1<<perView | 1<<perSite | 1<<shared)

func kindsOf(faces ...face) (ks kinds) {
	for _, f := range faces {
		ks |= 1 << f
	}
	return ks
}

func (ks kinds) has(f face) bool { return ks&(1<<f) != 0 }

// String returns the names of the constructors.
func (ks kinds) String() string {
	var names []string
	for f, name := range constructors {
		if ks.has(face(f)) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and ")
}

// constructors are the names under which users know the faces.
var constructors = [...]string{perView: "CachePage", perSite: "Site", shared: "Shared"}

// limitedOptions are the options that mean something to some kinds of cache only, and
// what to do with the others.
var limitedOptions = map[string]struct {
	to      kinds
	instead string
}{
	"DefaultTTL":    {kindsOf(perSite, shared), "CachePage has the ttl as its first argument"},
	"HeedRequests":  {kindsOf(perView, perSite), "Shared heeds what requests say anyway, so leave it out"},
	"Targets()":     {kindsOf(shared), "CachePage and Site go by no such field unless one is named, so leave it out or name one"},
	"Literal":       {kindsOf(shared), "CachePage and Site do what their owner says where RFC 9111 says something else, so use Shared"},
	"DjangoHeaders": {kindsOf(perView, perSite), "Shared tells browsers what the origin says, so set Cache-Control and Expires there"},
	"BrowserTTL":    {kindsOf(perView, perSite), "Shared tells browsers what the origin says, so set Cache-Control there"},
}

// checkKind notes the options that mean nothing to a kind of cache.
func (s *optionSet) checkKind(f face) {
	for _, option := range sorted(s.ofSomeKinds) {
		if limit := limitedOptions[option]; !limit.to.has(f) {
			s.problem(option, "it means nothing to %s, only to %s; %s", constructors[f], limit.to, limit.instead)
		}
	}
}

// anyKind returns a kind of cache to which all options mean something. If there is none,
// it notes that.
func (s *optionSet) anyKind() face {
	common := allKinds
	var each []string
	for _, option := range sorted(s.ofSomeKinds) {
		to := limitedOptions[option].to
		common &= to
		each = append(each, option+" is for "+to.String())
	}
	for _, f := range []face{perSite, perView, shared} {
		if common.has(f) {
			return f
		}
	}
	s.problem(strings.Join(sorted(s.ofSomeKinds), ", "), "no kind of cache can have all of them: %s", strings.Join(each, ", "))
	return perSite
}

// newPolicy returns the policy of these options, and what is wrong with them.
func newPolicy(f face, ttl time.Duration, opts []PageOption) (*policy, error) {
	s := gather(opts)
	s.checkKind(f)
	return s.resolve(f, ttl)
}

// newAnyPolicy is newPolicy for a use of the options to which the kind of cache makes no
// difference.
func newAnyPolicy(opts []PageOption) (*policy, error) {
	s := gather(opts)
	return s.resolve(s.anyKind(), 0)
}
