package middleware

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/larder-go/larder/internal/pagecache/policy"
)

// optionSet is what the options of one cache of pages say, in whatever order they were
// given. What they mean together is decided when all are known, see
// [optionSet.resolve]. A slice of single values has one element unless its option was
// given several times.
type optionSet struct {
	alias, keyPrefix, explainTo      []string
	maxBody                          []int64
	maxRuns                          []int
	defaultTTL, grace, browserTTL    []time.Duration
	maxWait, leaseWait               []time.Duration
	refreshTimeout                   []time.Duration
	statusTTL                        map[int][]time.Duration
	targets                          [][]string
	names                            map[string][]string // by option
	onlyQuery, sortQuery             bool
	normalize, heedRequests, literal bool
	djangoHeaders, stripSetCookie    bool
	when                             []func(*http.Request) bool
	varyValues                       []policy.VaryValue
	trustedProxies                   []netip.Prefix
	hostAliases                      []site
	ofSomeKinds                      []string // options that do not mean something to every kind of cache
	problems                         []string
}

// gather collects what options say.
func gather(opts []PageOption) *optionSet {
	s := &optionSet{statusTTL: make(map[int][]time.Duration), names: make(map[string][]string)}
	for _, opt := range opts {
		if opt == nil {
			s.problem("nil", "an option is nil; options are what the functions of this package return")
			continue
		}
		opt(s)
	}
	return s
}

// problem notes that an option is wrong.
func (s *optionSet) problem(option, format string, args ...any) {
	s.problems = append(s.problems, option+": "+fmt.Sprintf(format, args...))
}

// mean notes that an option was given that does not mean something to every kind of
// cache, see limitedOptions.
func (s *optionSet) mean(option string) { s.ofSomeKinds = append(s.ofSomeKinds, option) }

// noNames is what to write instead of an option that was given no names.
var noNames = map[string]string{
	"IgnoreCookies": `; IgnoreCookies("*") is for all cookies`,
	"IgnoreQuery":   "; OnlyQuery() is for all parameters",
	"VaryByCookie":  `; VaryByHeader("Cookie") is for all cookies`,
}

// addNames adds to the names of an option.
func (s *optionSet) addNames(option string, names []string) {
	if len(names) == 0 {
		s.problem(option, "no name is given%s", noNames[option])
	}
	s.names[option] = append(s.names[option], names...)
}

func (s *optionSet) addStatusTTL(status int, d time.Duration) {
	s.statusTTL[status] = append(s.statusTTL[status], d)
}

// theOne returns the value of an option that holds one, or fallback if it was not
// given. Each value is checked; which of several would count is not said by a set.
func theOne[T any](s *optionSet, option string, values []T, fallback T, check func(option string, value T)) T {
	for _, value := range values {
		check(option, value)
	}
	switch len(values) {
	case 0:
		return fallback
	case 1:
		return values[0]
	}
	s.problem(option, "it is given %d times; it holds one value", len(values))
	return fallback
}

// sorted returns a set in order, so that equal sets are equal slices.
func sorted[T cmp.Ordered](set []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(set)))
}
