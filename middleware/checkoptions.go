package middleware

import (
	"strings"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// CheckOptions returns an error that lists everything that is wrong with these options,
// whichever kind of cache they are for, or nil. The options are for all clients, so an
// error is a mistake of the program: [CachePage], [Site], [Shared] and the policies panic
// with it, once.
//
// It does not know the kind of cache. [CheckCachePage], [CheckSite] and [CheckShared] do:
// each returns the error that its constructor would panic with. Use them for options from
// a configuration.
func CheckOptions(opts ...PageOption) error {
	_, err := newAnyPolicy(opts)
	return err
}

// CheckCachePage returns what is wrong with the arguments of [CachePage] or [NewPolicy],
// or nil.
func CheckCachePage(ttl time.Duration, opts ...PageOption) error {
	_, err := newPolicy(policy.PerView, ttl, opts)
	return err
}

// CheckSite returns what is wrong with the options of [Site] or [NewSitePolicy], or nil.
func CheckSite(opts ...PageOption) error {
	_, err := newPolicy(policy.PerSite, DefaultSiteTTL, opts)
	return err
}

// CheckShared returns what is wrong with the options of [Shared] or [NewSharedPolicy], or
// nil.
func CheckShared(opts ...PageOption) error {
	_, err := newPolicy(policy.Shared, 0, opts)
	return err
}

// mustPolicy is newPolicy for a programmer's own options.
func mustPolicy(f policy.Mode, ttl time.Duration, opts []PageOption) *policy.Policy {
	p, err := newPolicy(f, ttl, opts)
	if err != nil {
		panic(err)
	}
	return p
}

// optionsError lists what is wrong with options, one line each.
type optionsError []string

// Error implements error.
func (e optionsError) Error() string {
	return "middleware: options are wrong:\n\t" + strings.Join(e, "\n\t")
}
