package middleware

import (
	"net/url"
	"slices"
	"strings"
)

// queryRules says which query parameters a page depends on.
type queryRules struct {
	ignored    []string // names and patterns that end in *
	allowed    []string
	restricted bool // to allowed
	sorted     bool
}

func (q *queryRules) unchanged() bool {
	return len(q.ignored) == 0 && !q.restricted && !q.sorted
}

// apply returns the raw query with only the parameters that count. Parameters
// keep their spelling, so different queries stay different.
func (q *queryRules) apply(raw string) string {
	if raw == "" || q.unchanged() {
		return raw
	}
	var kept []string
	for parameter := range strings.SplitSeq(raw, "&") {
		name := parameterName(parameter)
		if q.restricted && !matchesAny(q.allowed, name) || matchesAny(q.ignored, name) {
			continue
		}
		kept = append(kept, parameter)
	}
	if q.sorted {
		slices.SortStableFunc(kept, func(a, b string) int {
			return strings.Compare(parameterName(a), parameterName(b))
		})
	}
	return strings.Join(kept, "&")
}

// parameterName returns the name as a handler reads it. One that cannot be
// read keeps its spelling.
func parameterName(parameter string) string {
	name, _, _ := strings.Cut(parameter, "=")
	if decoded, err := url.QueryUnescape(name); err == nil {
		return decoded
	}
	return name
}

// matchesAny reports whether name is one of patterns, or begins with one that
// ends in *.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(name, prefix)
		}
		return pattern == name
	})
}
