package middleware

import (
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// kinds is a set of modes.
type kinds uint8

const allKinds = kinds(1<<policy.PerView | 1<<policy.PerSite | 1<<policy.Shared)

func kindsOf(modes ...policy.Mode) (ks kinds) {
	for _, f := range modes {
		ks |= 1 << f
	}
	return ks
}

func (ks kinds) has(f policy.Mode) bool { return ks&(1<<f) != 0 }

// String returns the names of the constructors.
func (ks kinds) String() string {
	var names []string
	for f, name := range constructors {
		if ks.has(policy.Mode(f)) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and ")
}

// constructors are the names under which users know the modes.
var constructors = [...]string{policy.PerView: "CachePage", policy.PerSite: "Site", policy.Shared: "Shared"}

// limitedOptions are the options that mean something to some kinds of cache only, and
// what to do with the others.
var limitedOptions = map[string]struct {
	to      kinds
	instead string
}{
	"DefaultTTL":    {kindsOf(policy.PerSite, policy.Shared), "CachePage has the ttl as its first argument"},
	"HeedRequests":  {kindsOf(policy.PerView, policy.PerSite), "Shared heeds what requests say anyway, so leave it out"},
	"Targets()":     {kindsOf(policy.Shared), "CachePage and Site go by no such field unless one is named, so leave it out or name one"},
	"Literal":       {kindsOf(policy.Shared), "CachePage and Site do what their owner says where RFC 9111 says something else, so use Shared"},
	"DjangoHeaders": {kindsOf(policy.PerView, policy.PerSite), "Shared tells browsers what the origin says, so set Cache-Control and Expires there"},
	"BrowserTTL":    {kindsOf(policy.PerView, policy.PerSite), "Shared tells browsers what the origin says, so set Cache-Control there"},
}

// checkKind notes the options that mean nothing to a kind of cache.
func (s *optionSet) checkKind(f policy.Mode) {
	for _, option := range sorted(s.ofSomeKinds) {
		if limit := limitedOptions[option]; !limit.to.has(f) {
			s.problem(option, "it means nothing to %s, only to %s; %s", constructors[f], limit.to, limit.instead)
		}
	}
}

// anyKind returns a kind of cache to which all options mean something. If there is none,
// it notes that.
func (s *optionSet) anyKind() policy.Mode {
	common := allKinds
	var each []string
	for _, option := range sorted(s.ofSomeKinds) {
		to := limitedOptions[option].to
		common &= to
		each = append(each, option+" is for "+to.String())
	}
	for _, f := range []policy.Mode{policy.PerSite, policy.PerView, policy.Shared} {
		if common.has(f) {
			return f
		}
	}
	s.problem(strings.Join(sorted(s.ofSomeKinds), ", "), "no kind of cache can have all of them: %s", strings.Join(each, ", "))
	return policy.PerSite
}

// newPolicy returns the policy of these options, and what is wrong with them.
func newPolicy(f policy.Mode, ttl time.Duration, opts []PageOption) (*policy.Policy, error) {
	s := gather(opts)
	s.checkKind(f)
	return s.resolve(f, ttl)
}

// newAnyPolicy is newPolicy for options of which the kind of cache is not known.
func newAnyPolicy(opts []PageOption) (*policy.Policy, error) {
	s := gather(opts)
	return s.resolve(s.anyKind(), 0)
}
